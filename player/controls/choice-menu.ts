import { button, element, icon } from './element.ts';
import type { IconName } from './element.ts';

/** One line of a menu. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A button that opens a short list of which one is chosen; works with mouse, finger, keyboard and remote control. */
export class ChoiceMenu {
  readonly root: HTMLElement;
  readonly #opener: HTMLButtonElement;
  readonly #list: HTMLElement;
  readonly #label: string;
  readonly #onChoose: (value: string) => void;
  readonly #hasIcon: boolean;

  /** @param picture stands on the button instead of the text */
  constructor(label: string, onChoose: (value: string) => void, picture?: IconName) {
    this.#label = label;
    this.#onChoose = onChoose;
    this.#hasIcon = picture !== undefined;
    this.#opener = button({
      class: 'yj-button yj-menu-opener',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
    });
    if (picture !== undefined) this.#opener.append(icon(picture));
    this.#list = element('div', { class: 'yj-menu-list', role: 'menu', 'aria-label': label, hidden: '' });
    this.root = element('div', { class: 'yj-menu' }, this.#opener, this.#list);
    this.#opener.addEventListener('click', () => {
      if (this.isOpen) this.close();
      else this.#open();
    });
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.root.addEventListener('focusout', (event) => {
      if (!this.root.contains(event.relatedTarget as Node | null)) this.#hide();
    });
  }

  get isOpen(): boolean {
    return !this.#list.hidden;
  }

  /**
   * What stands on the button, with a detail that narrow screens leave out, and the lines with the chosen one marked. No
   * lines: the button goes away.
   */
  show(text: string, detail: string, choices: readonly Choice[], chosen: string): void {
    this.root.hidden = choices.length === 0;
    this.root.dataset['chosen'] = chosen;
    const label = text === this.#label ? text : `${this.#label}：${text}${detail}`;
    if (this.#opener.getAttribute('aria-label') !== label) {
      this.#opener.setAttribute('aria-label', label);
      this.#opener.title = this.#hasIcon ? label : '';
      if (!this.#hasIcon) {
        this.#opener.textContent = text;
        this.#opener.append(element('span', { class: 'yj-detail' }, detail));
      }
    }
    const lines = Array.from(this.#list.children) as HTMLElement[];
    const isSame =
      lines.length === choices.length &&
      choices.every(
        ({ value, label: words }, index) =>
          lines[index]?.dataset['value'] === value && lines[index]?.textContent === words,
      );
    if (!isSame) this.#fill(choices);
    for (const line of Array.from(this.#list.children) as HTMLElement[]) {
      line.setAttribute('aria-checked', String(line.dataset['value'] === chosen));
    }
  }

  /** Closes the list and returns the focus to the button. */
  close(): void {
    this.#hide();
    this.#opener.focus();
  }

  #fill(choices: readonly Choice[]): void {
    this.#list.textContent = '';
    for (const { value, label } of choices) {
      const line = button(
        { class: 'yj-menu-line', role: 'menuitemradio', tabindex: '-1', 'data-value': value },
        label,
      );
      line.addEventListener('click', () => {
        this.#onChoose(value);
        this.close();
      });
      this.#list.append(line);
    }
  }

  #open(): void {
    this.#list.hidden = false;
    this.#opener.setAttribute('aria-expanded', 'true');
    const chosen = this.#list.querySelector<HTMLElement>('[aria-checked="true"]');
    (chosen ?? (this.#list.firstElementChild as HTMLElement | null))?.focus();
  }

  #hide(): void {
    this.#list.hidden = true;
    this.#opener.setAttribute('aria-expanded', 'false');
  }

  #onKey(event: KeyboardEvent): void {
    const lines = Array.from(this.#list.children) as HTMLElement[];
    const place = lines.indexOf(document.activeElement as HTMLElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) lines[(place + step + lines.length) % lines.length]?.focus();
    const isBack =
      event.key === 'Escape' || event.key === 'GoBack' || event.keyCode === 461 || event.keyCode === 10009;
    if (isBack || event.key === 'ArrowLeft') this.close();
    if (isBack || event.key.startsWith('Arrow')) {
      event.preventDefault();
      event.stopPropagation();
    }
  }
}
