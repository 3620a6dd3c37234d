import { button, element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import { textField } from '../form-field.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import type { QuestionNews } from './console-feed.ts';
import { classPath } from './live-records.ts';
import type { QuestionRecord, QuestionState } from './live-records.ts';

const DONE: Readonly<Record<QuestionState, string>> = {
  new: '已放回待处理。',
  accepted: '已选中，请转告老师。',
  answered: '已公布给全班。',
  dismissed: '已略过。',
};

/** The queue of questions and raised hands: each is accepted, answered or passed over, and every decision can be undone. */
export class QuestionPanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #waiting = element('ul', { class: 'desk-questions' });
  readonly #accepted = element('ul', { class: 'desk-questions' });
  readonly #acceptedBox: HTMLElement;
  readonly #none = element('p', { class: 'hint' }, '还没有人提问。');
  readonly #heading = element('h2', { class: 'desk-title', id: 'questions-heading' }, '提问和举手');
  #news: QuestionNews | undefined;

  constructor(classId: string, notice: Notice) {
    this.#classId = classId;
    this.#notice = notice;
    this.#acceptedBox = element(
      'div',
      { hidden: '' },
      element('h3', { class: 'desk-subtitle' }, '已选中，等老师回答'),
      this.#accepted,
    );
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'questions-heading' },
      this.#heading,
      this.#none,
      this.#waiting,
      this.#acceptedBox,
    );
  }

  show(news: QuestionNews): void {
    // Somebody is writing an answer: the list must not be pulled away from under the hands.
    if (this.root.querySelector('.desk-answer input:focus') !== null) {
      this.#news = news;
      return;
    }
    this.#news = undefined;
    const { waiting, accepted } = news;
    this.#heading.textContent =
      waiting.length === 0 ? '提问和举手' : `提问和举手（${waiting.length} 条待处理）`;
    this.#none.hidden = waiting.length + accepted.length > 0;
    this.#acceptedBox.hidden = accepted.length === 0;
    this.#fill(this.#waiting, waiting);
    this.#fill(this.#accepted, accepted);
  }

  #fill(list: HTMLElement, questions: readonly QuestionRecord[]): void {
    const known = new Map(
      (Array.from(list.children) as HTMLElement[]).map((line) => [line.dataset['question'] ?? '', line]),
    );
    const wanted = new Set(questions.map(({ id, state }) => `${id} ${state}`));
    for (const [key, line] of Array.from(known)) if (!wanted.has(key)) line.remove();
    questions.forEach((question, place) => {
      const line = known.get(`${question.id} ${question.state}`) ?? this.#line(question);
      if (list.children[place] !== line) list.insertBefore(line, list.children[place] ?? null);
    });
  }

  #line(question: QuestionRecord): HTMLElement {
    const { id, kind, name, text, at, state } = question;
    const isHand = kind === 'hand';
    const words = isHand ? `${name} 举手${text === '' ? '' : `：${text}`}` : `${name}：${text}`;
    const actions = element('div', { class: 'actions' });
    const add = (label: string, style: string, onClick: () => void): void => {
      const made = button({ class: `button is-small ${style}`, 'aria-label': `${label}：${words}` }, label);
      made.addEventListener('click', onClick);
      actions.append(made);
    };
    if (state === 'new')
      add(isHand ? '请他发言' : '选中', 'is-first', () => void this.#move(question, 'accepted'));
    const answer = isHand ? undefined : this.#answerForm(question);
    if (answer === undefined) {
      if (state === 'accepted') add('已发言', 'is-first', () => void this.#move(question, 'answered'));
    } else {
      add('回答并公布', '', () => {
        answer.hidden = !answer.hidden;
        if (!answer.hidden) answer.querySelector('input')?.focus();
      });
    }
    add('略过', 'is-quiet', () => void this.#move(question, 'dismissed'));
    return element(
      'li',
      { class: isHand ? 'desk-question is-hand' : 'desk-question', 'data-question': `${id} ${state}` },
      element(
        'p',
        { class: 'desk-question-text' },
        element('span', { class: 'live-time' }, clockOfDay(at)),
        words,
      ),
      actions,
      ...(answer === undefined ? [] : [answer]),
    );
  }

  #answerForm(question: QuestionRecord): HTMLFormElement {
    const input = textField({
      maxlength: '500',
      'aria-label': `回答：${question.text}`,
      placeholder: '可以不写，只公布问题',
    });
    const form = element(
      'form',
      { class: 'inline-form desk-answer', hidden: '' },
      input,
      element('button', { type: 'submit', class: 'button is-small is-first' }, '公布'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      input.blur();
      void this.#move(question, 'answered', input.value.trim());
    });
    input.addEventListener('blur', () => {
      if (this.#news !== undefined) this.show(this.#news);
    });
    return form;
  }

  async #move({ id, state }: QuestionRecord, to: QuestionState, answer = ''): Promise<void> {
    const path = classPath(this.#classId, 'questions', id);
    try {
      const body = { from: state, to, ...(answer === '' ? {} : { answer }) };
      await callApi(`${path}/move`, { method: 'POST', body });
      this.#notice.say(DONE[to], () => {
        void callApi(`${path}/undo`, { method: 'POST', body: { from: to } })
          .then(() => this.#notice.say('已撤销。'))
          .catch((error: unknown) => this.#notice.say(problemWords(error)));
      });
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}
