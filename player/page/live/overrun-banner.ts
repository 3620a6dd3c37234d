import { button, element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { LiveClassRecord, OverrunRecord } from './live-records.ts';

/** From this many minutes before the end on it is urgent. */
const URGENT_MINUTES = 10;
const EXTENSION_MINUTES = 30;

/** How far a class is over its time, and what will happen. Pure. */
export function overrunWords({ minutesOver, end }: OverrunRecord): string {
  const over = minutesOver === 0 ? '已到下课时间' : `已超时 ${minutesOver} 分钟`;
  if (end === undefined) return `${over}，不会自动下课；讲完请点“下课”。`;
  const left = end.minutesLeft <= URGENT_MINUTES ? `还有 ${end.minutesLeft} 分钟，` : '';
  const at = `${left}${clockOfDay(Date.parse(end.at))} `;
  const why = end.nextClass === undefined ? '' : `同一频道要开始下一课《${end.nextClass.title}》，`;
  return `${over}。${why}${at}自动下课，录像照常保存。`;
}

/** When a class should end that is given more time: from the end it has, or from now. Pure. */
export function extendedEnd(plannedEnd: string, { since, minutesOver }: OverrunRecord): string {
  const nowMs = Date.parse(since) + minutesOver * 60_000;
  const fromMs = Math.max(Date.parse(plannedEnd), nowMs);
  return new Date(Math.ceil(fromMs / 60_000 + EXTENSION_MINUTES) * 60_000).toISOString();
}

/** Tells the operator that the class is over its time and when it ends by itself, and gives it more time. */
export class OverrunBanner {
  readonly root = element('div', { class: 'desk-line desk-overrun', hidden: '' });
  readonly #words = element('p', { role: 'status' });
  readonly #more = button({ class: 'button' }, `延长 ${EXTENSION_MINUTES} 分钟`);
  readonly #notice: Notice;
  readonly #onChanged: (record: LiveClassRecord) => void;
  #record: LiveClassRecord | undefined;
  #overrun: OverrunRecord | undefined;

  constructor(notice: Notice, onChanged: (record: LiveClassRecord) => void) {
    this.#notice = notice;
    this.#onChanged = onChanged;
    this.#more.addEventListener('click', () => void this.#extend());
    this.root.append(this.#words, this.#more);
  }

  show(record: LiveClassRecord, overrun: OverrunRecord | undefined): void {
    this.#record = record;
    this.#overrun = overrun;
    this.root.hidden = overrun === undefined;
    if (overrun === undefined) return;
    const words = overrunWords(overrun);
    // Said again only when it changes: readers of the screen hear every change.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.root.classList.toggle('is-urgent', (overrun.end?.minutesLeft ?? Infinity) <= URGENT_MINUTES);
  }

  async #extend(): Promise<void> {
    const [record, overrun] = [this.#record, this.#overrun];
    if (record === undefined || overrun === undefined) return;
    const { plannedEnd } = record;
    try {
      const later = extendedEnd(plannedEnd, overrun);
      this.#onChanged(
        await callApi<LiveClassRecord>(classPath(record.id), {
          method: 'PATCH',
          body: { plannedEnd: later },
        }),
      );
      this.root.hidden = true;
      this.#notice.say(`已延长到 ${clockOfDay(Date.parse(later))}。`);
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}
