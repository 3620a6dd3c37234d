import { button } from '../../controls/element.ts';

const WAITS_MS = 5_000;

/** A button that is pressed twice: the second press within five seconds does it. For what cannot be taken back. */
export function confirmButton(
  words: string,
  again: string,
  style: string,
  onDo: () => void,
): HTMLButtonElement {
  const made = button({ class: `button ${style}`.trim() }, words);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    clearTimeout(timer);
    timer = undefined;
    made.textContent = words;
    made.classList.remove('is-danger');
  };
  made.addEventListener('click', () => {
    if (timer !== undefined) {
      rest();
      onDo();
      return;
    }
    made.textContent = again;
    made.classList.add('is-danger');
    timer = setTimeout(rest, WAITS_MS);
  });
  made.addEventListener('blur', rest);
  return made;
}
