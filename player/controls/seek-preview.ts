import { chapterIndexAt } from '../chapters.ts';
import type { Chapter } from '../descriptor.ts';
import { clockText } from '../duration-text.ts';
import { Storyboard } from '../storyboard.ts';
import { element } from './element.ts';

/** What lies where somebody points on the line: a small picture, the chapter, the time. Whatever is missing is left out. */
export class SeekPreview {
  readonly root: HTMLElement;
  readonly #image = element('img', { alt: '' });
  readonly #tile = element('div', { class: 'yj-tile', hidden: '' }, this.#image);
  readonly #title = element('div', { class: 'yj-preview-title', hidden: '' });
  readonly #time = element('div', { class: 'yj-preview-time' });
  #storyboard: Storyboard | undefined;
  #position = 0;

  constructor() {
    this.root = element(
      'div',
      { class: 'yj-preview', 'aria-hidden': 'true', hidden: '' },
      this.#tile,
      this.#title,
      this.#time,
    );
    // Of a sheet that cannot be fetched the broken picture must not be shown.
    this.#image.addEventListener('error', () => {
      this.#tile.hidden = true;
    });
  }

  /** Takes another lecture's pictures; undefined for a lecture without. */
  setStoryboard(url: string | undefined): void {
    this.hide();
    this.#image.removeAttribute('src');
    this.#storyboard = url === undefined ? undefined : new Storyboard(url);
  }

  /**
   * @param position seconds
   * @param share of the line's length, 0 to 1
   */
  show(position: number, share: number, chapters: readonly Chapter[]): void {
    this.#position = position;
    const title = chapters[chapterIndexAt(chapters, position)]?.title ?? '';
    this.#title.textContent = title;
    this.#title.hidden = title === '';
    this.#time.textContent = clockText(position);
    this.root.hidden = false;
    this.#showTile();
    void this.#storyboard?.load().then(() => {
      if (this.root.hidden || this.#position !== position) return;
      this.#showTile();
      this.#place(share);
    });
    this.#place(share);
  }

  hide(): void {
    this.root.hidden = true;
  }

  #showTile(): void {
    const tile = this.#storyboard?.tileAt(this.#position);
    this.#tile.hidden = tile === undefined;
    if (tile === undefined) return;
    this.#tile.style.width = `${tile.width}px`;
    this.#tile.style.height = `${tile.height}px`;
    this.#image.style.transform = `translate(${-tile.x}px, ${-tile.y}px)`;
    if (this.#image.src !== tile.url) this.#image.src = tile.url;
  }

  // Over the pointer, but never past the line's ends.
  #place(share: number): void {
    const line = this.root.parentElement?.clientWidth ?? 0;
    const half = this.root.getBoundingClientRect().width / 2;
    const left = Math.min(Math.max(share * line, half), Math.max(half, line - half));
    this.root.style.left = `${left.toFixed(1)}px`;
  }
}
