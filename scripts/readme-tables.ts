// node build/scripts/readme-tables.js [--write]: the tables of README.md and docs/ that are taken from the code. Without --write it
// only checks them, and ends with 1 when they are out of date.
import { readFileSync, writeFileSync } from 'node:fs';

import { PROBLEMS, settingRows } from 'yuanjiao/server';

import type { ExpectedLecture } from './input-clip.ts';
import { INPUT_FIXTURES } from './input-fixtures.ts';

type Tables = Readonly<Record<string, () => readonly (readonly string[])[]>>;

const README_TABLES: Tables = {
  settings: () => [
    ['环境变量', '配置文件', '默认值', '含义'],
    ...settingRows().map((row) => [
      `\`${row.env}\``,
      `\`${row.file}\``,
      row.fallback === '' ? '' : `\`${row.fallback}\``,
      row.purpose,
    ]),
  ],
  errors: () => [
    ['代码', 'HTTP', '给用户的话'],
    ...Object.entries(PROBLEMS).map(([code, problem]) => [
      `\`${code}\``,
      String(problem.status),
      problem.advice,
    ]),
  ],
};

const INPUT_TABLES: Tables = {
  inputs: () => [
    ['输入', '样片', '画面', '每秒帧数', '时长', '声音', '提示'],
    ...INPUT_FIXTURES.map(({ kind, file, expected }) => [
      kind,
      `\`${file}\``,
      expected.size.replace('x', '×'),
      expected.rate,
      `${expected.tolerance === undefined ? '' : '约 '}${expected.seconds} 秒`,
      soundWords(expected),
      expected.warning === undefined ? '' : `“…${expected.warning}…”`,
    ]),
  ],
};

const DOCUMENTS: readonly (readonly [name: string, tables: Tables])[] = [
  ['README.md', README_TABLES],
  ['docs/inputs.md', INPUT_TABLES],
];

for (const [name, tables] of DOCUMENTS) {
  const path = new URL(`../../${name}`, import.meta.url);
  const text = readFileSync(path, 'utf8');
  const current = withTables(name, text, tables);
  if (process.argv.includes('--write')) writeFileSync(path, current);
  else if (current !== text) {
    console.error(`${name} is out of date: run npm run -s docs`);
    process.exitCode = 1;
  }
}

function soundWords({ sounds = 1, flashes }: ExpectedLecture): string {
  if (sounds === 0) return '无';
  const tracks = sounds === 1 ? '有' : `${sounds} 条`;
  return flashes.length === 0 ? tracks : `${tracks}，与画面同步`;
}

function withTables(document: string, text: string, tables: Tables): string {
  let result = text;
  for (const [name, rows] of Object.entries(tables)) {
    const begin = `<!-- ${name}: taken from the code by npm run docs -->`;
    const end = `<!-- end of ${name} -->`;
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from === -1 || to === -1) throw new Error(`${document} has no place for the table ${name}`);
    result = `${result.slice(0, from + begin.length)}\n\n${table(rows())}\n\n${result.slice(to)}`;
  }
  return result;
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [line(head), line(head.map(() => '---')), ...body.map((row) => line(row))].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
