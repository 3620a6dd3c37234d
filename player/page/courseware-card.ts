import { element } from '../controls/element.ts';
import { clockText } from '../duration-text.ts';
import type { CoursewareRecord } from './api.ts';
import { countText } from './count-text.ts';
import { wholeFacts } from './fact-text.ts';
import { KIND_WORDS } from './search/facets.ts';

const TINTS = 8;

/** The same title always gets the same colour. Pure. */
export function tintOf(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % TINTS;
}

/** Seconds of what is on the air, else of what the record itself says. */
export function durationOf({ current, duration }: CoursewareRecord): number | undefined {
  return current?.duration ?? duration ?? undefined;
}

/** What stands on a panel in the place of a picture. */
export function posterWords(kind: string, title: string): HTMLElement {
  const words = element('span', { class: 'poster-words', 'aria-hidden': 'true' });
  if (kind !== '' && kind !== title) words.append(element('span', { class: 'poster-kind' }, kind));
  words.append(element('span', { class: 'poster-name' }, title));
  return words;
}

/** The picture of a lecture, or its title on a plain panel when there is none. */
export function posterOf(courseware: CoursewareRecord): HTMLElement {
  const { title, posterUrl, current } = courseware;
  const words = posterWords(courseware.series ?? KIND_WORDS[courseware.kind ?? ''] ?? '', title);
  const poster = element('div', { class: `poster tint-${tintOf(courseware.series ?? title)}` }, words);
  if (typeof posterUrl === 'string' && posterUrl.startsWith('/')) {
    const image = element('img', { src: posterUrl, alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.remove());
    poster.append(image);
  }
  const seconds = durationOf(courseware);
  if (seconds !== undefined) {
    poster.append(element('span', { class: 'poster-duration' }, clockText(seconds)));
  }
  if (current?.production === 'transcoding')
    poster.append(element('span', { class: 'poster-state' }, '仍在转码'));
  return poster;
}

/** What it belongs to, and how often it was played. Pure. */
export function shortFacts({ series, kind, uses }: CoursewareRecord): string {
  return [series ?? KIND_WORDS[kind ?? ''] ?? '', playsText(uses)].filter((fact) => fact !== '').join(' · ');
}

/** The line below a title where there is room: also whose it is, from where, of which year. Pure. */
export function factsLine({ series, kind, producer, region, year, uses }: CoursewareRecord): string {
  const facts = [
    series ?? KIND_WORDS[kind ?? ''] ?? '', // an empty series is said elsewhere
    producer?.name ?? '',
    region?.name ?? '',
    typeof year === 'number' ? `${year} 年` : '',
    playsText(uses),
  ];
  return facts.filter((fact) => fact !== '').join(' · ');
}

function playsText(uses: CoursewareRecord['uses']): string {
  return uses === undefined || uses.plays === 0 ? '' : `${countText(uses.plays)}次播放`;
}

/** The way to a lecture, to its beginning or to a second of it. Pure. */
export function watchAddress(id: string, second?: number): string {
  const path = `/watch/${encodeURIComponent(id)}`;
  return second === undefined ? path : `${path}?t=${Math.floor(second)}`;
}

/** One lecture in a list. */
export function coursewareCard(courseware: CoursewareRecord): HTMLElement {
  const { id, title } = courseware;
  const link = element('a', { class: 'card-link', href: watchAddress(id), title }, title);
  const card = element(
    'li',
    { class: 'card' },
    posterOf(courseware),
    element('h3', { class: 'card-title' }, link),
  );
  const facts = shortFacts(courseware);
  if (facts !== '') card.append(element('p', { class: 'card-facts' }, wholeFacts(facts)));
  return card;
}
