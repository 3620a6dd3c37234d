import { button } from '../../controls/element.ts';
import { problemWords } from '../problem-words.ts';

/** What every part of the librarian's page may use of the page around it. */
export interface LibraryHouse {
  /** Says at the foot of the page what was done. @param undo offered as a way back */
  say(words: string, undo?: () => void): void;
}

/** One part of the librarian's page. */
export interface LibraryPart {
  readonly root: HTMLElement;
  /** Shows what there is now. */
  open(): Promise<void>;
}

/** Does what a person asked for; what goes wrong is said in words. @returns whether it was done */
export async function attempt(house: LibraryHouse, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    house.say(problemWords(error));
    return false;
  }
}

/** A button that asks once more before it destroys something. */
export function carefulButton(words: string, label: string, work: () => void): HTMLButtonElement {
  const made = button({ class: 'button is-small is-quiet', 'aria-label': label }, words);
  let isSure = false;
  const calm = (): void => {
    isSure = false;
    made.textContent = words;
    made.setAttribute('aria-label', label);
    made.classList.remove('is-danger');
  };
  made.addEventListener('click', () => {
    if (isSure) {
      calm();
      work();
      return;
    }
    isSure = true;
    made.textContent = `确定${words}`;
    made.setAttribute('aria-label', `确定${label}`);
    made.classList.add('is-danger');
  });
  made.addEventListener('blur', calm);
  return made;
}
