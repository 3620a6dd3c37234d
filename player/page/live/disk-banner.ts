import { element } from '../../controls/element.ts';
import { clockWithSeconds } from '../../live/china-time.ts';
import { isOver } from './class-words.ts';
import type { DiskRecord, LiveClassRecord } from './live-records.ts';

/** What a disk that did not take the class has cost, what to do, and when it is over. Pure. */
export function diskWords(
  { since, until, isFull, holes }: DiskRecord,
  record: Pick<LiveClassRecord, 'state' | 'records'>,
): string {
  const kept = record.records ? '录像' : '回看';
  const from = clockWithSeconds(Date.parse(since));
  const times = holes > 1 ? `这堂课的${kept}一共缺 ${holes} 段。` : '';
  if (until !== undefined) {
    const to = clockWithSeconds(Date.parse(until));
    return `服务器磁盘已恢复，${to} 起${kept}照常。${from} 到 ${to} 的画面没有存下来，${kept}会缺这一段。${times}`;
  }
  const why = isFull ? '服务器磁盘已满' : '服务器磁盘写不进去';
  if (isOver(record)) return `${why}：${from} 到下课的画面没有存下来，${kept}会缺这一段。${times}`;
  const what = isFull ? '请管理员马上腾出磁盘空间' : '请管理员马上检查磁盘';
  if (holes === 0)
    return `${why}：现在上课，${kept}存不下来，直播不受影响。${what}，恢复后这条提示自动消失。`;
  return `${why}：${from} 起的画面没有存下来，${kept}会缺这一段；正在看直播的人不受影响。${what}，恢复后自动接着存，这里会说明。${times}`;
}

/** Tells the operator that the disk does not take the class, for as long as it concerns the class. */
export class DiskBanner {
  readonly root = element('div', { class: 'desk-line desk-overrun', hidden: '' });
  readonly #words = element('p', { role: 'alert' });

  constructor() {
    this.root.append(this.#words);
  }

  show(record: LiveClassRecord, disk: DiskRecord | undefined): void {
    this.root.hidden = disk === undefined;
    if (disk === undefined) return;
    const words = diskWords(disk, record);
    // Said again only when it changes: readers of the screen hear every change.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.root.classList.toggle('is-urgent', disk.until === undefined && !isOver(record));
  }
}
