/** Attributes by name; `class`, `aria-label` and so on, as written in HTML. */
export type Attributes = Readonly<Record<string, string>>;

/** Makes an element with attributes and children; a string child becomes text, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** A push button that is not a form's submit button. */
export function button(attributes: Attributes, ...children: readonly (Node | string)[]): HTMLButtonElement {
  return element('button', { type: 'button', ...attributes }, ...children);
}

const SHAPES = {
  play: 'M7 4.5v15l12.5-7.5z',
  pause: 'M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z',
  replay: 'M12 5V1.5L6.5 7 12 12.5V8.8a5.2 5.2 0 1 1-5.2 5.2H3A9 9 0 1 0 12 5z',
  volume:
    'M3 9v6h4l5.5 5V4L7 9zm12.5-.8v7.6a4.4 4.4 0 0 0 0-7.6zm0-4.2v2.3a6.2 6.2 0 0 1 0 11.4V20a8.4 8.4 0 0 0 0-16z',
  muted:
    'M3 9v6h4l5.5 5V4L7 9zm18.5.6L20 8.1l-2.3 2.3-2.3-2.3-1.5 1.5 2.3 2.3-2.3 2.3 1.5 1.5 2.3-2.3 2.3 2.3 1.5-1.5-2.3-2.3z',
  captions:
    'M4 4.5h16A1.5 1.5 0 0 1 21.5 6v12a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 18V6A1.5 1.5 0 0 1 4 4.5zm1.5 7v2H9v-2zm5 0v2h8v-2zm-5 3.8v2h8v-2zm9.5 0v2h3.5v-2z',
  fullscreen:
    'M4 9.5V4h5.5v2.2H6.2v3.3zM14.5 4H20v5.5h-2.2V6.2h-3.3zM4 14.5h2.2v3.3h3.3V20H4zm13.8 0H20V20h-5.5v-2.2h3.3z',
  window:
    'M7.3 4h2.2v5.5H4V7.3h3.3zm7.2 0h2.2v3.3H20v2.2h-5.5zM4 14.5h5.5V20H7.3v-3.3H4zm10.5 0H20v2.2h-3.3V20h-2.2z',
} as const;

/** The pictures on the buttons. */
export type IconName = keyof typeof SHAPES;

/** A picture without a name of its own: the button around it carries the label. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  setIcon(svg, name);
  return svg;
}

/** Shows another picture in its place. */
export function setIcon(svg: SVGSVGElement, name: IconName): void {
  svg.querySelector('path')?.setAttribute('d', SHAPES[name]);
}
