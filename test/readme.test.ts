import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import type { Command } from 'commander';
import { SETTINGS } from 'yuanjiao/server';

import { programOf } from '../server/cli/program.ts';
import { DOCUMENTS, documentText, writtenCommands } from './support/documents.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TABLES = fileURLToPath(new URL('../scripts/readme-tables.js', import.meta.url));

/** What the command line would not understand of these words; undefined when it would understand all. */
function faultOf(program: Command, words: readonly string[]): string | undefined {
  let command = program;
  const rest = [...words];
  for (;;) {
    const nested = command.commands.find((candidate) => candidate.name() === rest[0]);
    if (nested === undefined) break;
    command = nested;
    rest.shift();
  }
  // Running text names a command by its name alone.
  if (rest.length === 0) return undefined;
  if (command.commands.length > 0) return `${command.name()} has no command ${rest[0] ?? '(none)'}`;
  let argumentCount = 0;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-')) {
      argumentCount += 1;
      continue;
    }
    const [flag, value] = word.split('=');
    if (flag === '--help') return undefined;
    const option = command.options.find(({ long, short }) => flag === long || flag === short);
    if (option === undefined) return `${command.name()} has no option ${flag}`;
    if (option.required && value === undefined && rest.shift() === undefined) return `${flag} needs a value`;
  }
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  const isOpen = command.registeredArguments.some(({ variadic }) => variadic);
  if (argumentCount < needed) return `${command.name()} needs ${needed} arguments`;
  if (argumentCount > command.registeredArguments.length && !isOpen)
    return `${command.name()} takes fewer arguments`;
  return undefined;
}

describe('README.md and docs/', () => {
  it('have the settings, the error codes and the inputs that the code has', () => {
    execFileSync(process.execPath, [TABLES], { stdio: ['ignore', 'ignore', 'pipe'] });
  });

  it('name commands and options that there are', () => {
    const program = programOf(new AbortController().signal);
    const written = DOCUMENTS.flatMap((document) => writtenCommands(document));
    expect(written.length).to.be.greaterThan(40);
    const faults = written.flatMap(({ document, line, words }) => {
      const fault = faultOf(program, words);
      return fault === undefined ? [] : [`${document}: ${line}: ${fault}`];
    });
    expect(faults).to.deep.equal([]);
  });

  it('would notice a command or an option that there is not', () => {
    const program = programOf(new AbortController().signal);
    expect(faultOf(program, ['transcode', '讲座.mp4', '--to', './lecture'])).to.equal(undefined);
    expect(faultOf(program, ['transcode', '讲座.mp4', '--into', './lecture'])).to.include('--into');
    expect(faultOf(program, ['transcribe', '讲座.mp4'])).to.include('transcribe');
    expect(faultOf(program, ['probe', '一.mp4', '二.mp4'])).to.include('fewer');
  });

  it('name benchmarks, scripts and settings that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    // Those that the command line reads by itself stand last.
    const variables = new Set([
      ...Object.values(SETTINGS).flatMap(({ env }) => [env, `${env}_FILE`]),
      ...['YUANJIAO_CONFIG', 'YUANJIAO_SERVER', 'YUANJIAO_TOKEN', 'YUANJIAO_ADMIN_PASSWORD'],
    ]);
    const benchmarks = readFileSync(join(ROOT, 'scripts/bench.ts'), 'utf8');
    const faults = DOCUMENTS.flatMap((document) => {
      const text = documentText(document);
      const missing = [
        ...[...text.matchAll(/\bYUANJIAO_[A-Z_]+\b/g)].filter(([name]) => !variables.has(name)),
        ...[...text.matchAll(/npm run (?:-s )?([\w-]+)/g)].filter(
          ([, name = '']) => scripts[name] === undefined,
        ),
        ...[...text.matchAll(/npm run -s bench ([\w-]+)/g)].filter(
          ([, name = '']) => !new RegExp(`^ {2}'?${name}'?: \\(\\) =>`, 'm').test(benchmarks),
        ),
        ...[...text.matchAll(/bash (scripts\/[\w.-]+)/g)].filter(
          ([, path = '']) => !existsSync(join(ROOT, path)),
        ),
      ];
      return missing.map(([words]) => `${document}: ${words}`);
    });
    expect(faults).to.deep.equal([]);
  });

  it('link to files and headings that there are', () => {
    const headings = (document: string): readonly string[] =>
      [...documentText(document).matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
        words
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} -]/gu, '')
          .replaceAll(' ', '-'),
      );
    const faults = DOCUMENTS.flatMap((document) =>
      [...documentText(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
        .filter(([, path = '', heading]) => {
          const target = path === '' ? document : join(dirname(document), path);
          if (!existsSync(join(ROOT, target))) return true;
          return heading !== undefined && !headings(target).includes(decodeURIComponent(heading));
        })
        .map(([words]) => `${document}: ${words}`),
    );
    expect(faults).to.deep.equal([]);
  });
});
