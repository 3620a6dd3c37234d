import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What is written for readers and names commands or holds programs. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'docs/encoders.md',
  'docs/harvest.md',
  'docs/inputs.md',
  'docs/library.md',
  'docs/tables.md',
];

export function documentText(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** The programs of a document, by the file names that stand behind their fences' `ts`. */
export function documentPrograms(document: string): ReadonlyMap<string, string> {
  const fences = documentText(document).matchAll(/^```ts (?<name>[\w.-]+)\n(?<text>.*?)^```$/gms);
  return new Map([...fences].map(({ groups }) => [groups?.['name'] ?? '', groups?.['text'] ?? '']));
}

/** A command of this package in a document, as words of a shell. */
export interface WrittenCommand {
  readonly document: string;
  readonly line: string;
  readonly words: readonly string[];
}

/** Every `yuanjiao …` in code, in blocks and in running text, without what a pipe or another command follows. */
export function writtenCommands(document: string): readonly WrittenCommand[] {
  const text = documentText(document);
  const blocks = [...text.matchAll(/^```sh\n(?<text>.*?)^```$/gms)].flatMap(({ groups }) =>
    (groups?.['text'] ?? '').replaceAll(/\\\n\s*/g, ' ').split(/\n|&&|\|/),
  );
  const spans = [...text.matchAll(/`(?<text>[^`\n]*\byuanjiao [a-z][^`\n]*)`/g)].map(
    ({ groups }) => groups?.['text'] ?? '',
  );
  return [...blocks, ...spans].flatMap((line) => {
    const command = /^(?:[A-Z_]+=\S* )*(?:npx )?yuanjiao (?<words>[a-z].*)$/.exec(line.trim());
    const words = command?.groups?.['words'];
    return words === undefined ? [] : [{ document, line: line.trim(), words: wordsOf(words) }];
  });
}

/** Splits as a shell would, as far as documents go: single quotes, and `#` behind a blank begins a comment. */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.split(/\s#/);
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
