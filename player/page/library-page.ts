import { element } from '../controls/element.ts';
import { CategoryPart } from './library/category-part.ts';
import { CollectionPart } from './library/collection-part.ts';
import { ExchangePart } from './library/exchange-part.ts';
import type { LibraryHouse, LibraryPart } from './library/house.ts';
import { MissPart, SynonymPart } from './library/synonym-part.ts';
import { TagPart } from './library/tag-part.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part, signInAddress } from './page-parts.ts';
import { isSignedIn } from './session.ts';

const notice = new Notice();
const house: LibraryHouse = { say: (words, undo) => notice.say(words, undo) };
const synonyms = new SynonymPart(house);

/** By the word the address holds. */
const PARTS: ReadonlyMap<string, { readonly title: string; readonly part: LibraryPart }> = new Map([
  ['series', { title: '系列', part: new CollectionPart('series', house) }],
  ['topics', { title: '专题', part: new CollectionPart('topics', house) }],
  ['tags', { title: '标签', part: new TagPart(house) }],
  ['categories', { title: '分类', part: new CategoryPart(house) }],
  ['synonyms', { title: '同义词', part: synonyms }],
  [
    'misses',
    {
      title: '落空的搜索',
      part: new MissPart((word) => {
        go('synonyms');
        synonyms.edit(undefined, [word, '']);
      }),
    },
  ],
  ['exchange', { title: '导入和导出', part: new ExchangePart(house) }],
]);

const place = part('part');
const links = part('parts');

function wanted(): string {
  const name = new URLSearchParams(location.search).get('part') ?? '';
  return PARTS.has(name) ? name : 'series';
}

function go(name: string): void {
  history.pushState(null, '', `/library?part=${name}`);
  show();
}

function show(): void {
  const name = wanted();
  const chosen = PARTS.get(name);
  if (chosen === undefined) return;
  document.title = `${chosen.title} · 资料管理 · 远教`;
  for (const link of Array.from(links.querySelectorAll<HTMLElement>('a'))) {
    if (link.dataset['part'] === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  place.textContent = '';
  place.append(
    element('h2', { id: 'part-heading', class: 'section-title', tabindex: '-1' }, chosen.title),
    chosen.part.root,
  );
  void chosen.part.open();
}

async function begin(): Promise<void> {
  if (!(await isSignedIn())) {
    location.assign(signInAddress());
    return;
  }
  for (const [name, { title }] of PARTS) {
    const link = element(
      'a',
      { class: 'librarian-link', href: `/library?part=${name}`, 'data-part': name },
      title,
    );
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(name);
      part('part-heading').focus();
    });
    links.append(link);
  }
  show();
}

openFrame();
window.addEventListener('popstate', show);
void begin();
