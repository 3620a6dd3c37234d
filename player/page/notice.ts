import { button, element } from '../controls/element.ts';

const SHOWN_MS = 12_000;

/** A line at the foot of the page that says what was done, with a way back. One at a time; the newest counts. */
export class Notice {
  readonly #text = element('span');
  readonly #actions = element('span', { class: 'notice-actions' });
  readonly #root = element('div', { class: 'notice', role: 'status' }, this.#text, this.#actions);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.body.append(this.#root);
  }

  /** @param undo offered as 撤销 until the line goes away */
  say(text: string, undo?: () => void): void {
    clearTimeout(this.#timer);
    this.#text.textContent = text;
    this.#actions.textContent = '';
    this.#root.classList.add('is-shown');
    if (undo !== undefined) {
      const back = button({ class: 'button is-small' }, '撤销');
      back.addEventListener('click', () => {
        this.#hide();
        undo();
      });
      this.#actions.append(back);
    }
    this.#timer = setTimeout(() => this.#hide(), SHOWN_MS);
  }

  #hide(): void {
    this.#root.classList.remove('is-shown');
    this.#text.textContent = '';
    this.#actions.textContent = '';
  }
}
