import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { CommandLine } from '../../support/command-line.ts';

describe('yuanjiao import and export-table', () => {
  let cli: CommandLine;
  before(async () => {
    cli = await CommandLine.open();
  });
  after(() => cli.close());

  it('fill the catalogue from the template and write it down again', async function run() {
    expect((await cli.run(['export-table', '模板.csv', '--template'])).exitCode).to.equal(0);
    const filled = (await readFile(cli.path('模板.csv'), 'utf8')).replace('示例-001', 'SX-1');
    await writeFile(cli.path('课件.csv'), filled);

    const trial = await cli.run(['import', '课件.csv', '--dry-run']);
    expect(trial.stdout).to.include('第 2 行 SX-1《嵊州桃形李栽培技术》：新增').and.to.include('将新增 1');
    const taken = await cli.run(['import', '课件.csv']);
    expect(taken.stdout).to.include('已新增 1，修改 0，不变 0');
    expect(taken.exitCode).to.equal(0);

    expect((await cli.run(['export-table', '全部.xlsx'])).exitCode).to.equal(0);
    const again = await cli.run(['import', '全部.xlsx', '--json']);
    expect(JSON.parse(again.stdout)).to.deep.include({ added: 0, changed: 0, same: 1, isDone: true });
  });

  it('end with 1 where the table has problems, naming every cell', async () => {
    await writeFile(cli.path('错.csv'), '编号,标题,年份\n1,题,十一年\n,题,2011\n');
    const { exitCode, stdout, stderr } = await cli.run(['import', '错.csv']);
    expect(exitCode).to.equal(1);
    expect(stdout).to.include('C2（年份）：').and.to.include('A3（编号）：');
    expect(stderr).to.include('有 2 处错误，什么也没有导入');
    const unnamed = await cli.run(['export-table', '全部.pdf']);
    expect(unnamed.exitCode).to.equal(2);
  });
});
