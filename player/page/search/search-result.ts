import { element } from '../../controls/element.ts';
import { clockText } from '../../duration-text.ts';
import { factsLine, posterOf, watchAddress } from '../courseware-card.ts';
import type { HitRecord, MomentRecord } from '../library-records.ts';
import { markedText } from './marked-text.ts';
import { valueAddress } from './search-query.ts';

const SHOWN_TAGS = 6;

/** One thing found, with what was found in it and where in the lecture it is said. */
export function searchResult({ courseware, highlights, moments }: HitRecord): HTMLElement {
  const { id, title, series } = courseware;
  const { description } = highlights;
  const link = element(
    'a',
    { class: 'result-link', href: watchAddress(id) },
    ...markedText(title, highlights.title),
  );
  const body = element('div', { class: 'result-body' }, element('h3', { class: 'result-title' }, link));
  const facts = factsLine(highlights.series.length > 0 ? { ...courseware, series: '' } : courseware);
  const found = highlights.series.length > 0 ? markedText(series ?? '', highlights.series) : [];
  const line = [...found, found.length > 0 && facts !== '' ? ` · ${facts}` : facts];
  body.append(element('p', { class: 'card-facts' }, ...line));
  if (description.text !== '') {
    body.append(
      element('p', { class: 'result-description' }, ...markedText(description.text, description.marks)),
    );
  }
  if (moments.length > 0) {
    body.append(
      element(
        'ul',
        { class: 'moments', 'aria-label': '讲到的地方' },
        ...moments.map((moment) => element('li', {}, momentLink(id, moment))),
      ),
    );
  }
  const labels = tagsOf(courseware.tags, highlights.tags).concat(
    highlights.names.map(({ text, marks }) => element('span', { class: 'tag' }, ...markedText(text, marks))),
  );
  if (labels.length > 0) body.append(element('p', { class: 'result-tags' }, ...labels));
  const poster = element(
    'a',
    { class: 'result-poster', href: watchAddress(id), tabindex: '-1', 'aria-hidden': 'true' },
    posterOf(courseware),
  );
  return element('li', { class: 'result' }, poster, body);
}

/** `12:31 …施足基肥…`: leads to that second of the lecture. */
export function momentLink(id: string, { start, text, marks }: MomentRecord): HTMLElement {
  return element(
    'a',
    { class: 'moment', href: watchAddress(id, start) },
    element('span', { class: 'moment-time' }, clockText(start)),
    element('span', { class: 'moment-text' }, ...markedText(text, marks)),
  );
}

function tagsOf(
  tags: readonly string[],
  marked: readonly { readonly text: string; readonly marks: readonly (readonly [number, number])[] }[],
): readonly HTMLElement[] {
  const found = tags.filter((tag) => marked.some(({ text }) => text === tag));
  const shown = found.concat(tags.filter((tag) => !found.includes(tag))).slice(0, SHOWN_TAGS);
  return shown.map((tag) => {
    const marks = marked.find(({ text }) => text === tag)?.marks ?? [];
    return element('a', { class: 'tag', href: valueAddress('tag', tag) }, ...markedText(tag, marks));
  });
}
