import { element } from '../controls/element.ts';
import { groupText, hoursText } from './count-text.ts';
import { posterWords, tintOf } from './courseware-card.ts';
import { wholeFacts } from './fact-text.ts';
import type { SeriesRecord, TopicRecord } from './library-records.ts';

let shelves = 0;

/** A heading with a way to all of it, and below it a list. */
export function shelf(
  title: string,
  more: { readonly href: string; readonly words: string } | undefined,
  list: HTMLElement,
): HTMLElement {
  shelves += 1;
  const id = `shelf-${shelves}`;
  const heading = element(
    'div',
    { class: 'shelf-heading' },
    element('h2', { class: 'section-title', id }, title),
  );
  if (more !== undefined) {
    const label = `${title}：${more.words}`;
    heading.append(element('a', { class: 'shelf-more', href: more.href, 'aria-label': label }, more.words));
  }
  return element('section', { class: 'shelf', 'aria-labelledby': id }, heading, list);
}

/** The way to a series or a topic. Pure. */
export function collectionAddress(kind: 'series' | 'topics', id: string): string {
  return `/${kind}/${encodeURIComponent(id)}`;
}

/** How much is in it: `12 件 · 3.5 小时`. Pure. */
export function sizeText({ itemCount, seconds }: SeriesRecord): string {
  const parts = [`${groupText(itemCount)} 件`];
  if (seconds > 0) parts.push(hoursText(seconds));
  return parts.join(' · ');
}

function dayWords(date: string): string {
  const [year, month, day] = date.split('-').map(Number);
  return `${year} 年 ${month} 月 ${day} 日`;
}

/** When a topic is open: `6 月 1 日 – 7 月 31 日`; empty when it has no dates. Pure. */
export function periodText({ opensOn, closesOn }: TopicRecord): string {
  if (typeof opensOn !== 'string' && typeof closesOn !== 'string') return '';
  if (typeof closesOn !== 'string') return `${dayWords(opensOn ?? '')}起`;
  if (typeof opensOn !== 'string') return `至 ${dayWords(closesOn)}`;
  return `${dayWords(opensOn)} – ${dayWords(closesOn)}`;
}

/** A series or a topic as a card: picture or coloured panel, name, how much. */
export function collectionCard(kind: 'series' | 'topics', record: SeriesRecord, facts: string): HTMLElement {
  const { id, title, description, posterUrl } = record;
  const poster = element('div', { class: `poster is-wide tint-${tintOf(title)}` });
  if (typeof posterUrl === 'string' && posterUrl.startsWith('/')) {
    const image = element('img', { src: posterUrl, alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.remove());
    poster.append(image);
  } else poster.append(posterWords(kind === 'series' ? '系列' : '专题', title));
  const link = element('a', { class: 'card-link', href: collectionAddress(kind, id), title }, title);
  const words = element(
    'div',
    { class: 'card-words' },
    element('h3', { class: 'card-title' }, link),
    element('p', { class: 'card-facts' }, wholeFacts(facts)),
  );
  if (description !== '') words.append(element('p', { class: 'card-description' }, description));
  return element('li', { class: 'card' }, poster, words);
}
