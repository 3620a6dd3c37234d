import { element } from '../controls/element.ts';
import { clockText } from '../duration-text.ts';
import type { CoursewareRecord } from './api.ts';

/** The picture of a lecture, or a plain panel with its first character when there is none. */
export function posterOf({ title, posterUrl, current }: CoursewareRecord): HTMLElement {
  const letter = element(
    'span',
    { class: 'poster-letter', 'aria-hidden': 'true' },
    Array.from(title)[0] ?? '课',
  );
  const poster = element('div', { class: 'poster' }, letter);
  if (typeof posterUrl === 'string' && posterUrl.startsWith('/')) {
    const image = element('img', { src: posterUrl, alt: '' });
    image.addEventListener('error', () => image.remove());
    poster.append(image);
  }
  if (typeof current?.duration === 'number') {
    poster.append(element('span', { class: 'poster-duration' }, clockText(current.duration)));
  }
  if (current?.production === 'transcoding')
    poster.append(element('span', { class: 'poster-state' }, '仍在转码'));
  return poster;
}

/** One lecture in the catalogue. */
export function coursewareCard(courseware: CoursewareRecord): HTMLElement {
  const { id, title, series, tags } = courseware;
  const link = element('a', { class: 'card-link', href: `/watch/${encodeURIComponent(id)}` }, title);
  const card = element(
    'li',
    { class: 'card' },
    posterOf(courseware),
    element('h3', { class: 'card-title' }, link),
  );
  if (typeof series === 'string' && series !== '') {
    card.append(element('p', { class: 'card-series' }, `系列：${series}`));
  }
  if (tags.length > 0) card.append(element('p', { class: 'card-tags' }, tags.join(' · ')));
  return card;
}
