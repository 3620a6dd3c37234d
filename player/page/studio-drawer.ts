import { button, element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import type { CoursewareRecord, TagRecord } from './api.ts';
import { CaptionPanel } from './caption-panel.ts';
import { ChapterForm } from './chapter-form.ts';
import { CoursewareForm } from './courseware-form.ts';
import { LadderChoice } from './ladder-choice.ts';
import type { Notice } from './notice.ts';
import { PosterPicker } from './poster-picker.ts';
import type { StudioLecture } from './studio-lecture.ts';

/** What opens below a lecture of the studio: one thing at a time, and what was typed is not thrown away for another. */
export class StudioDrawer {
  readonly root = element('div', { class: 'drawer' });
  readonly #lecture: StudioLecture;
  readonly #notice: Notice;
  readonly #tags: readonly TagRecord[];
  #form: CoursewareForm | ChapterForm | undefined;
  #opener: HTMLElement | undefined;

  constructor(
    lecture: StudioLecture,
    house: { readonly notice: Notice; readonly tags: readonly TagRecord[] },
  ) {
    this.#lecture = lecture;
    this.#notice = house.notice;
    this.#tags = house.tags;
  }

  /** True while leaving would lose something that was typed. */
  get isDirty(): boolean {
    return this.#form?.isDirty === true;
  }

  /** What is written about the lecture. */
  edit(): void {
    if (!this.#clear()) return;
    const { courseware } = this.#lecture;
    const form = new CoursewareForm(
      { heading: `修改《${courseware.title}》`, submit: '保存' },
      courseware,
      this.#tags,
      async ({ series, details, ...draft }) => {
        const body = { ...draft, series: series === '' ? null : series, ...details };
        const { id, revision } = this.#lecture.courseware;
        const path = apiPath('courseware', id);
        this.#finish(await callApi<CoursewareRecord>(path, { method: 'PATCH', body, revision }), '已保存。');
      },
    );
    form.addAction(this.#closer('不改了', 'button'));
    this.#form = form;
    this.root.append(form.root);
    focusOn(form.root);
  }

  editChapters(): void {
    if (!this.#clear()) return;
    const form = new ChapterForm(this.#lecture.courseware, {
      onSaved: (words) => {
        this.#close();
        this.#notice.say(words);
        void this.#lecture.reload();
      },
      onClosed: () => this.#close(),
    });
    this.#form = form;
    this.root.append(form.root);
    form.focus();
  }

  choosePoster(): void {
    if (!this.#clear()) return;
    const picker = new PosterPicker(this.#lecture.courseware, {
      onChosen: (courseware) => this.#finish(courseware, '封面已换好。'),
      onClosed: () => this.#close(),
    });
    this.root.append(picker.root);
  }

  openCaptions(): void {
    if (!this.#clear()) return;
    const panel = new CaptionPanel(this.#lecture.courseware, {
      say: (words, undo) => this.#notice.say(words, undo),
      onClose: () => this.#close(),
    });
    this.root.append(panel.root);
    void panel.open();
  }

  /** Asks for another ladder of the same source. */
  askReprocess(): void {
    if (!this.#clear()) return;
    const ladder = new LadderChoice();
    const show = (): void => ladder.show(this.#lecture.production.ladder);
    const begin = button({ class: 'button is-small is-first' }, '开始重新转码');
    begin.addEventListener('click', () => {
      this.#close();
      const done = '已开始重新转码，做好之前站点看到的仍是现在的版本。';
      void this.#lecture.order('reprocess', done, ladder.wishes);
    });
    this.#ask('用原来的文件重新转码。做好之前，站点看到的仍是现在的版本。', [ladder.root], begin, '不转了');
    show();
    void this.#lecture.askMore().then(show);
    begin.focus();
  }

  askRemove(): void {
    if (!this.#clear()) return;
    const yes = button({ class: 'button is-small is-danger' }, '确定删除');
    yes.addEventListener('click', () => void this.#lecture.remove());
    const question = `删除《${this.#lecture.courseware.title}》？已上传的视频也会删除，不能恢复。`;
    this.#ask(question, [], yes, '不删除').focus();
  }

  /** @returns the button that says no */
  #ask(
    question: string,
    choices: readonly HTMLElement[],
    yes: HTMLButtonElement,
    no: string,
  ): HTMLButtonElement {
    const closer = this.#closer(no, 'button is-small');
    this.root.append(
      element(
        'div',
        { class: 'question', role: 'group', 'aria-label': question },
        element('p', {}, question),
        ...choices,
        element('div', { class: 'actions' }, yes, closer),
      ),
    );
    return closer;
  }

  #closer(words: string, style: string): HTMLButtonElement {
    const made = button({ class: style }, words);
    made.addEventListener('click', () => this.#close());
    return made;
  }

  /** @returns false where something was typed and is not saved: that gets the focus, and stays */
  #clear(): boolean {
    if (this.isDirty && this.#form !== undefined) {
      this.#notice.say('上面改过的内容还没有保存，请先保存或点“不改了”。');
      focusOn(this.#form.root);
      return false;
    }
    this.#close();
    this.#opener = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    return true;
  }

  #finish(courseware: CoursewareRecord, done: string): void {
    this.#close();
    this.#lecture.take(courseware);
    this.#notice.say(done);
  }

  #close(): void {
    const hadFocus = this.root.contains(document.activeElement);
    this.#form = undefined;
    this.root.textContent = '';
    if (hadFocus) this.#opener?.focus();
  }
}

function focusOn(form: HTMLElement): void {
  form.querySelector<HTMLElement>('input, textarea')?.focus();
}
