import { chapterIndexAt } from '../chapters.ts';
import type { Chapter } from '../descriptor.ts';
import { spokenDuration } from '../duration-text.ts';
import type { PlayerState } from '../player-state.ts';
import { element } from './element.ts';
import { SeekPreview } from './seek-preview.ts';

/** How long a place that was reached by a key is shown. */
const SHOWN_MS = 1_500;

/** The line under the picture: played, buffered, where chapters begin, and where a click would lead. */
export class SeekBar {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly #marks = element('div', { class: 'yj-marks', 'aria-hidden': 'true' });
  readonly #preview = new SeekPreview();
  #duration = 0;
  #chapters: readonly Chapter[] = [];
  #marked = '';
  #isHeld = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(onSeek: (position: number) => void) {
    this.input = element('input', {
      class: 'yj-seek',
      type: 'range',
      min: '0',
      max: '0',
      step: 'any',
      value: '0',
      'aria-label': '播放进度',
    });
    this.root = element('div', { class: 'yj-seek-box' }, this.input, this.#marks, this.#preview.root);
    const { input } = this;
    input.addEventListener('input', () => {
      this.#isHeld = true;
      this.#paint(input.valueAsNumber);
      this.#showPreview(input.valueAsNumber);
    });
    input.addEventListener('change', () => {
      this.#isHeld = false;
      this.#hidePreview();
      onSeek(input.valueAsNumber);
    });
    input.addEventListener('mousemove', (event) => {
      const box = input.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      if (!this.#isHeld) this.#showPreview(share * this.#duration);
    });
    input.addEventListener('mouseleave', () => this.#hidePreview());
  }

  /** Takes another lecture's small pictures; undefined for a lecture without. */
  setStoryboard(url: string | undefined): void {
    this.#preview.setStoryboard(url);
  }

  /** Shows for a moment what lies at a second, as a key has just led there. */
  glance(position: number): void {
    this.#showPreview(Math.min(this.#duration, Math.max(0, position)));
    this.#hiding = setTimeout(() => this.#hidePreview(), SHOWN_MS);
  }

  show({ position, duration, bufferedUntil, chapters }: PlayerState): void {
    this.#duration = duration;
    this.#chapters = chapters;
    this.#mark();
    this.input.max = String(duration);
    this.input.disabled = duration === 0;
    const title = chapters[chapterIndexAt(chapters, position)]?.title;
    const spoken = `${spokenDuration(position)}，共 ${spokenDuration(duration)}`;
    this.input.setAttribute('aria-valuetext', title === undefined ? spoken : `${spoken}，${title}`);
    if (!this.#isHeld) {
      this.input.value = String(position);
      this.#paint(position);
    }
    this.#set('--yj-buffered', bufferedUntil);
  }

  #paint(position: number): void {
    this.#set('--yj-played', position);
  }

  #set(name: string, seconds: number): void {
    this.root.style.setProperty(name, this.#percent(seconds));
  }

  #percent(seconds: number): string {
    const share = this.#duration > 0 ? Math.min(1, seconds / this.#duration) : 0;
    return `${(share * 100).toFixed(2)}%`;
  }

  // The start of the lecture needs no mark, and what is not encoded yet has no place on the line.
  #mark(): void {
    const starts = this.#chapters
      .map(({ start }) => start)
      .filter((start) => start > 0 && start < this.#duration);
    const marked = `${this.#duration}:${starts.join()}`;
    if (marked === this.#marked) return;
    this.#marked = marked;
    this.#marks.textContent = '';
    for (const start of starts) {
      const mark = element('span', { class: 'yj-mark' });
      mark.style.left = this.#percent(start);
      this.#marks.append(mark);
    }
  }

  #showPreview(position: number): void {
    clearTimeout(this.#hiding);
    if (this.#duration === 0) return;
    this.#preview.show(position, position / this.#duration, this.#chapters);
  }

  #hidePreview(): void {
    clearTimeout(this.#hiding);
    this.#preview.hide();
  }
}
