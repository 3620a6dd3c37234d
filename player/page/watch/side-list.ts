import { element } from '../../controls/element.ts';
import { apiPath, callApi } from '../api.ts';
import type { CoursewareRecord, Page } from '../api.ts';
import { shortFacts, posterOf, watchAddress } from '../courseware-card.ts';
import { collectionItems } from '../collection-items.ts';
import { wholeFacts } from '../fact-text.ts';
import type { SeriesRecord } from '../library-records.ts';
import { part } from '../page-parts.ts';
import { collectionAddress } from '../shelf.ts';

/** Names before and after the one that is shown. */
const SERIES_AROUND = 3;

/** One lecture in the column beside another: a small picture and its title. */
export function sideItem(courseware: CoursewareRecord, facts = shortFacts(courseware)): HTMLElement {
  const { id, title } = courseware;
  return element(
    'li',
    { class: 'side-item' },
    element(
      'a',
      { class: 'side-link', href: watchAddress(id) },
      element('span', { class: 'side-poster', 'aria-hidden': 'true' }, posterOf(courseware)),
      element(
        'span',
        { class: 'side-words' },
        element('span', { class: 'side-name' }, title),
        element('span', { class: 'side-facts' }, wholeFacts(facts)),
      ),
    ),
  );
}

/** What else there is for whoever watches this. */
export async function showRelated(coursewareId: string): Promise<void> {
  const { items } = await callApi<Page<CoursewareRecord>>(apiPath('courseware', coursewareId, 'related'));
  part('related-list').append(...items.map((item) => sideItem(item)));
  part('related').hidden = items.length === 0;
}

/** The lecture's series with the parts around it, the one before and the one after. */
export async function showSeries(seriesId: string, coursewareId: string): Promise<void> {
  const [series, items] = await Promise.all([
    callApi<SeriesRecord>(apiPath('series', seriesId)),
    collectionItems('series', seriesId),
  ]);
  const place = items.findIndex(({ id }) => id === coursewareId);
  const box = part('series');
  if (items.length < 2 || place < 0) return;
  const heading = element(
    'h2',
    { id: 'series-heading', class: 'side-title' },
    '系列：',
    element('a', { href: collectionAddress('series', series.id) }, series.title),
  );
  const steps = element('div', { class: 'series-steps' });
  const before = items[place - 1];
  const after = items[place + 1];
  if (before !== undefined) steps.append(stepLink(before, '上一课'));
  if (after !== undefined) steps.append(stepLink(after, '下一课'));
  const first = Math.max(0, Math.min(place - SERIES_AROUND, items.length - 2 * SERIES_AROUND - 1));
  const shown = items.slice(first, first + 2 * SERIES_AROUND + 1);
  const list = element(
    'ol',
    { class: 'series-parts', start: String(first + 1) },
    ...shown.map((item, offset) => seriesPart(item, first + offset + 1, item.id === coursewareId)),
  );
  box.append(
    heading,
    element('p', { class: 'side-facts' }, `第 ${place + 1} 课，共 ${items.length} 课`),
    steps,
    list,
  );
  box.hidden = false;
}

function stepLink({ id, title }: CoursewareRecord, words: string): HTMLElement {
  const label = `${words}：${title}`;
  return element(
    'a',
    { class: 'button is-small', href: watchAddress(id), title, 'aria-label': label },
    words,
  );
}

function seriesPart({ id, title }: CoursewareRecord, number: number, isHere: boolean): HTMLElement {
  const count = element('span', { class: 'part-number' }, String(number));
  if (isHere) {
    return element(
      'li',
      { class: 'part is-here', 'aria-current': 'true' },
      count,
      element('span', {}, title),
    );
  }
  return element('li', { class: 'part' }, count, element('a', { href: watchAddress(id) }, title));
}
