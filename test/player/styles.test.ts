import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const SOURCE = fileURLToPath(new URL('../../../player/', import.meta.url));

/** A class made of a word of the program: `is-${state}`, `tint-${number}`, `page-${name}`. */
const MADE = /^(?:is|tint|page)-(?<word>.+)$/;

function filesOf(...kinds: readonly string[]): readonly string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => kinds.includes(extname(name)))
    .map((name) => join(SOURCE, name));
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[A-Za-z_][\w-]*/g));
}

describe('style sheets', () => {
  it('have no rule for a class that no page and no script names', () => {
    const named = wordsOf(
      filesOf('.ts', '.html')
        .map((file) => textOf(file))
        .join('\n'),
    );
    const pages = new Set(
      filesOf('.html').map((file) => file.slice(file.lastIndexOf('/') + 1, -'.html'.length)),
    );
    const isNamed = (name: string): boolean => {
      const word = MADE.exec(name)?.groups?.['word'];
      return (
        named.has(name) || (word !== undefined && (named.has(word) || pages.has(word) || /^\d$/.test(word)))
      );
    };
    const dead: string[] = [];
    for (const file of filesOf('.css')) {
      const selectors = textOf(file)
        .replaceAll(/\{[^{}]*\}/g, '{}')
        .replaceAll(/'[^']*'/g, '');
      for (const [, name = ''] of selectors.matchAll(/\.([A-Za-z][\w-]*)/g)) {
        if (!isNamed(name)) dead.push(`${file.slice(SOURCE.length)}: .${name}`);
      }
    }
    expect(dead).to.deep.equal([]);
  });

  it('use no name of a colour that is not set, and set none that is not used', () => {
    const sheets = filesOf('.css').map((file) => textOf(file));
    const names = (pattern: RegExp): readonly string[] => [
      ...new Set(sheets.flatMap((text) => Array.from(text.matchAll(pattern), ([, name = '']) => name))),
    ];
    const set = names(/^\s*(--[\w-]+):/gm).toSorted();
    // The lines to drag take theirs from the script.
    const used = names(/var\((--(?!yj-)[\w-]+)/g).toSorted();
    expect(used).to.deep.equal(set);
  });
});
