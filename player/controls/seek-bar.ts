import { clockText, spokenDuration } from '../duration-text.ts';
import type { PlayerState } from '../player-state.ts';
import { element } from './element.ts';

/** The line under the picture: played, buffered, and where a click would lead. */
export class SeekBar {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly #hint: HTMLElement;
  #duration = 0;
  #isHeld = false;

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
    this.#hint = element('div', { class: 'yj-seek-hint', 'aria-hidden': 'true', hidden: '' });
    this.root = element('div', { class: 'yj-seek-box' }, this.input, this.#hint);
    const { input } = this;
    input.addEventListener('input', () => {
      this.#isHeld = true;
      this.#paint(input.valueAsNumber);
    });
    input.addEventListener('change', () => {
      this.#isHeld = false;
      onSeek(input.valueAsNumber);
    });
    input.addEventListener('mousemove', (event) => this.#showHint(event));
    input.addEventListener('mouseleave', () => {
      this.#hint.hidden = true;
    });
  }

  show({ position, duration, bufferedUntil }: PlayerState): void {
    this.#duration = duration;
    this.input.max = String(duration);
    this.input.disabled = duration === 0;
    this.input.setAttribute('aria-valuetext', `${spokenDuration(position)}，共 ${spokenDuration(duration)}`);
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
    const share = this.#duration > 0 ? Math.min(1, seconds / this.#duration) : 0;
    this.root.style.setProperty(name, `${(share * 100).toFixed(2)}%`);
  }

  #showHint(event: MouseEvent): void {
    const box = this.input.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.#hint.hidden = this.#duration === 0;
    this.#hint.textContent = clockText(share * this.#duration);
    this.#hint.style.left = `${(share * 100).toFixed(2)}%`;
  }
}
