import { button, element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { callApi, newIdempotencyKey } from '../api.ts';
import { labelled, textArea } from '../form-field.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { LiveNotice } from '../../live/state-document.ts';

/** What the operator tells everybody who watches; can be taken back. */
export class NoticePanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #text = textArea({
    rows: '2',
    maxlength: '200',
    placeholder: '例如：请各站点在 15:00 前填写收看回执',
  });
  readonly #send = element('button', { type: 'submit', class: 'button is-small is-first' }, '发通知');
  readonly #list = element('ul', { class: 'desk-notices' });
  readonly #onSent: () => void;
  #shown = '';
  // Pressing again after the answer was lost must not tell everybody twice.
  #sent = { text: '', key: '' };

  /** @param onSent after a change, so that the preview shows it at once */
  constructor(classId: string, notice: Notice, onSent: () => void) {
    this.#classId = classId;
    this.#notice = notice;
    this.#onSent = onSent;
    const form = element(
      'form',
      { 'aria-label': '发通知' },
      labelled('所有画面上会出现 20 秒，并留在通知栏里', this.#text),
      element('div', { class: 'actions' }, this.#send),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#tell();
    });
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'desk-notices-heading' },
      element('h2', { class: 'desk-title', id: 'desk-notices-heading' }, '给全班的通知'),
      form,
      this.#list,
    );
  }

  /** Shows those in force. */
  show(notices: readonly LiveNotice[]): void {
    const text = JSON.stringify(notices);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#list.textContent = '';
    for (const { id, text: words, at } of notices) {
      const back = button({ class: 'button is-small is-quiet', 'aria-label': `撤回通知：${words}` }, '撤回');
      back.addEventListener('click', () => void this.#takeBack(id));
      this.#list.append(
        element(
          'li',
          { class: 'desk-mark' },
          element('span', { class: 'live-time' }, clockOfDay(Date.parse(at))),
          element('span', { class: 'order-title' }, words),
          back,
        ),
      );
    }
  }

  async #tell(): Promise<void> {
    const text = this.#text.value.trim();
    if (text === '') {
      this.#text.focus();
      return;
    }
    if (this.#sent.text !== text) this.#sent = { text, key: newIdempotencyKey() };
    this.#send.disabled = true;
    try {
      const made = await callApi<{ readonly id: string }>(classPath(this.#classId, 'notices'), {
        method: 'POST',
        body: { text },
        idempotencyKey: this.#sent.key,
      });
      this.#text.value = '';
      this.#sent = { text: '', key: '' };
      this.#notice.say('通知已发出，几秒内会出现在所有画面上。', () => void this.#takeBack(made.id));
      this.#onSent();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
    this.#send.disabled = false;
  }

  async #takeBack(id: string): Promise<void> {
    try {
      await callApi(classPath(this.#classId, 'marks', id), { method: 'DELETE' });
      this.#notice.say('通知已撤回。');
      this.#onSent();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}
