import { element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { spokenDuration } from '../../duration-text.ts';
import { callApi } from '../api.ts';
import { groupText } from '../count-text.ts';
import { wholeFacts } from '../fact-text.ts';
import { row, table } from '../folding-table.ts';
import { problemWords } from '../problem-words.ts';
import type { PresenceNews } from './console-feed.ts';
import { classPath } from './live-records.ts';
import type { AttendanceRecord, AttendanceRowRecord, HeadCountRecord } from './live-records.ts';

const STATES: Readonly<Record<AttendanceRowRecord['state'], string>> = {
  watched: '到课',
  partial: '部分收看',
  absent: '缺课',
};
const SHOWN = 100;

/** Heads in a hall by group: `党员 14 · 群众 7`; empty groups are left out. Pure. */
export function headCountWords(count: HeadCountRecord | null): string {
  if (count === null) return '';
  const parts: readonly (readonly [string, number])[] = [
    ['党员', count.members],
    ['干部', count.cadres],
    ['积极分子', count.activists],
    ['群众', count.masses],
  ];
  return parts
    .filter(([, heads]) => heads > 0)
    .map(([group, heads]) => `${group} ${groupText(heads)}`)
    .join(' · ');
}

/** Who is there now, who has confirmed, and who came: in numbers, by name, and as a table to take away. */
export class AudiencePanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #figures = element('dl', { class: 'desk-figures' });
  readonly #receipts = element('ul', { class: 'desk-receipts' });
  readonly #list = element('div');
  readonly #status = element('p', { class: 'hint', role: 'status' });

  constructor(classId: string) {
    this.#classId = classId;
    const details = element(
      'details',
      { class: 'desk-more' },
      element('summary', {}, '逐个站点查看'),
      this.#status,
      this.#list,
    );
    details.addEventListener('toggle', () => {
      if (details.open) void this.#showRows();
    });
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'audience-heading' },
      element('h2', { class: 'desk-title', id: 'audience-heading' }, '到课情况'),
      this.#figures,
      this.#receipts,
      details,
      element(
        'div',
        { class: 'actions' },
        element('a', { class: 'button is-small', href: classPath(classId, 'attendance.xlsx') }, '下载 Excel'),
        element('a', { class: 'button is-small', href: classPath(classId, 'attendance.csv') }, '下载 CSV'),
      ),
    );
  }

  show(news: PresenceNews): void {
    const { present, acknowledged, watched, partial, absent, rate, headCount, receipts } = news;
    const heads = headCount.members + headCount.cadres + headCount.activists + headCount.masses;
    const figures: readonly (readonly [string, string])[] = [
      ['正在看', groupText(present)],
      ['已回执', groupText(acknowledged)],
      ['到场人数', groupText(heads)],
      ['到课 / 部分收看 / 缺课', `${groupText(watched)} / ${groupText(partial)} / ${groupText(absent)}`],
      ['到课率', rate === null ? '—' : `${(rate * 100).toFixed(1)}%`],
    ];
    this.#figures.textContent = '';
    for (const [name, value] of figures) {
      this.#figures.append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
    }
    this.#receipts.textContent = '';
    for (const { name, at, headCount: count } of receipts.slice(0, 5)) {
      const words = [name, headCountWords(count)].filter(Boolean).join('，');
      const time = at === null ? '' : clockOfDay(at);
      this.#receipts.append(element('li', {}, element('span', { class: 'live-time' }, time), words));
    }
  }

  async #showRows(): Promise<void> {
    this.#status.textContent = '加载中…';
    try {
      const { items, next } = await callApi<AttendanceRecord>(
        `${classPath(this.#classId, 'attendance')}?limit=${SHOWN}`,
      );
      this.#status.textContent =
        items.length === 0 ? '还没有站点。' : next === null ? '' : `先显示前 ${SHOWN} 个，全部请下载表格。`;
      this.#list.textContent = '';
      if (items.length > 0) this.#list.append(tableOf(items));
    } catch (error) {
      this.#status.textContent = problemWords(error);
    }
  }
}

function tableOf(rows: readonly AttendanceRowRecord[]): HTMLElement {
  const lines = rows.map(({ name, isPresent, watchedSeconds, share, state, headCount }) => {
    // Whoever is there and has seen little has not missed the class yet.
    const words = isPresent && state === 'absent' ? [] : [STATES[state]];
    const watched = `看了 ${spokenDuration(watchedSeconds)}（${Math.round(share * 100)}%）`;
    return row(
      name,
      isPresent ? '在看' : '不在',
      [...words, ...(watchedSeconds > 0 || isPresent ? [watched] : [])].join('，'),
      wholeFacts(headCountWords(headCount)),
    );
  });
  return table('各站点到课情况', ['站点', '现在', '到课', '到场'], lines);
}
