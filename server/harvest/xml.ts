import Builder from 'fast-xml-builder';

/** What stands inside an element: text, an element with children and attributes (`@_name`), or several of the same name. */
export type XmlContent = string | number | XmlElement | readonly XmlContent[] | undefined;

/** Children by name, in their order; attributes begin with `@_`, text beside attributes is `#text`. `undefined` leaves out. */
export interface XmlElement {
  readonly [name: string]: XmlContent;
}

/** Everything XML 1.0 has no place for (production 2, `Char`): control characters, half pairs, two non-characters. */
// eslint-disable-next-line no-control-regex
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/**
 * A text as XML can hold it: what it cannot hold is left out, half a surrogate pair becomes U+FFFD, line ends become `\n`;
 * pure.
 */
export function xmlText(text: string): string {
  return text.toWellFormed().replaceAll(/\r\n?/g, '\n').replaceAll(NOT_IN_XML, '');
}

const builder = new Builder({
  ignoreAttributes: false,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  format: true,
  tagValueProcessor: (_, value) => xmlText(String(value)),
  // A parser makes blanks of them anyway (XML 1.0, 3.3.3).
  attributeValueProcessor: (_, value) => xmlText(String(value)).replaceAll(/[\t\n]/g, ' '),
});

/** A whole document in UTF-8; no text in it can break it. Pure. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(root)}`;
}
