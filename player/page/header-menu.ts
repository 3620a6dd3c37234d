import { part } from './page-parts.ts';

/** Lets the header's button open and close the ways to other pages, which a phone has no room to show at all times. */
export function foldHeader(): void {
  const opener = part('menu');
  const header = opener.closest('header') ?? document.body;
  const show = (isOpen: boolean): void => {
    header.classList.toggle('is-open', isOpen);
    opener.setAttribute('aria-expanded', String(isOpen));
  };
  opener.addEventListener('click', () => show(opener.getAttribute('aria-expanded') !== 'true'));
  header.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || opener.getAttribute('aria-expanded') !== 'true') return;
    show(false);
    opener.focus();
  });
}
