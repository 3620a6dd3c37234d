import { expect } from 'chai';
import { openDatabase, type Database } from 'yuanjiao/server';

import { CommandLine } from '../../support/command-line.ts';
import { putOnShelf } from '../../support/shelf.ts';

describe('yuanjiao search', function () {
  let yuanjiao: CommandLine;
  let database: Database;

  before(async () => {
    yuanjiao = await CommandLine.open();
    expect((await yuanjiao.run(['migrate'])).exitCode).to.equal(0);
    database = await openDatabase(`sqlite:${yuanjiao.path('data', 'yuanjiao.db')}`);
    await putOnShelf(database, [{ title: '杨梅嫁接' }, { title: '茶叶炒制' }]);
  });
  after(async () => {
    await database.close();
    await yuanjiao.close();
  });

  it('checks the index, says what differs and how to mend it, and makes it again', async () => {
    const whole = await yuanjiao.run(['search', 'check']);
    expect(whole.exitCode, whole.stderr).to.equal(0);
    expect(whole.stdout).to.contain('一致');

    await database.write((transaction) => transaction.rows("UPDATE courseware SET title = '改过的'"));
    const stale = await yuanjiao.run(['search', 'check']);
    expect(stale.exitCode).to.equal(1);
    expect(stale.stderr).to.contain('索引过时的课件：2').and.to.contain('yuanjiao search rebuild');

    const rebuilt = await yuanjiao.run(['search', 'rebuild']);
    expect(rebuilt.exitCode, rebuilt.stderr).to.equal(0);
    expect(rebuilt.stdout).to.contain('2 个课件');
    expect((await yuanjiao.run(['search', 'check'])).exitCode).to.equal(0);
  });
});
