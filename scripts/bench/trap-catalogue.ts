import type { CoursewareInput } from 'yuanjiao/server';

import { seeded } from './queue-simulation.ts';
import {
  AUDIENCES,
  BUSINESS,
  CROPS,
  FILLERS,
  GIVEN,
  LIFE,
  PARTY,
  PLACES,
  PRODUCERS,
  SURNAMES,
  TECHNIQUES,
  TRADES,
  TRAPS,
} from './trap-words.ts';

/** One made-up item, and the words it was made of: each inner list is a stretch without punctuation. */
export interface TrapItem {
  readonly input: CoursewareInput;
  readonly stretches: readonly (readonly string[])[];
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

type Words = readonly string[];

const KINDS = {
  crop: ['skill', 'skill', 'skill', 'local'],
  party: ['story', 'micro_lecture', 'theory'],
  business: ['pioneer', 'skill'],
  life: ['policy', 'news', 'culture'],
} as const;
const KIND_WORDS = {
  skill: ['实用', '技术'],
  local: ['乡土', '课件'],
  story: ['党员', '故事'],
  micro_lecture: ['微型', '党课'],
  theory: ['政治', '理论'],
  pioneer: ['创业', '先锋'],
  policy: ['政策', '法规'],
  news: ['时事'],
  culture: ['文化', '生活'],
} as const;
/** Tags of a subject, as words. */
const TAGS: Readonly<Record<keyof typeof KINDS, readonly string[]>> = {
  crop: ['农业|技术', '乡土', '种植', '养殖', '丰收'],
  party: ['党员|故事', '微型|党课', '基层|党建'],
  business: ['创业|先锋', '致富', '电商'],
  life: ['生活|百科', '政策|法规', '健康'],
};
const SHARES = ['crop', 'crop', 'crop', 'crop', 'party', 'party', 'business', 'life'] as const;

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2010, 0, 1);
const DAYS = 6000;

const wordsOf = (text: string): Words => text.split('|');
const textOf = (words: Words): string => words.join('');

/**
 * A catalogue that is the same every time. One item in 25 has a trap: text in which the characters of a query meet though nobody wrote
 * the word. Who knows the words an item was made of knows what it is about.
 */
export function* trapCatalogue(size: number, seed = 20_061_123): Generator<TrapItem> {
  const draw = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(draw() * from.length)] as T;
  for (let number = 1; number <= size; number += 1) {
    const subject = pick(SHARES);
    const place = pick(PLACES);
    const title = titleOf(subject, place, number, pick);
    const kind = pick<keyof typeof KIND_WORDS>(KINDS[subject]);
    const tags = [...new Set([pick(TAGS[subject]), pick(TAGS[subject]), ...(draw() < 0.4 ? ['远教'] : [])])];
    const presenter = draw() < 0.7 ? `${pick(SURNAMES)}${pick(GIVEN)}` : undefined;
    const producer = pick(PRODUCERS);
    const sentences = Array.from({ length: 11 }, (_, index) => wordsOf(sentenceOf(index, pick)));
    if (draw() < 0.04) sentences.splice(Math.floor(draw() * 11), 0, wordsOf(pick(TRAPS)));
    const year = 2010 + Math.floor(draw() * 17);
    const series = draw() < 0.5 ? [place, ...wordsOf(pick(TAGS[subject])), '系列'] : undefined;
    const audience = [pick(AUDIENCES)];
    const trade = pick(TRADES);
    yield {
      input: {
        title: textOf(title),
        description: `${sentences.map(textOf).join('，')}。`,
        tags: tags.map((tag) => textOf(wordsOf(tag))),
        kind,
        year,
        ...(series !== undefined && { series: textOf(series) }),
        ...(presenter !== undefined && { presenters: [presenter] }),
        producer: textOf(wordsOf(producer)),
        audience,
        trades: [trade],
        months: [1 + Math.floor(draw() * 12)],
        region: `town-${PLACES.indexOf(place)}`,
        duration: 120 + Math.floor(draw() * 5000),
        code: `XT-${year}-${String(number).padStart(6, '0')}`,
      },
      stretches: [
        title,
        ...sentences,
        ...tags.map(wordsOf),
        KIND_WORDS[kind],
        wordsOf(producer),
        [trade],
        ...(series === undefined ? [] : [series]),
        ...(presenter === undefined ? [] : [[presenter]]),
        // What viewers call this audience is one word, though it consists of two.
        ...audience.map((name) => (name === '大学生村官' ? ['大学生', '村官'] : [name])),
      ],
      publishedAt: FIRST_DAY + Math.floor(draw() * DAYS) * DAY_MS,
    };
  }
}

function titleOf(
  subject: keyof typeof KINDS,
  place: string,
  number: number,
  pick: <T>(from: readonly T[]) => T,
): Words {
  const part = ['第', String(1 + (number % 40)), '讲'];
  switch (subject) {
    case 'crop':
      return [place, ...wordsOf(pick(CROPS)), ...wordsOf(pick(TECHNIQUES)), '技术', ...part];
    case 'party':
      return [place, ...wordsOf(pick(PARTY)), ...part];
    case 'business':
      return [place, ...wordsOf(pick(BUSINESS)), ...part];
    case 'life':
      return [...wordsOf(pick(LIFE)), '：', place, '专题', ...part];
  }
}

function sentenceOf(index: number, pick: <T>(from: readonly T[]) => T): string {
  if (index % 4 === 1) return `${pick(CROPS)}|${pick(TECHNIQUES)}|要点`;
  if (index % 4 === 3) return `兼谈|${pick(index === 3 ? PARTY : BUSINESS)}`;
  return pick(FILLERS);
}

/** Whether an item is about `query`: its characters are whole words of one stretch. One character alone is never a trap. */
export function isAbout(item: TrapItem, query: string): boolean {
  return item.stretches.some((words) => holdsWhole(words, query));
}

function holdsWhole(words: Words, query: string): boolean {
  const text = textOf(words);
  for (let at = text.indexOf(query); at !== -1; at = text.indexOf(query, at + 1)) {
    if (query.length === 1 || (isBoundary(words, at) && isBoundary(words, at + query.length))) return true;
  }
  return false;
}

function isBoundary(words: Words, at: number): boolean {
  let length = 0;
  for (const word of words) {
    if (length >= at) break;
    length += word.length;
  }
  return length === at;
}
