import { expect } from 'chai';
import { loadConfig, openFoundation, type Foundation } from 'yuanjiao/server';
import { generationStatus, type GenerationId } from 'yuanjiao/transcoder';

import { CommandLine } from '../../support/command-line.ts';

describe('yuanjiao seed and figures', function () {
  let yuanjiao: CommandLine;
  let foundation: Foundation;

  before(async () => {
    yuanjiao = await CommandLine.open();
    foundation = await openFoundation(loadConfig({ env: {}, cwd: yuanjiao.folder }));
  });
  after(async () => {
    await foundation.close();
    await yuanjiao.close();
  });

  const figures = async (...more: readonly string[]): Promise<Record<string, number>> => {
    const printed = await yuanjiao.run(['figures', '--json', ...more]);
    expect(printed.exitCode, printed.stderr).to.equal(0);
    return JSON.parse(printed.stdout) as Record<string, number>;
  };

  it('puts the regions alone into the database where told, and says when nothing changed', async () => {
    const first = await yuanjiao.run(['seed', '--regions-only']);
    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stdout).to.equal('行政区划：写入 195 个。\n');
    expect((await yuanjiao.run(['seed', '--regions-only'])).stdout).to.equal('行政区划：没有变化。\n');
    expect(await figures()).to.include({ items: 0, 'towns@2011-12-31': 118 });
    expect(await figures('--at', '2024-01-01')).to.include({ 'towns@2024-01-01': 103 });
  });

  it('builds a library whose items all play media that were really made', async () => {
    const args = ['seed', '--items', '130', '--encodes', '2'];
    const built = await yuanjiao.run(args);
    expect(built.exitCode, built.stderr).to.equal(0);
    expect(built.stdout).to.contain('新增 130 部，发布 130 部');
    expect(await figures()).to.include({
      items: 130,
      published: 130,
      seconds: 312_000,
      winners: 11,
      makings: 2,
    });
    const { catalogue, jobs, store, database } = foundation;
    const generations = await database.read((statements) =>
      statements.rows<{ generation: GenerationId; n: number }>(
        'SELECT generation, COUNT(*) AS n FROM version GROUP BY generation ORDER BY generation',
      ),
    );
    expect(generations.map(({ n }) => n).reduce((left, right) => left + right)).to.equal(130);
    for (const { generation } of generations) {
      const status = generationStatus(await jobs.list(generation));
      expect(status.stage).to.equal('ready');
      expect(status.duration).to.be.closeTo(30, 0.1);
      const found = [];
      for await (const { key } of store.list(`lectures/${generation}/`)) found.push(key);
      expect(found).to.include(`lectures/${generation}/index.m3u8`);
      expect(found.some((key) => key.includes('captions-'))).to.equal(true);
    }
    const { items } = await catalogue.list({ text: '微型党课', limit: 20 });
    expect(items.every(({ current }) => current?.poster === 'poster.jpg')).to.equal(true);

    const again = await yuanjiao.run(args);
    expect(again.exitCode, again.stderr).to.equal(0);
    expect(again.stdout).to.contain('没有变化');
  });

  it('prints its figures as a table beside what the article says', async () => {
    const { stdout } = await yuanjiao.run(['figures']);
    expect(stdout).to.match(/^课件 +130 部$/m);
    expect(stdout).to.match(/^电视党课大赛获奖的微型党课 +11 部 +报道：11名选手获奖的党课$/m);
  });

  it('refuses numbers and days it can make nothing of', async () => {
    for (const [args, words] of [
      [['seed', '--items', 'many'], '--items takes a whole number'],
      [['seed', '--encodes', '13'], '--encodes takes a whole number from 0 to 12'],
      [['figures', '--at', 'yesterday'], '--at takes a day'],
    ] as const) {
      const refused = await yuanjiao.run(args);
      expect(refused.exitCode, args.join(' ')).to.equal(2);
      expect(refused.stderr).to.contain(words);
    }
    const other = await yuanjiao.run(['seed', '--items', '200', '--encodes', '0']);
    expect(other.exitCode).to.equal(1);
    expect(other.stderr).to.contain('another size');
  });
});
