import type { CuePlace } from './caption-file.ts';

/** The text of one cue in the words of WebVTT, and where it wants to stand. */
export interface CueText {
  /** Empty when nothing of it can be read. */
  readonly text: string;
  readonly place: CuePlace;
}

type Style = 'b' | 'i' | 'u';
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'begin' | 'end'; readonly style: Style };

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&nbsp;': '\u00a0',
  '&lrm;': '\u200e',
  '&rlm;': '\u200f',
};

/** Override codes of ASS that also stand in SRT files. Alignments 7 to 9 of the numeric keypad are the top. */
const OVERRIDE = /\{[^{}]*\}/g;

/**
 * Reads the text of an SRT cue; pure. `<b>`, `<i>` and `<u>` are kept, `<font>` and override codes such as `{\an8}` are taken
 * out, and whatever else looks like a tag is text: SRT has no entities and no other tags.
 */
export function textOfSrt(text: string): CueText {
  const place = placeOfOverrides(text);
  const plain = text.replace(/\{\\[^{}]*\}/g, '').replace(/<\/?font\b[^<>]*>/gi, '');
  return { text: format(tokensOfTags(plain, (inner) => inner)), place };
}

/** Reads WebVTT cue text; pure. Classes, voices, languages, rubies and times within a cue are taken out, their text stays. */
export function textOfWebvtt(text: string): string {
  const plain = text.replace(/<(?!\/?[biu](?:[.\s][^<>]*)?>)\/?[^<>]*>/gi, '');
  return format(tokensOfTags(plain, (inner) => inner.replace(/&[a-z]+;/g, (name) => ENTITIES[name] ?? name)));
}

/**
 * Reads the text field of an ASS event; pure. Bold, italic and underline are kept, drawings and all other codes are taken out.
 *
 * @param styled - where the event's style puts it
 */
export function textOfAss(text: string, styled: CuePlace): CueText {
  const tokens: Token[] = [];
  let isDrawing = false;
  for (const [part] of text.matchAll(/\{[^{}]*\}|[^{]+|\{/g)) {
    if (!/^\{.*\}$/s.test(part)) {
      if (!isDrawing) tokens.push({ kind: 'text', text: withAssLineEnds(part) });
      continue;
    }
    const drawing = /\\p(\d+)/.exec(part)?.[1];
    if (drawing !== undefined) isDrawing = drawing !== '0';
    for (const [, style = 'b', weight = '0'] of part.matchAll(/\\([biu])(\d+)(?!\d)/g)) {
      tokens.push({ kind: weight === '0' ? 'end' : 'begin', style: style as Style });
    }
  }
  const isPlaced = /\{[^{}]*\\an?\d/.test(text);
  return { text: format(tokens), place: isPlaced ? placeOfOverrides(text) : styled };
}

function withAssLineEnds(text: string): string {
  return text.replaceAll('\\N', '\n').replaceAll('\\n', ' ').replaceAll('\\h', '\u00a0');
}

function placeOfOverrides(text: string): CuePlace {
  const codes = (text.match(OVERRIDE) ?? []).join('');
  const keypad = /\\an([1-9])/.exec(codes)?.[1];
  // The older code counts 5 to 7 for the top.
  const older = /\\a(\d+)/.exec(codes)?.[1];
  return Number(keypad ?? 0) >= 7 || [5, 6, 7].includes(Number(older ?? 0)) ? 'top' : 'bottom';
}

function tokensOfTags(text: string, read: (inner: string) => string): readonly Token[] {
  return [...text.matchAll(/<(\/?)([biu])(?:[.\s][^<>]*)?>|[^<]+|</gi)].map(([part, slash, name]) =>
    name === undefined
      ? { kind: 'text', text: read(part) }
      : { kind: slash === '/' ? 'end' : 'begin', style: name.toLowerCase() as Style },
  );
}

/** Writes tokens as WebVTT: every tag that is opened is closed, in order, and an end without a beginning is left out. */
function format(tokens: readonly Token[]): string {
  const open: Style[] = [];
  let written = '';
  for (const token of tokens) {
    if (token.kind === 'text') {
      written += escaped(token.text);
    } else if (token.kind === 'begin') {
      if (open.includes(token.style)) continue;
      open.push(token.style);
      written += `<${token.style}>`;
    } else if (open.includes(token.style)) {
      const inner = open.slice(open.indexOf(token.style) + 1);
      written += inner.toReversed().map(closing).join('');
      written += closing(token.style) + inner.map((style) => `<${style}>`).join('');
      open.splice(open.indexOf(token.style), 1);
    }
  }
  written += open.toReversed().map(closing).join('');
  return tidied(written);
}

function closing(style: Style): string {
  return `</${style}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Without empty tags, blank lines and control characters: a blank line would end the cue. */
function tidied(text: string): string {
  let before = '';
  let now = text;
  while (now !== before) {
    before = now;
    now = now.replace(/<([biu])>(\s*)<\/\1>/g, '$2');
  }
  return (
    now
      .split(/\r\n?|\n/)
      // oxlint-disable-next-line no-control-regex -- these are what is taken out
      .map((line) => line.replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufeff]/g, '').trim())
      .filter((line) => line !== '')
      .join('\n')
  );
}
