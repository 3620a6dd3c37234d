import { element } from '../../controls/element.ts';
import { callApi } from '../api.ts';
import { labelled, textField } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { HeadCountRecord, ReceiptRecord } from './live-records.ts';

const GROUPS: readonly (readonly [keyof HeadCountRecord, string])[] = [
  ['members', '党员'],
  ['cadres', '干部'],
  ['activists', '积极分子'],
  ['masses', '群众'],
];

/** 收看回执: somebody confirms that the class is watched here, for himself or for a hall with its head-count. */
export class ReceiptPanel {
  readonly root = element('details', { class: 'live-receipt' });
  readonly #classId: string;
  readonly #summary = element('summary', {}, '收看回执');
  readonly #hall = textField({
    maxlength: '60',
    placeholder: '例如：石璜镇西白山村',
    autocomplete: 'organization',
    list: 'expected-halls',
  });
  readonly #expected = element('datalist', { id: 'expected-halls' });
  #looking: ReturnType<typeof setTimeout> | undefined;
  readonly #counts = new Map<keyof HeadCountRecord, HTMLInputElement>();
  readonly #send = element('button', { type: 'submit', class: 'button is-small is-first' }, '确认收看');
  readonly #status = element('p', { class: 'live-status', role: 'status' });
  #isTouched = false;

  constructor(classId: string) {
    this.#classId = classId;
    const row = element('div', { class: 'live-counts', role: 'group', 'aria-label': '到场人数（可不填）' });
    for (const [group, words] of GROUPS) {
      const input = element('input', {
        type: 'number',
        class: 'seconds',
        min: '0',
        max: '99999',
        inputmode: 'numeric',
      });
      this.#counts.set(group, input);
      row.append(labelled(words, input));
    }
    const form = element(
      'form',
      { 'aria-label': '收看回执', novalidate: '' },
      labelled('站点名称（个人收看可不填）', this.#hall),
      this.#expected,
      element('p', { class: 'live-status' }, '到场人数（可不填，课后一天内都能改）'),
      row,
      element('div', { class: 'actions' }, this.#send),
      this.#status,
    );
    this.root.append(this.#summary, form);
    form.addEventListener('input', () => {
      this.#isTouched = true;
    });
    this.#hall.addEventListener('input', () => {
      clearTimeout(this.#looking);
      this.#looking = setTimeout(() => void this.#suggest(), 300);
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#acknowledge();
    });
  }

  /** Shows what was confirmed from this browser already. */
  async load(): Promise<void> {
    try {
      const { receipt } = await callApi<{ readonly receipt: ReceiptRecord | null }>(
        classPath(this.#classId, 'receipts', 'mine'),
      );
      if (receipt === null) this.root.open = true;
      // Never over what is typed or confirmed meanwhile.
      else if (!this.#isTouched) this.#show(receipt);
    } catch {
      // It can be sent all the same.
    }
  }

  #show({ hall, headCount }: ReceiptRecord): void {
    if (hall !== null) this.#hall.value = hall;
    for (const [group, input] of Array.from(this.#counts)) {
      if (headCount !== null) input.value = String(headCount[group]);
    }
    this.#summary.textContent = `收看回执（已确认${hall === null ? '' : `：${hall}`}）`;
    this.#send.textContent = '修改回执';
  }

  /** Offers the expected halls: whoever chooses one is not missed for a slip of the pen. */
  async #suggest(): Promise<void> {
    const text = this.#hall.value.trim();
    if (text.length < 2) return;
    try {
      const { halls } = await callApi<{ readonly halls: readonly string[] }>(
        `${classPath(this.#classId, 'halls')}?text=${encodeURIComponent(text)}`,
      );
      // Others were asked for since.
      if (text !== this.#hall.value.trim()) return;
      this.#expected.textContent = '';
      for (const value of halls) this.#expected.append(element('option', { value }));
    } catch {
      // It can be typed in full.
    }
  }

  async #acknowledge(): Promise<void> {
    const hall = this.#hall.value.trim();
    const headCount: Partial<Record<keyof HeadCountRecord, number>> = {};
    for (const [group, input] of Array.from(this.#counts)) {
      if (input.value === '') continue;
      const count = Number(input.value);
      if (!Number.isInteger(count) || count < 0 || count > 99_999) {
        this.#status.textContent = '人数请填 0 到 99999 的整数。';
        input.focus();
        return;
      }
      headCount[group] = count;
    }
    this.#send.disabled = true;
    this.#isTouched = true;
    try {
      const receipt = await callApi<ReceiptRecord>(classPath(this.#classId, 'receipts', 'mine'), {
        method: 'PUT',
        body: {
          ...(hall === '' ? {} : { hall }),
          ...(Object.keys(headCount).length === 0 ? {} : { headCount }),
        },
      });
      this.#show(receipt);
      this.#status.textContent = '回执已收到，谢谢。';
    } catch (error) {
      this.#status.textContent = problemWords(error);
    }
    this.#send.disabled = false;
  }
}
