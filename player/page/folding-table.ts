import { element } from '../controls/element.ts';

/** A table with a heading row; on a phone each row is a card, whose lines carry their headings. */
export function table(label: string, headings: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  for (const { children } of rows) {
    Array.from(children).forEach((cell, place) => cell.setAttribute('data-heading', headings[place] ?? ''));
  }
  const head = element('tr', {}, ...headings.map((heading) => element('th', { scope: 'col' }, heading)));
  const body = element(
    'table',
    { class: 'table is-folding', 'aria-label': label },
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
  return element('div', { class: 'table-box', tabindex: '0', role: 'group', 'aria-label': label }, body);
}

/** One row of a table; the first cell is its heading. */
export function row(first: Node | string, ...cells: readonly (Node | string)[]): HTMLElement {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, first),
    ...cells.map((cell) => element('td', {}, cell)),
  );
}
