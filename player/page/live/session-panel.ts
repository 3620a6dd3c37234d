import { element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { PublishRecord, PublishRefusalRecord } from './live-records.ts';

/** Which encoders were connected when, folded away until somebody looks for what went wrong. */
export class SessionPanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #status = element('p', { class: 'hint', role: 'status' });
  readonly #list = element('ul', { class: 'desk-notices' });

  constructor(classId: string) {
    this.#classId = classId;
    this.root = element(
      'details',
      { class: 'desk-panel desk-more' },
      element('summary', {}, '推流记录'),
      this.#status,
      this.#list,
    );
    this.root.addEventListener('toggle', () => {
      if ((this.root as HTMLDetailsElement).open) void this.#load();
    });
  }

  async #load(): Promise<void> {
    try {
      const { items, refusals } = await callApi<{
        readonly items: readonly PublishRecord[];
        readonly refusals: readonly PublishRefusalRecord[];
      }>(classPath(this.#classId, 'sessions'));
      this.#status.textContent = items.length + refusals.length === 0 ? '还没有编码器连接过。' : '';
      this.#list.textContent = '';
      for (const { address, words, times, lastAt } of refusals) {
        this.#add(clockOfDay(lastAt), `拒绝了 ${address} 的推流 ${times} 次：${words}`);
      }
      for (const { role, address, encoder, startedAt, endedAt, endWords } of items) {
        const end = typeof endedAt === 'number' ? clockOfDay(endedAt) : '现在';
        const facts = [role === 'main' ? '主路' : '备路', address, encoder ?? '', endWords ?? '']
          .filter(Boolean)
          .join(' · ');
        this.#add(`${clockOfDay(startedAt)} – ${end}`, facts);
      }
    } catch (error) {
      this.#status.textContent = problemWords(error);
    }
  }

  #add(time: string, words: string): void {
    this.#list.append(
      element(
        'li',
        { class: 'desk-mark' },
        element('span', { class: 'live-time' }, time),
        element('span', { class: 'order-title' }, words),
      ),
    );
  }
}
