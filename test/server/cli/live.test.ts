import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { CommandLine, type Run } from '../../support/command-line.ts';

describe('yuanjiao live', () => {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
  });
  after(() => yuanjiao.close());

  const run = (...args: readonly string[]): Promise<Run> => yuanjiao.run(['live', ...args]);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(exitCode, stderr).to.equal(0);
    return stdout;
  };
  const idIn = (line: string): string => /^[a-z0-9]{12}(?= )/.exec(line)?.[0] ?? '';

  it('plans a class, hands out its key, announces it, puts it off and cancels it', async () => {
    const start = ['--start', '2037-12-01 14:30', '--minutes', '90'];
    const made = await ok('create', '冬季果树管理', ...start, '--lecturer', '俞老师');
    expect(made).to.contain('2037-12-01 14:30–16:00').and.contain('已排课').and.contain('俞老师');
    const id = idIn(made);
    const taken = await run('create', '另一课', ...start, '--lecturer', '俞老师');
    expect(taken.exitCode).to.equal(1);
    expect(taken.stderr).to.contain('冬季果树管理').and.contain(id);
    const key = await run('key', id);
    expect(key.stdout).to.match(/^[a-z2-7]{32}\n$/);
    expect(await ok('announce', id, '--text', '请提前就座。')).to.contain('已预告');
    const later = await ok('postpone', id, '--start', '2037-12-08 09:00', '--text', '改期。');
    expect(later).to.contain('2037-12-08 09:00–10:30').and.contain('已预告');
    expect(await ok('cancel', id, '--reason', '台风')).to.contain('已取消');
    const story = await ok('show', id);
    expect(story).to.contain('台风').and.contain('推流密钥 main').and.not.contain(key.stdout.trim());
    expect(await ok('remove', id)).to.contain('已删除 1 节');
  });

  it('plans what comes again, and moves all of it together', async () => {
    const time = ['--start', '2038-01-05 19:00', '--end', '2038-01-05 20:00'];
    const made = (await ok('create', '夜校', ...time, '--weekly', '3', '--draft')).trim().split('\n');
    expect(made.map((line) => /2038-\d\d-\d\d/.exec(line)?.[0])).to.deep.equal([
      '2038-01-05',
      '2038-01-12',
      '2038-01-19',
    ]);
    const told = await ok('announce', idIn(made[1] ?? ''), '--following');
    expect(told.trim().split('\n')).to.have.length(2);
    const all = JSON.parse(await ok('list', '--json')) as { title: string; state: string }[];
    expect(all.filter(({ title }) => title === '夜校').map(({ state }) => state)).to.deep.equal([
      'draft',
      'announced',
      'announced',
    ]);
  });

  it('says which halls are expected and who came, on the screen and as a table', async () => {
    const start = ['--start', '2039-12-01 14:30', '--minutes', '90'];
    const id = idIn(await ok('create', '到课', ...start));
    const list = yuanjiao.path('名单.txt');
    await writeFile(list, '\uFEFF西白山村\r\n\r\n =1+1 \n西白山村\n');
    expect(await ok('invite', id, list)).to.contain('2 个站点');
    const shown = await ok('attendance', id);
    expect(shown).to.contain('缺课 2；到课率 0 %').and.contain('西白山村');
    const table = yuanjiao.path('到课.csv');
    await ok('attendance', id, table);
    const lines = (await readFile(table, 'utf8')).trimEnd().split('\r\n');
    expect(lines.map((line) => line.split(',')[0])).to.have.members([
      '\uFEFF站点或观众',
      "'=1+1",
      '西白山村',
    ]);
    await writeFile(list, Buffer.from([0xce, 0xf7, 0xb0, 0xd7]));
    const gibberish = await run('invite', id, list);
    expect([gibberish.exitCode, gibberish.stderr]).to.have.nested.property('[0]', 2);
    expect(gibberish.stderr).to.contain('UTF-8');
    expect((await run('attendance', id, '到课.docx')).exitCode).to.equal(2);
    expect((await run('attendance', 'nobody')).exitCode).to.equal(1);
  });

  it('says what is wrong with a command line', async () => {
    for (const [args, words] of [
      [['create', '课', '--start', '2037-12-01 14:30'], '--minutes'],
      [['create', '课', '--start', 'soon', '--end', '2037-12-01 14:30'], 'plannedStart'],
    ] as const) {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode, stderr).to.equal(2);
      expect(stderr).to.contain(words);
    }
  });
});
