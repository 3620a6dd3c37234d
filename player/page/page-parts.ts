/** Finds what the page's own HTML is known to hold. */
export function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found;
}

/** Focus rings show for keys and remote controls only; `:focus-visible` is younger than the browsers we serve. */
export function followInputKind(): void {
  const html = document.documentElement;
  for (const event of ['mousedown', 'touchstart', 'pointerdown']) {
    document.addEventListener(event, () => html.setAttribute('data-input', 'pointer'), true);
  }
  document.addEventListener('keydown', () => html.removeAttribute('data-input'), true);
}

/** Where signing in returns to: a page of this site and nothing else. Pure. */
export function returnAddress(wanted: string | null): string {
  return wanted !== null && /^\/(?![/\\])[^\\\s]*$/.test(wanted) ? wanted : '/studio';
}

/** The way to the sign-in page and back here. */
export function signInAddress(): string {
  return `/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`;
}
