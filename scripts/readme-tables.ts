// node build/scripts/readme-tables.js [--write]: the tables of README.md that are taken from the code. Without --write it only
// checks them, and ends with 1 when they are out of date.
import { readFileSync, writeFileSync } from 'node:fs';

import { PROBLEMS, settingRows } from 'yuanjiao/server';

const README = new URL('../../README.md', import.meta.url);

const TABLES: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
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

const text = readFileSync(README, 'utf8');
const current = withTables(text);
if (process.argv.includes('--write')) writeFileSync(README, current);
else if (current !== text) {
  console.error('README.md is out of date: run npm run -s docs');
  process.exitCode = 1;
}

function withTables(readme: string): string {
  let result = readme;
  for (const [name, rows] of Object.entries(TABLES)) {
    const begin = `<!-- ${name}: taken from the code by npm run docs -->`;
    const end = `<!-- end of ${name} -->`;
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from === -1 || to === -1) throw new Error(`README.md has no place for the table ${name}`);
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
