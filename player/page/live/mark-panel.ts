import { button, element } from '../../controls/element.ts';
import { clockWithSeconds } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import type { Page } from '../api.ts';
import { textField } from '../form-field.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { classPath } from './live-records.ts';
import type { LiveMarkRecord } from './live-records.ts';

const KINDS: Readonly<Record<'section' | 'chapter', string>> = { section: '环节', chapter: '章节' };

/** What the panel has to know of the picture the operator sees. */
export interface MarkClock {
  /** When the picture on the operator's screen was taken, in milliseconds since 1970; undefined before there is one. */
  playingMs(): number | undefined;
}

/** Marks on the class's time line: one key sets one, and it can be named and taken away at any time. */
export class MarkPanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #clock: MarkClock;
  readonly #list = element('ol', { class: 'desk-marks' });
  readonly #none = element('p', { class: 'hint' }, '还没有标记。讲到新的一节时按一下，课后就是录像的章节。');
  readonly #actions: HTMLElement;
  readonly #after = element(
    'p',
    { class: 'hint', hidden: '' },
    '课已结束，标记已经成为录像的章节；要改请到课件制作里改章节。',
  );
  #marks: readonly LiveMarkRecord[] = [];
  #changes = 0;
  #isClosed = false;

  constructor(classId: string, notice: Notice, clock: MarkClock) {
    this.#classId = classId;
    this.#notice = notice;
    this.#clock = clock;
    const chapter = button(
      { class: 'button is-small is-first', 'aria-keyshortcuts': 'b' },
      '打章节标记（B）',
    );
    const part = button({ class: 'button is-small', 'aria-keyshortcuts': 'n' }, '打环节标记（N）');
    chapter.addEventListener('click', () => void this.mark('chapter'));
    part.addEventListener('click', () => void this.mark('section'));
    this.#actions = element('div', { class: 'actions' }, chapter, part);
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'marks-heading' },
      element('h2', { class: 'desk-title', id: 'marks-heading' }, '时间标记'),
      this.#actions,
      this.#after,
      this.#none,
      this.#list,
    );
  }

  /** @param isClosed when the class is over: what is marked then reaches no recording any more */
  close(isClosed: boolean): void {
    if (isClosed === this.#isClosed) return;
    this.#isClosed = isClosed;
    this.#actions.hidden = isClosed;
    this.#after.hidden = !isClosed;
    this.#show();
  }

  async load(): Promise<void> {
    const changes = this.#changes;
    try {
      const { items } = await callApi<Page<LiveMarkRecord>>(classPath(this.#classId, 'marks'));
      // What was marked, named or taken away meanwhile may not be in it.
      if (changes !== this.#changes) {
        await this.load();
        return;
      }
      this.#marks = items.filter(({ kind }) => kind === 'section' || kind === 'chapter');
      this.#show();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  /** Marks the picture on the screen; the name follows when there is time for it. */
  async mark(kind: 'section' | 'chapter'): Promise<void> {
    const playingMs = this.#clock.playingMs();
    const count = this.#marks.filter((mark) => mark.kind === kind).length + 1;
    try {
      const made = await callApi<LiveMarkRecord>(classPath(this.#classId, 'marks'), {
        method: 'POST',
        body: {
          kind,
          text: `第 ${count} ${kind === 'chapter' ? '节' : '环节'}`,
          ...(playingMs === undefined ? {} : { at: new Date(playingMs).toISOString() }),
        },
      });
      this.#changes += 1;
      this.#marks = this.#marks.concat(made).sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
      this.#show();
      this.#notice.say(
        `已在 ${clockWithSeconds(Date.parse(made.at))} 打标记。`,
        () => void this.#remove(made, false),
      );
      this.#list.querySelector<HTMLInputElement>(`[data-mark="${made.id}"] input`)?.select();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  #show(): void {
    this.#none.hidden = this.#isClosed || this.#marks.length > 0;
    this.#list.textContent = '';
    for (const mark of this.#marks) this.#list.append(this.#line(mark));
  }

  #line(mark: LiveMarkRecord): HTMLElement {
    const { id, kind, at, text } = mark;
    const clock = clockWithSeconds(Date.parse(at));
    const words = kind === 'section' || kind === 'chapter' ? KINDS[kind] : '';
    const name = textField({ maxlength: '100', 'aria-label': `${words}名称，${clock}` });
    name.value = text ?? '';
    name.readOnly = this.#isClosed;
    name.addEventListener('change', () => void this.#rename(mark, name.value.trim()));
    name.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') name.blur();
    });
    const remove = button(
      { class: 'button is-small is-quiet', 'aria-label': `删除标记“${text ?? ''}”` },
      '删除',
    );
    remove.addEventListener('click', () => void this.#remove(mark, true));
    return element(
      'li',
      { class: 'desk-mark', 'data-mark': id },
      element('span', { class: 'live-time' }, clock),
      element('span', { class: 'hint' }, words),
      name,
      ...(this.#isClosed ? [] : [remove]),
    );
  }

  async #rename({ id }: LiveMarkRecord, text: string): Promise<void> {
    if (text === '') return;
    // At once: the line may be drawn anew before the server has answered.
    this.#marks = this.#marks.map((mark) => (mark.id === id ? { ...mark, text } : mark));
    this.#changes += 1;
    try {
      const changed = await callApi<LiveMarkRecord>(classPath(this.#classId, 'marks', id), {
        method: 'PATCH',
        body: { text },
      });
      this.#changes += 1;
      this.#marks = this.#marks.map((mark) => (mark.id === id ? changed : mark));
      this.#notice.say('标记名称已保存。');
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  async #remove(mark: LiveMarkRecord, canUndo: boolean): Promise<void> {
    try {
      await callApi(classPath(this.#classId, 'marks', mark.id), { method: 'DELETE' });
      this.#changes += 1;
      this.#marks = this.#marks.filter(({ id }) => id !== mark.id);
      this.#show();
      if (canUndo) this.#notice.say('已删除标记。', () => void this.#putBack(mark));
      else this.#notice.say('已撤销。');
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  async #putBack({ kind, at, text }: LiveMarkRecord): Promise<void> {
    try {
      await callApi(classPath(this.#classId, 'marks'), { method: 'POST', body: { kind, at, text } });
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
    await this.load();
  }
}
