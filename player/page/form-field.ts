import { element } from '../controls/element.ts';

let fields = 0;

/** A control with its label above it; the label names the control. */
export function labelled(label: string, control: HTMLElement, hint = ''): HTMLElement {
  fields += 1;
  if (control.id === '') control.id = `field-${fields}`;
  const box = element('div', { class: 'field' }, element('label', { for: control.id }, label), control);
  if (hint !== '') {
    const id = `${control.id}-hint`;
    control.setAttribute('aria-describedby', id);
    box.append(element('p', { class: 'hint', id }, hint));
  }
  return box;
}

/** A one-line text field. */
export function textField(attributes: Readonly<Record<string, string>> = {}): HTMLInputElement {
  return element('input', { type: 'text', ...attributes });
}

/** A field of several lines. */
export function textArea(attributes: Readonly<Record<string, string>> = {}): HTMLTextAreaElement {
  return element('textarea', { rows: '3', ...attributes });
}

/** A choice of one; the first entry may be the empty one. */
export function choice(entries: readonly (readonly [value: string, words: string])[]): HTMLSelectElement {
  return element(
    'select',
    { class: 'select' },
    ...entries.map(([value, words]) => element('option', { value }, words)),
  );
}
