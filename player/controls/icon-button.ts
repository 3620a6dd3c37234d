import { button, icon, setIcon } from './element.ts';
import type { IconName } from './element.ts';

/** A button of the bar that shows a picture. */
export class IconButton {
  readonly root: HTMLButtonElement;
  readonly #icon = icon('play');

  constructor(style: string, onClick: () => void) {
    this.root = button({ class: `yj-button ${style}` }, this.#icon);
    this.root.addEventListener('click', onClick);
  }

  show(name: IconName, label: string): void {
    setIcon(this.#icon, name);
    this.root.setAttribute('aria-label', label);
    this.root.title = label;
  }
}

/**
 * Lets the arrows walk along a bar of controls, so that a remote control reaches everything: left and right along the row, up
 * to the line and on to the picture.
 *
 * @param line its own left and right seek
 * @param volume its own up and down change it
 * @param focusRow puts the focus where the row starts
 */
export function walkControls(
  bar: HTMLElement,
  line: HTMLInputElement,
  volume: HTMLInputElement,
  focusRow: () => void,
  event: KeyboardEvent,
): void {
  const target = event.target as HTMLElement;
  const { key } = event;
  if (target === line) {
    if (key !== 'ArrowUp' && key !== 'ArrowDown') return; // left and right seek, by the player's own steps
    if (key === 'ArrowDown') focusRow();
    else bar.parentElement?.focus();
  } else if (key === 'ArrowUp' || key === 'ArrowDown') {
    if (target === volume) return; // up and down are its own
    const isOut = line.disabled || line.offsetParent === null;
    if (key === 'ArrowUp') (isOut ? bar.parentElement : line)?.focus();
  } else if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const stops = Array.from(bar.querySelectorAll<HTMLElement>('.yj-row button, .yj-row input')).filter(
      (stop) => stop.offsetParent !== null,
    );
    const next = stops.indexOf(target) + (key === 'ArrowRight' ? 1 : -1);
    stops[Math.min(stops.length - 1, Math.max(0, next))]?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
