import { button, element } from '../controls/element.ts';
import { clockText } from '../duration-text.ts';
import { apiPath, callApi, newestAsking } from './api.ts';
import type { ChapterCheckRecord, ChapterListRecord, ChapterRecord } from './api.ts';
import { chapterFaultWords, problemWords } from './problem-words.ts';

/** After so long without a key the list is read. */
const CHECK_AFTER_MS = 400;
let forms = 0;

/** What a {@link ChapterForm} tells. */
export interface ChapterFormEvents {
  onSaved(words: string): void;
  onClosed(): void;
}

/** A box to paste a list of chapters into; while somebody types, it shows what was understood and which lines were not. */
export class ChapterForm {
  readonly root: HTMLFormElement;
  readonly #coursewareId: string;
  readonly #revision: number;
  readonly #text: HTMLTextAreaElement;
  readonly #hint = element('p', { class: 'hint' });
  readonly #reading = element('ol', { class: 'chapter-reading', 'aria-label': '识别出的章节' });
  readonly #faults = element('ul', { class: 'warnings' });
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #submit = element('button', { type: 'submit', class: 'button is-first' }, '保存章节');
  readonly #forget = button({ class: 'button', hidden: '' }, '改用视频自带的章节');
  readonly #events: ChapterFormEvents;
  #saved = '';
  #checking: ReturnType<typeof setTimeout> | undefined;
  readonly #checks = newestAsking();

  constructor(
    item: { readonly id: string; readonly title: string; readonly revision: number },
    events: ChapterFormEvents,
  ) {
    forms += 1;
    const id = `chapters-${forms}`;
    this.#coursewareId = item.id;
    this.#revision = item.revision;
    this.#events = events;
    this.#text = element('textarea', {
      id,
      rows: '8',
      'aria-describedby': `${id}-hint`,
      placeholder: '00:00 开场\n05:30 嫁接的时机\n18:20 问答',
    });
    this.#hint.id = `${id}-hint`;
    const close = button({ class: 'button' }, '不改了');
    close.addEventListener('click', () => events.onClosed());
    this.#forget.addEventListener('click', () => void this.#goBack());
    this.root = element(
      'form',
      { class: 'form', novalidate: '', 'aria-label': `《${item.title}》的章节` },
      element('div', { class: 'field' }, element('label', { for: id }, '章节'), this.#text),
      this.#hint,
      element('div', { role: 'status' }, this.#faults),
      this.#reading,
      this.#failure,
      element('div', { class: 'actions' }, this.#submit, this.#forget, close),
    );
    this.#text.addEventListener('input', () => this.#checkSoon());
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    void this.#load();
  }

  /** True while something typed here would be lost by leaving. */
  get isDirty(): boolean {
    return this.#text.value !== this.#saved;
  }

  focus(): void {
    this.#text.focus();
  }

  async #load(): Promise<void> {
    try {
      const { chapters, origin } = await callApi<ChapterListRecord>(this.#path());
      if (this.isDirty) return;
      this.#saved = chapters.map(lineOf).join('\n');
      this.#text.value = this.#saved;
      this.#hint.textContent = `一行一章，先写时间再写标题，可以从文档里直接粘贴。${
        origin === 'container' ? '下面这些来自视频文件，修改后以您写的为准。' : ''
      }`;
      this.#forget.hidden = origin !== 'producer';
      this.#show({ chapters, faults: [] });
    } catch (error) {
      this.#failure.textContent = problemWords(error);
    }
  }

  #checkSoon(): void {
    clearTimeout(this.#checking);
    this.#checking = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  async #check(): Promise<ChapterCheckRecord | undefined> {
    clearTimeout(this.#checking);
    const isNewest = this.#checks();
    const text = this.#text.value;
    try {
      const body = { text };
      const check = await callApi<ChapterCheckRecord>(this.#path('check'), { method: 'POST', body });
      if (this.#text.value === text) this.#show(check);
      if (isNewest()) this.#failure.textContent = '';
      return check;
    } catch (error) {
      if (isNewest()) this.#failure.textContent = problemWords(error);
      return undefined;
    }
  }

  #show({ chapters, faults }: ChapterCheckRecord): void {
    this.#faults.textContent = '';
    for (const { line, code, text } of faults) {
      this.#faults.append(element('li', {}, `第 ${line} 行${chapterFaultWords(code)}：${text}`));
    }
    this.#reading.textContent = '';
    for (const chapter of chapters) this.#reading.append(element('li', {}, lineOf(chapter)));
    this.#submit.textContent = chapters.length === 0 ? '保存（不分章节）' : `保存 ${chapters.length} 个章节`;
  }

  async #save(): Promise<void> {
    this.#submit.disabled = true;
    const check = await this.#check();
    this.#submit.disabled = false;
    if (check === undefined) return;
    if (check.faults.length > 0) {
      this.#failure.textContent = '有的行没有看懂，请改好上面指出的行，再保存。';
      this.#text.focus();
      return;
    }
    await this.#send('PUT', { chapters: check.chapters }, '章节已保存。');
  }

  async #goBack(): Promise<void> {
    await this.#send('DELETE', undefined, '已改用视频自带的章节。');
  }

  async #send(method: 'PUT' | 'DELETE', body: unknown, words: string): Promise<void> {
    try {
      await callApi(this.#path(), { method, body, revision: this.#revision });
      this.#saved = this.#text.value;
      this.#events.onSaved(words);
    } catch (error) {
      this.#failure.textContent = problemWords(error);
    }
  }

  #path(...rest: readonly string[]): string {
    return apiPath('courseware', this.#coursewareId, 'chapters', ...rest);
  }
}

/** As it can be pasted again: with the fraction of a second a container may have. */
function lineOf({ start, title }: ChapterRecord): string {
  const fraction = Math.round((start % 1) * 1000);
  const tail = fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`;
  return `${clockText(start)}${tail} ${title}`;
}
