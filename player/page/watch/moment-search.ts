import { button, element } from '../../controls/element.ts';
import { clockText } from '../../duration-text.ts';
import { apiPath, callApi } from '../api.ts';
import type { Page } from '../api.ts';
import type { MomentRecord } from '../library-records.ts';
import { part } from '../page-parts.ts';
import { problemWords } from '../problem-words.ts';
import { markedText } from '../search/marked-text.ts';

const PAUSE_MS = 250;

/** Shows the field beside the picture that finds where in this lecture something is said, and jumps there. */
export function offerMoments(coursewareId: string, jump: (second: number) => void): void {
  new MomentSearch(coursewareId, jump).show();
}

class MomentSearch {
  readonly #id: string;
  readonly #jump: (second: number) => void;
  readonly #form = part('seek');
  readonly #input = part('seek-text') as HTMLInputElement;
  readonly #status = part('seek-status');
  readonly #list = part('seek-moments');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  constructor(coursewareId: string, jump: (second: number) => void) {
    this.#id = coursewareId;
    this.#jump = jump;
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#find(), PAUSE_MS);
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      clearTimeout(this.#timer);
      void this.#find();
    });
    this.#form.addEventListener('keydown', (event) => this.#onKey(event));
  }

  show(): void {
    this.#form.hidden = false;
  }

  async #find(): Promise<void> {
    this.#asking?.abort();
    const text = this.#input.value.trim();
    if (text === '') {
      this.#tell([], '');
      return;
    }
    const mine = new AbortController();
    this.#asking = mine;
    try {
      const path = `${apiPath('courseware', this.#id, 'moments')}?q=${encodeURIComponent(text)}`;
      const { items } = await callApi<Page<MomentRecord>>(path, { signal: mine.signal });
      if (mine.signal.aborted) return;
      this.#tell(items, items.length === 0 ? `没有讲到“${text}”。` : `讲到 ${items.length} 处`);
    } catch (error) {
      if (!mine.signal.aborted) this.#tell([], problemWords(error));
    }
  }

  #tell(moments: readonly MomentRecord[], words: string): void {
    this.#status.textContent = words;
    this.#list.textContent = '';
    for (const { start, text, marks } of moments) {
      const line = button(
        { class: 'chapter' },
        element('span', { class: 'chapter-time' }, clockText(start)),
        element('span', { class: 'chapter-title' }, ...markedText(text, marks)),
      );
      line.addEventListener('click', ({ detail }) => {
        this.#jump(start);
        // After the mouse, the next key is meant for the player.
        if (detail > 0) line.blur();
      });
      this.#list.append(element('li', {}, line));
    }
    this.#list.hidden = moments.length === 0;
  }

  #onKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const stops: HTMLElement[] = [this.#input, ...Array.from(this.#list.querySelectorAll('button'))];
    const next = stops[stops.indexOf(document.activeElement as HTMLElement) + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  }
}
