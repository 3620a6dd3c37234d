import { readFile, stat, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { Accounts, openDatabase } from 'yuanjiao/server';

import { CommandLine } from '../../support/command-line.ts';

const ATTEMPT = { address: '127.0.0.1' };

describe('yuanjiao migrate and admin', function () {
  let yuanjiao: CommandLine;

  beforeEach(async () => {
    yuanjiao = await CommandLine.open();
  });

  afterEach(() => yuanjiao.close());

  async function withAccounts<T>(work: (accounts: Accounts) => Promise<T>): Promise<T> {
    const database = await openDatabase(`sqlite:${yuanjiao.path('data', 'yuanjiao.db')}`);
    try {
      return await work(new Accounts(database));
    } finally {
      await database.close();
    }
  }

  const savedPassword = async (): Promise<string> =>
    (await readFile(yuanjiao.path('data', 'admin-password.txt'), 'utf8')).trim();

  it('migrates once', async () => {
    const first = await yuanjiao.run(['migrate']);
    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stdout).to.contain('ran 0001-');
    const second = await yuanjiao.run(['migrate']);
    expect(second.exitCode).to.equal(0);
    expect(second.stdout).to.contain('is up to date');
  });

  it('makes one administrator, whose password only the owner of its file may read', async () => {
    const first = await yuanjiao.run(['admin', 'init']);
    expect(first.exitCode, first.stderr).to.equal(0);
    const password = await savedPassword();
    expect(first.stdout).to.contain(password);
    const facts = await stat(yuanjiao.path('data', 'admin-password.txt'));
    expect(facts.mode & 0o777).to.equal(0o600);
    await withAccounts((accounts) => accounts.verifyPassword(password, ATTEMPT));

    const second = await yuanjiao.run(['admin', 'init']);
    expect(second.exitCode).to.equal(0);
    expect(second.stdout).to.contain('nothing was changed');
    expect(second.stdout).to.contain(yuanjiao.path('data', 'admin-password.txt'));
    expect(second.stdout).not.to.contain(password);
    expect(await savedPassword()).to.equal(password);
  });

  it('makes one administrator when two ask at once', async () => {
    const runs = await Promise.all([yuanjiao.run(['admin', 'init']), yuanjiao.run(['admin', 'init'])]);
    expect(runs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0]);
    const password = await savedPassword();
    await withAccounts((accounts) => accounts.verifyPassword(password, ATTEMPT));
  });

  it('goes on where it was killed between the file and the account', async () => {
    await yuanjiao.run(['migrate']);
    await writeFile(yuanjiao.path('data', 'admin-password.txt.new'), 'abcde-fghjk-mnpqr-stuvw\n', {
      mode: 0o600,
    });
    const { exitCode } = await yuanjiao.run(['admin', 'init']);
    expect(exitCode).to.equal(0);
    expect(await savedPassword()).to.equal('abcde-fghjk-mnpqr-stuvw');
    await withAccounts((accounts) => accounts.verifyPassword('abcde-fghjk-mnpqr-stuvw', ATTEMPT));
  });

  it('sets a password from standard input and forgets the saved one', async () => {
    await yuanjiao.run(['admin', 'init']);
    const { exitCode } = await yuanjiao.run(['admin', 'password', '--stdin'], {
      stdin: '杨梅嫁接需要四个步骤\n',
    });
    expect(exitCode).to.equal(0);
    await withAccounts((accounts) => accounts.verifyPassword('杨梅嫁接需要四个步骤', ATTEMPT));
    expect(await stat(yuanjiao.path('data', 'admin-password.txt')).catch(() => 'gone')).to.equal('gone');
    const init = await yuanjiao.run(['admin', 'init']);
    expect(init.stdout).to.contain('"yuanjiao admin password" sets a new one');
  });

  it('refuses a weak password with 2', async () => {
    const { exitCode, stderr } = await yuanjiao.run(['admin', 'init'], {
      env: { YUANJIAO_ADMIN_PASSWORD: '123' },
    });
    expect(exitCode).to.equal(2);
    expect(stderr).to.not.contain('    at ');
    expect(await withAccounts((accounts) => accounts.hasAdmin())).to.equal(false);
  });

  it('makes, lists and revokes tokens', async () => {
    const made = await yuanjiao.run(['admin', 'token', 'create', '县站上传']);
    expect(made.exitCode, made.stderr).to.equal(0);
    expect(made.stdout).to.match(/^yj_[\w-]{43}\n$/);
    const token = made.stdout.trim();
    const listed = await yuanjiao.run(['admin', 'token', 'list', '--json']);
    const [entry] = JSON.parse(listed.stdout) as { id: string; name: string }[];
    expect(entry?.name).to.equal('县站上传');
    expect(listed.stdout).not.to.contain(token);
    expect((await yuanjiao.run(['admin', 'token', 'revoke', entry?.id ?? ''])).exitCode).to.equal(0);
    expect(await withAccounts((accounts) => accounts.principalOfToken(token))).to.equal(undefined);
    const again = await yuanjiao.run(['admin', 'token', 'revoke', entry?.id ?? '']);
    expect(again.exitCode).to.equal(1);
    expect(again.stderr).to.contain('There is no token');
  });

  it('exits with 4 when the database cannot be reached', async () => {
    const { exitCode, stderr } = await yuanjiao.run(['migrate'], {
      env: { YUANJIAO_DATABASE: 'postgres://nobody:secret@127.0.0.1:1/none' },
    });
    expect(exitCode).to.equal(4);
    expect(stderr).to.contain('check that it runs');
    expect(stderr).not.to.contain('secret');
  });
});
