import { button, element } from '../../controls/element.ts';
import { callApi, newIdempotencyKey } from '../api.ts';
import type { Page } from '../api.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import type { MarkClock } from './mark-panel.ts';
import { classPath } from './live-records.ts';
import type { LiveMarkRecord, LiveSlideRecord } from './live-records.ts';

const HINT = '把演示文稿导出成图片后上传（可一次多选）。点哪一页，观众就看到哪一页；按 ←、→ 翻页。';
const AFTER = '课已结束。放过的幻灯片跟着录像走；在这里删除的，录像里也不再出现。';

/** The lecturer's slides as pictures: uploaded before or during the class, and shown beside the picture with one click. */
export class SlidePanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #clock: MarkClock;
  readonly #list = element('ul', { class: 'desk-slides' });
  readonly #file = element('input', {
    type: 'file',
    accept: 'image/png,image/jpeg,image/webp',
    multiple: '',
    'aria-label': '上传幻灯片',
  });
  readonly #status = element('p', { class: 'hint', role: 'status' });
  readonly #hint = element('p', { class: 'hint' }, HINT);
  readonly #goOn = element('div', { class: 'actions' });
  readonly #off = button({ class: 'button is-small' }, '收起幻灯片');
  #slides: readonly LiveSlideRecord[] = [];
  #shownId: string | undefined;
  #puts = 0;
  #isClosed = false;

  constructor(classId: string, notice: Notice, clock: MarkClock) {
    this.#classId = classId;
    this.#notice = notice;
    this.#clock = clock;
    this.#off.disabled = true;
    this.#off.addEventListener('click', () => void this.#put(undefined));
    this.#file.addEventListener('change', () => void this.#upload());
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'slides-heading' },
      element('h2', { class: 'desk-title', id: 'slides-heading' }, '幻灯片'),
      this.#hint,
      this.#file,
      this.#status,
      this.#goOn,
      this.#list,
      element('div', { class: 'actions' }, this.#off),
    );
    this.#list.addEventListener('keydown', (event) => this.#walk(event));
  }

  /** @param isClosed when the class is over: nobody can be shown a slide any more */
  close(isClosed: boolean): void {
    if (isClosed === this.#isClosed) return;
    this.#isClosed = isClosed;
    this.#hint.textContent = isClosed ? AFTER : HINT;
    this.#file.hidden = isClosed;
    this.#goOn.hidden = isClosed;
    this.#off.hidden = isClosed;
    this.#show();
  }

  async load(): Promise<void> {
    const puts = this.#puts;
    try {
      const { items } = await callApi<Page<LiveSlideRecord>>(classPath(this.#classId, 'slides'));
      const marks = await callApi<Page<LiveMarkRecord>>(`${classPath(this.#classId, 'marks')}?kind=slide`);
      this.#slides = items;
      // Not where another page was put out meanwhile.
      if (puts === this.#puts) this.#shownId = marks.items[marks.items.length - 1]?.slideId ?? undefined;
      this.#show();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  async #upload(): Promise<void> {
    // Their names carry their order: 2 before 10.
    const files = Array.from(this.#file.files ?? []).sort((one, other) =>
      one.name.localeCompare(other.name, 'zh', { numeric: true }),
    );
    this.#file.value = '';
    await this.#send(files.map((file) => ({ file, key: newIdempotencyKey() })));
  }

  /** Those that were not sent wait for a press, each under the key it has: one whose answer was lost comes once. */
  async #send(pages: readonly { readonly file: File; readonly key: string }[]): Promise<void> {
    this.#file.disabled = true;
    this.#goOn.textContent = '';
    let sent = 0;
    try {
      for (const { file, key } of pages) {
        this.#status.textContent = `正在上传 ${sent + 1} / ${pages.length}…`;
        await callApi(`${classPath(this.#classId, 'slides')}?title=${encodeURIComponent(nameOf(file))}`, {
          method: 'POST',
          file,
          idempotencyKey: key,
        });
        sent += 1;
      }
      this.#status.textContent = `已上传 ${sent} 页。`;
    } catch (error) {
      this.#status.textContent = `已上传 ${sent} 页，下一页《${pages[sent]?.file.name ?? ''}》没有成功：${problemWords(error)}`;
      this.#offerRest(pages.slice(sent));
    }
    this.#file.disabled = false;
    await this.load();
  }

  #offerRest(rest: readonly { readonly file: File; readonly key: string }[]): void {
    const go = button({ class: 'button is-small is-first' }, `接着上传余下的 ${rest.length} 页`);
    go.addEventListener('click', () => void this.#send(rest));
    this.#goOn.append(go);
    if (rest.length < 2) return;
    const skip = button({ class: 'button is-small is-quiet' }, '跳过这一页');
    skip.addEventListener('click', () => void this.#send(rest.slice(1)));
    this.#goOn.append(skip);
  }

  #show(): void {
    this.#off.disabled = this.#shownId === undefined;
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.textContent = '';
    this.#slides.forEach(({ id, title, imageUrl }, place) => {
      const words = `第 ${place + 1} 页${typeof title === 'string' ? `：${title}` : ''}`;
      const isShown = id === this.#shownId;
      const put = button(
        { class: 'desk-slide-put', 'aria-pressed': String(isShown), title: words },
        element('img', { src: imageUrl, alt: '', loading: 'lazy' }),
        element('span', { class: 'hidden-label' }, `放出${words}`),
        element(
          'span',
          { class: 'desk-slide-number', 'aria-hidden': 'true' },
          isShown ? `${place + 1} · 正在放` : String(place + 1),
        ),
      );
      put.disabled = this.#isClosed;
      put.addEventListener('click', () => void this.#put(id));
      const remove = button({ class: 'desk-slide-remove', 'aria-label': `删除${words}` }, '×');
      remove.addEventListener('click', () => void this.#remove(id));
      this.#list.append(element('li', { class: 'desk-slide' }, put, remove));
    });
    if (hadFocus) this.#focus(this.#place);
  }

  get #place(): number {
    return this.#slides.findIndex(({ id }) => id === this.#shownId);
  }

  #focus(place: number): void {
    this.#list.children[place]?.querySelector<HTMLElement>('.desk-slide-put')?.focus();
  }

  // The moment is the picture's on the operator's screen: that is what he saw when he clicked.
  async #put(slideId: string | undefined): Promise<void> {
    const playingMs = this.#clock.playingMs();
    const before = this.#shownId;
    this.#puts += 1;
    this.#shownId = slideId;
    this.#show();
    try {
      await callApi(classPath(this.#classId, 'marks'), {
        method: 'POST',
        body: {
          kind: 'slide',
          ...(slideId === undefined ? {} : { slideId }),
          ...(playingMs === undefined ? {} : { at: new Date(playingMs).toISOString() }),
        },
      });
    } catch (error) {
      this.#shownId = before;
      this.#show();
      this.#notice.say(problemWords(error));
    }
  }

  async #remove(slideId: string): Promise<void> {
    try {
      await callApi(classPath(this.#classId, 'slides', slideId), { method: 'DELETE' });
      if (this.#shownId === slideId) this.#shownId = undefined;
      await this.load();
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  #walk(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || this.#isClosed) return;
    event.preventDefault();
    const next = this.#slides[Math.min(this.#slides.length - 1, Math.max(0, this.#place + step))];
    if (next !== undefined && next.id !== this.#shownId) void this.#put(next.id);
  }
}

function nameOf({ name }: File): string {
  return name.replace(/\.[^.]+$/, '').slice(0, 100);
}
