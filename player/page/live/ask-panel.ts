import { button, element } from '../../controls/element.ts';
import { callApi, newUuid, newestAsking } from '../api.ts';
import type { Page } from '../api.ts';
import { labelled, textArea, textField } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { PublicQuestionRecord, PublicRoomRecord, QuestionRecord } from './live-records.ts';

const LOOK_AGAIN_MS = 10_000;
const ASKER_LOOKS_MS = 4_000;
const ASKED_KEY = 'yuanjiao.live.asked.';
const NAME_KEY = 'yuanjiao.live.name';

const BECOMES: Readonly<Record<QuestionRecord['state'], string>> = {
  new: '已送到导播，等待处理',
  accepted: '老师会回答',
  answered: '已回答',
  dismissed: '这次没有安排回答',
};

/** Ask the lecturer, raise a hand, and see what became of it and what others were answered. */
export class AskPanel {
  readonly root = element('div', { class: 'live-ask' });
  readonly #classId: string;
  readonly #text = textArea({ rows: '2', maxlength: '300', placeholder: '写下要问老师的问题' });
  readonly #name = textField({
    maxlength: '20',
    placeholder: '例如：西白山村',
    autocomplete: 'organization',
  });
  readonly #send = element('button', { type: 'submit', class: 'button is-first is-small' }, '提问');
  readonly #hand = button({ class: 'button is-small', 'aria-pressed': 'false' }, '举手发言');
  readonly #status = element('p', { class: 'live-status', role: 'status' });
  readonly #mine = element('ul', { class: 'live-questions', 'aria-label': '我的提问' });
  readonly #public = element('ul', { class: 'live-questions', 'aria-label': '大家的提问' });
  readonly #publicBox: HTMLElement;
  #handId: string | undefined;
  // Pressing again after the answer was lost must not ask twice.
  #draft = { text: '', id: '' };
  #shown = '';
  #hasAsked: boolean;
  #isWaiting = false;
  readonly #looks = newestAsking();

  constructor(classId: string) {
    this.#classId = classId;
    this.#name.value = kept(NAME_KEY);
    this.#hasAsked = kept(ASKED_KEY + classId) !== '';
    const form = element(
      'form',
      { class: 'live-ask-form', 'aria-label': '提问' },
      labelled('提问', this.#text),
      labelled('我是（可不填）', this.#name),
      element('div', { class: 'actions' }, this.#send, this.#hand),
      this.#status,
    );
    this.#publicBox = element(
      'div',
      { hidden: '' },
      element('h3', { class: 'live-panel-title' }, '老师的回答'),
      this.#public,
    );
    this.root.append(form, this.#mine, this.#publicBox);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#ask();
    });
    this.#hand.addEventListener('click', () => void this.#toggleHand());
  }

  /** Looks what becomes of what was asked, again and again. */
  follow(): void {
    const look = (): void => {
      const isWanted = !this.root.hidden && document.visibilityState === 'visible';
      const pause = this.#isWaiting ? ASKER_LOOKS_MS : LOOK_AGAIN_MS * (0.75 + Math.random() / 2);
      void (isWanted ? this.refresh() : Promise.resolve()).then(() => setTimeout(look, pause));
    };
    look();
  }

  /**
   * Looks what became of what was asked. What everybody may see comes out of caches; what this browser alone has asked is asked
   * of the server itself, and so only by whoever did ask.
   */
  async refresh(): Promise<void> {
    const isNewest = this.#looks();
    try {
      const mine = this.#hasAsked
        ? (await callApi<Page<QuestionRecord>>(classPath(this.#classId, 'questions', 'mine'))).items
        : [];
      const { questions } = await callApi<PublicRoomRecord>(
        `/live/class/${encodeURIComponent(this.#classId)}/room.json`,
      );
      // An earlier look that comes back later knows less.
      if (!isNewest()) return;
      this.#isWaiting = mine.some(({ state }) => state === 'new' || state === 'accepted');
      const text = JSON.stringify([mine, questions]);
      if (text === this.#shown) return;
      this.#shown = text;
      this.#show(mine, questions);
    } catch {
      // The next look may find it.
    }
  }

  #show(mine: readonly QuestionRecord[], others: readonly PublicQuestionRecord[]): void {
    const hand = mine.find(({ kind, state }) => kind === 'hand' && (state === 'new' || state === 'accepted'));
    this.#showHand(hand);
    this.#mine.textContent = '';
    const asked = mine.filter(({ kind }) => kind === 'question');
    for (const { text, state, answer } of asked) {
      this.#mine.append(
        element(
          'li',
          { class: 'live-question' },
          element('p', { class: 'live-question-text' }, text),
          element('p', { class: 'live-status' }, answer === null ? BECOMES[state] : `答：${answer}`),
        ),
      );
    }
    const own = new Set(asked.map(({ id }) => id));
    this.#public.textContent = '';
    const shown = others.filter(({ id }) => !own.has(id));
    for (const { name, text, answer } of shown) {
      this.#public.append(
        element(
          'li',
          { class: 'live-question' },
          element('p', { class: 'live-question-text' }, `${name}：${text}`),
          ...(answer === null ? [] : [element('p', { class: 'live-status' }, `答：${answer}`)]),
        ),
      );
    }
    this.#publicBox.hidden = shown.length === 0;
  }

  #showHand(hand: QuestionRecord | undefined): void {
    this.#handId = hand?.id;
    this.#hand.setAttribute('aria-pressed', String(hand !== undefined));
    this.#hand.textContent =
      hand === undefined
        ? '举手发言'
        : hand.state === 'accepted'
          ? '请准备发言（点此放下）'
          : '已举手（点此放下）';
  }

  async #ask(): Promise<void> {
    const text = this.#text.value.trim();
    if (text === '') {
      this.#status.textContent = '请先写下问题。';
      this.#text.focus();
      return;
    }
    if (this.#draft.text !== text) this.#draft = { text, id: newUuid() };
    this.#send.disabled = true;
    const isDone = await this.#post({ id: this.#draft.id, kind: 'question', text });
    this.#send.disabled = false;
    if (!isDone) return;
    this.#text.value = '';
    this.#draft = { text: '', id: '' };
    this.#status.textContent = '已送到导播。';
  }

  async #toggleHand(): Promise<void> {
    this.#hand.disabled = true;
    const id = this.#handId;
    if (id === undefined) {
      if (await this.#post({ id: newUuid(), kind: 'hand' })) {
        this.#status.textContent = '导播看到你举手了。轮到你时请按主办单位公布的电话或现场话筒发言。';
      }
    } else {
      try {
        await callApi(classPath(this.#classId, 'questions', id), { method: 'DELETE' });
        this.#status.textContent = '已把手放下。';
      } catch (error) {
        this.#status.textContent = problemWords(error);
      }
      await this.refresh();
    }
    this.#hand.disabled = false;
  }

  async #post(question: Readonly<Record<string, string>>): Promise<boolean> {
    const name = this.#name.value.trim();
    keep(NAME_KEY, name);
    try {
      const body = name === '' ? question : { ...question, name };
      await callApi(classPath(this.#classId, 'questions'), { method: 'POST', body });
      this.#hasAsked = true;
      keep(ASKED_KEY + this.#classId, '1');
      await this.refresh();
      return true;
    } catch (error) {
      this.#status.textContent = problemWords(error);
      return false;
    }
  }
}

function kept(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is typed, or looked for, again next time.
  }
}
