import type { Courseware } from '../catalogue/courseware.ts';
import { marksOf } from './spoken-minutes.ts';

/** Parts of a text that were looked for: from and to in UTF-16 units, ascending. */
export type Marks = readonly (readonly [number, number])[];

/** A text and what of it was looked for. */
export interface MarkedText {
  readonly text: string;
  readonly marks: Marks;
}

/** Why an item was found. */
export interface Highlights {
  readonly title: Marks;
  /** A part of the description: around the first find, or its beginning. */
  readonly description: MarkedText;
  /** The tags in which something was found. */
  readonly tags: readonly MarkedText[];
  readonly series: Marks;
  /** Presenters, producer and place, where something was found in them. */
  readonly names: readonly MarkedText[];
}

const EXCERPT = 90;
const BEFORE = 24;

/** Marks what was looked for in the texts of an item. */
export function highlightsOf(item: Courseware, wordings: readonly string[]): Highlights {
  const marked = (texts: readonly string[]): readonly MarkedText[] =>
    texts
      .map((text) => ({ text, marks: marksOf(text, wordings) }))
      .filter(({ marks }) => wordings.length > 0 && marks.length > 0);
  const names = [
    ...item.presenters.map(({ name }) => name),
    ...(item.producer === undefined ? [] : [item.producer.name]),
    ...(item.region === undefined ? [] : [item.region.name]),
  ];
  return {
    title: wordings.length === 0 ? [] : marksOf(item.title, wordings),
    description: excerptOf(item.description, wordings),
    tags: marked(item.tags),
    series: item.series === undefined || wordings.length === 0 ? [] : marksOf(item.series, wordings),
    names: marked(names),
  };
}

function excerptOf(description: string, wordings: readonly string[]): MarkedText {
  const flat = description.replace(/\s+/g, ' ').trim();
  const marks = wordings.length === 0 ? [] : marksOf(flat, wordings);
  if (flat.length <= EXCERPT) return { text: flat, marks };
  const begin = startOf(flat, marks[0]?.[0] ?? 0);
  const end = cutAt(flat, begin + EXCERPT);
  const before = begin > 0 ? '…' : '';
  const shift = before.length - begin;
  return {
    text: `${before}${flat.slice(begin, end)}${end < flat.length ? '…' : ''}`,
    marks: marks
      .filter(([from, to]) => from >= begin && to <= end)
      .map(([from, to]): readonly [number, number] => [from + shift, to + shift]),
  };
}

function startOf(text: string, find: number): number {
  if (find <= EXCERPT - BEFORE) return 0;
  return cutAt(text, Math.min(find - BEFORE, text.length - EXCERPT));
}

/** Never between the halves of a character. */
function cutAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : Math.min(at, text.length);
}
