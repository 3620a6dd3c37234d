import { button, element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import { foldHeader } from './header-menu.ts';
import { followInputKind, part, signInAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { isSignedIn } from './session.ts';
import { walkByArrows } from './arrow-walk.ts';
import { SearchBox } from './search/search-box.ts';
import { EMPTY_QUERY, browseAddress } from './search/search-query.ts';

/** Fills the place in the header that depends on who is here. */
async function showAccount(): Promise<void> {
  const place = part('account');
  if (!(await isSignedIn())) {
    place.append(element('a', { class: 'header-link', href: signInAddress() }, '登录'));
    return;
  }
  const leave = button({ class: 'header-link' }, '退出');
  leave.addEventListener('click', () => {
    callApi(apiPath('session'), { method: 'DELETE' }).then(
      () => location.assign('/'),
      (error: unknown) => {
        // Still signed in: whoever leaves a shared machine has to know.
        leave.textContent = '没有退出，再点一次';
        leave.setAttribute('title', problemWords(error));
      },
    );
  });
  place.append(
    element('a', { class: 'header-link', href: '/library' }, '资料管理'),
    element('a', { class: 'header-link', href: '/studio' }, '课件制作'),
    leave,
  );
  markHere();
}

function markHere(): void {
  for (const link of Array.from(document.querySelectorAll('.header a[href]'))) {
    const path = link.getAttribute('href') ?? '';
    if (path !== '/' && `${location.pathname}/`.startsWith(`${path}/`)) {
      link.setAttribute('aria-current', 'page');
    }
  }
}

/**
 * Does for a page what every page needs: focus rings for keys alone, who is here, the search field.
 *
 * @param options.walks whether the arrows walk over the page; not where they belong to a player or to forms
 * @param options.onSearch given the words instead of opening the page of results
 * @returns the search field, where the page has one
 */
export function openFrame(
  options: { readonly walks?: boolean; readonly onSearch?: (text: string) => void } = {},
): SearchBox | undefined {
  followInputKind();
  foldHeader();
  markHere();
  void showAccount();
  if (options.walks === true) walkByArrows();
  const form = document.getElementById('search');
  if (!(form instanceof HTMLFormElement)) return undefined;
  return new SearchBox(
    form,
    options.onSearch ?? ((text) => location.assign(browseAddress({ ...EMPTY_QUERY, text }))),
  );
}
