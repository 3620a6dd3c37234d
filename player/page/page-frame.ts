import { button, element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';

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

/** Whether an administrator is signed in; an unreachable server means no. */
export async function isSignedIn(): Promise<boolean> {
  try {
    const me = await callApi<{ readonly kind?: string }>(apiPath('me'));
    return me.kind === 'admin';
  } catch {
    return false;
  }
}

/** Where signing in returns to: a page of this site and nothing else. Pure. */
export function returnAddress(wanted: string | null): string {
  return wanted !== null && /^\/(?![/\\])[^\\\s]*$/.test(wanted) ? wanted : '/studio';
}

/** The way to the sign-in page and back here. */
export function signInAddress(): string {
  return `/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`;
}

/** Fills the place in the header that depends on who is here. */
export async function showAccount(): Promise<void> {
  const place = part('account');
  if (!(await isSignedIn())) {
    place.append(element('a', { class: 'header-link', href: signInAddress() }, '登录'));
    return;
  }
  const leave = button({ class: 'header-link' }, '退出');
  leave.addEventListener('click', () => {
    void callApi(apiPath('session'), { method: 'DELETE' })
      .catch(() => undefined)
      .then(() => location.assign('/'));
  });
  place.append(element('a', { class: 'header-link', href: '/studio' }, '课件制作'), leave);
}
