import { button, element } from '../controls/element.ts';
import { ApiProblem, newIdempotencyKey } from './api.ts';
import type { CoursewareRecord, TagRecord } from './api.ts';
import { CoursewareDetails } from './courseware-details.ts';
import type { DetailChanges } from './courseware-details.ts';
import { problemWords } from './problem-words.ts';
import { readTags, toggleTag } from './tag-text.ts';

/** What a producer writes about a lecture. */
export interface CoursewareDraft {
  readonly title: string;
  readonly description: string;
  readonly series: string;
  readonly tags: readonly string[];
  /** The librarian's fields that were changed. */
  readonly details: DetailChanges;
}

export interface FormWords {
  readonly heading: string;
  readonly submit: string;
}

const TITLE_LENGTH = 200;
const DESCRIPTION_LENGTH = 5000;
let forms = 0;

/** Title, description, series and tags of one lecture; knows whether something was typed and not saved. */
export class CoursewareForm {
  readonly root: HTMLFormElement;
  readonly #title: HTMLInputElement;
  readonly #description: HTMLTextAreaElement;
  readonly #series: HTMLInputElement;
  readonly #tags: HTMLInputElement;
  readonly #details: CoursewareDetails;
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #tagFailure = element('p', { class: 'failure', role: 'alert' });
  readonly #submit: HTMLButtonElement;
  #saved = '';
  // Pressing again after the answer was lost must not make a second lecture.
  #sent = { draft: '', key: '' };

  /** @param extra shown above the submit button, such as the choice of a file */
  constructor(
    words: FormWords,
    courseware: CoursewareRecord | undefined,
    tags: readonly TagRecord[],
    onSubmit: (draft: CoursewareDraft, idempotencyKey: string) => Promise<void>,
    extra: readonly HTMLElement[] = [],
  ) {
    forms += 1;
    const id = `form-${forms}`;
    this.#title = element('input', {
      id: `${id}-title`,
      type: 'text',
      maxlength: String(TITLE_LENGTH),
      required: '',
    });
    this.#description = element('textarea', {
      id: `${id}-description`,
      rows: '3',
      maxlength: String(DESCRIPTION_LENGTH),
    });
    this.#series = element('input', { id: `${id}-series`, type: 'text', maxlength: '100' });
    this.#tags = element('input', { id: `${id}-tags`, type: 'text', 'aria-describedby': `${id}-tags-hint` });
    this.#details = new CoursewareDetails(id);
    this.#submit = element('button', { type: 'submit', class: 'button is-first' }, words.submit);
    const chips = element('div', { class: 'chips tag-choice', role: 'group', 'aria-label': '可选的标签' });
    for (const { name } of tags) {
      const chip = button({ class: 'chip is-small', 'data-tag': name }, name);
      chip.addEventListener('click', () => {
        this.#tags.value = toggleTag(this.#tags.value, name);
        this.#mark(chips);
      });
      chips.append(chip);
    }
    this.#tags.addEventListener('input', () => this.#mark(chips));
    const actions = element('div', { class: 'actions' }, this.#submit);
    this.root = element(
      'form',
      { class: 'form', novalidate: '', 'aria-label': words.heading },
      field(`${id}-title`, '标题（必填）', this.#title),
      field(`${id}-description`, '简介', this.#description),
      field(`${id}-series`, '系列', this.#series),
      field(`${id}-tags`, '标签', this.#tags),
      element('p', { class: 'hint', id: `${id}-tags-hint` }, '点选下面的标签，或直接输入，用顿号隔开。'),
      chips,
      this.#tagFailure,
      this.#details.root,
      ...extra,
      this.#failure,
      actions,
    );
    this.fill(courseware);
    this.#mark(chips);
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send(onSubmit);
    });
  }

  /** True while something typed here would be lost by leaving. */
  get isDirty(): boolean {
    return JSON.stringify(this.#draft()) !== this.#saved;
  }

  /** Adds a button beside the submit button. */
  addAction(made: HTMLButtonElement): void {
    this.#submit.parentElement?.append(made);
  }

  /** Shows what is stored; everything typed is replaced. */
  fill(courseware: CoursewareRecord | undefined): void {
    this.#title.value = courseware?.title ?? '';
    this.#description.value = courseware?.description ?? '';
    this.#series.value = courseware?.series ?? '';
    this.#tags.value = (courseware?.tags ?? []).join('、');
    this.#details.fill(courseware);
    this.#saved = JSON.stringify(this.#draft());
    this.#sent = { draft: '', key: '' };
    for (const chip of Array.from(this.root.querySelectorAll('[data-tag]')))
      chip.setAttribute('aria-pressed', 'false');
  }

  #draft(): CoursewareDraft {
    return {
      title: this.#title.value.trim(),
      description: this.#description.value.trim(),
      series: this.#series.value.trim(),
      tags: readTags(this.#tags.value),
      details: this.#details.changes(),
    };
  }

  #mark(chips: HTMLElement): void {
    const chosen = readTags(this.#tags.value);
    for (const chip of Array.from(chips.children) as HTMLElement[]) {
      chip.setAttribute('aria-pressed', String(chosen.includes(chip.dataset['tag'] ?? '')));
    }
  }

  async #send(onSubmit: (draft: CoursewareDraft, idempotencyKey: string) => Promise<void>): Promise<void> {
    this.#failure.textContent = '';
    this.#tagFailure.textContent = '';
    this.#submit.parentElement?.before(this.#failure);
    const draft = this.#draft();
    if (draft.title === '') {
      this.#title.parentElement?.append(this.#failure);
      this.#failure.textContent = '请填写标题。';
      this.#title.focus();
      return;
    }
    this.#submit.disabled = true;
    try {
      const sent = JSON.stringify(draft);
      if (this.#sent.draft !== sent) this.#sent = { draft: sent, key: newIdempotencyKey() };
      await onSubmit(draft, this.#sent.key);
    } catch (error) {
      const isTag = error instanceof ApiProblem && error.code === 'unknown-tag';
      (isTag ? this.#tagFailure : this.#failure).textContent = problemWords(error);
      if (isTag) this.#tags.focus();
    }
    this.#submit.disabled = false;
  }
}

function field(id: string, label: string, control: HTMLElement): HTMLElement {
  return element('div', { class: 'field' }, element('label', { for: id }, label), control);
}
