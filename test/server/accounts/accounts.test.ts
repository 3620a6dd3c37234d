import { expect } from 'chai';
import { Accounts } from '../../../server/accounts/accounts.ts';
import type { AccountError } from '../../../server/accounts/account-error.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { errorOf, onEachDatabase } from '../../support/databases.ts';

const CHEAP = { N: 2, r: 1, p: 1 };
const PASSWORD = '桃李春风 一杯酒 keqiao';
const HERE = { address: '10.0.0.7' };

const refusal = async (promise: Promise<unknown>): Promise<AccountError> =>
  (await errorOf(promise)) as AccountError;

onEachDatabase('Accounts', (databases) => {
  let database: Database;
  let accounts: Accounts;

  before(async () => {
    database = await databases.open();
  });

  beforeEach(async () => {
    await database.write(async (transaction) => {
      for (const table of ['administrator', 'session', 'api_token', 'failed_sign_in', 'known_address']) {
        await transaction.rows(`DELETE FROM ${table}`);
      }
    });
    accounts = new Accounts(database, { passwordCost: CHEAP });
  });

  /** Moves everything that is stored into the past. */
  const letPass = (ms: number): Promise<unknown> =>
    database.write(async (transaction) => {
      await transaction.rows('UPDATE failed_sign_in SET at = at - $1', ms);
      await transaction.rows(
        'UPDATE session SET last_seen_at = last_seen_at - $1, created_at = created_at - $1',
        ms,
      );
      await transaction.rows('UPDATE api_token SET last_used_at = last_used_at - $1', ms);
    });

  const guess = (address: string): Promise<AccountError> =>
    refusal(accounts.signIn('wrong horse battery', { address }));

  const guessTimes = async (times: number, address: string): Promise<void> => {
    for (let round = 0; round < times; round += 1) {
      expect(await guess(address)).to.include({ code: 'unauthenticated' });
    }
  };

  describe('the administrator', () => {
    it('does not exist before it is made, and nobody can sign in', async () => {
      expect(await accounts.hasAdmin()).to.equal(false);
      for (const password of ['', 'admin', PASSWORD]) {
        expect(await refusal(accounts.signIn(password, HERE))).to.include({ code: 'unauthenticated' });
      }
    });

    it('is made once, with a password that is shown once', async () => {
      const made = await accounts.createAdmin();
      expect(made?.password).to.match(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
      expect(await accounts.hasAdmin()).to.equal(true);
      expect(await accounts.createAdmin('another good one 42')).to.equal(undefined);
      await accounts.verifyPassword(made?.password ?? '', HERE);
    });

    it('is made once by several starters', async () => {
      const made = await Promise.all([0, 1, 2].map(() => accounts.createAdmin()));
      expect(made.filter((one) => one !== undefined)).to.have.length(1);
    });

    for (const weak of [
      'short',
      '123456789',
      '1234567890',
      'password123!',
      'P@ssword2026',
      'aaaaaaaaaaaaaaaa',
      'abababababab',
      'Yuanjiao2026',
      'admin-admin-1',
      'x'.repeat(129),
      '绍兴远教',
    ]) {
      it(`does not take the password ${JSON.stringify(weak.slice(0, 20))}`, async () => {
        expect(await refusal(accounts.createAdmin(weak))).to.include({ code: 'weak-password' });
        expect(await accounts.hasAdmin()).to.equal(false);
      });
    }

    it('changes the password, which ends all sessions', async () => {
      await accounts.createAdmin(PASSWORD);
      const { id } = await accounts.signIn(PASSWORD, HERE);
      await accounts.setPassword('correct horse battery');
      expect(await accounts.principalOfSession(id)).to.equal(undefined);
      expect(await refusal(accounts.signIn(PASSWORD, HERE))).to.include({ code: 'unauthenticated' });
      await accounts.signIn('correct horse battery', HERE);
    });

    it('stores nothing that lets anybody in', async () => {
      await accounts.createAdmin(PASSWORD);
      const { id } = await accounts.signIn(PASSWORD, HERE);
      const { token } = await accounts.createToken('backup');
      for (const table of ['administrator', 'session', 'api_token']) {
        const text = JSON.stringify(
          await database.read((statements) => statements.rows(`SELECT * FROM ${table}`)),
        );
        expect(text).to.not.contain(PASSWORD).and.not.contain(id).and.not.contain(token);
        expect(text).to.not.contain(token.slice(3));
      }
    });

    it('hashes anew at the next sign-in when the cost was raised', async () => {
      await accounts.createAdmin(PASSWORD);
      const dearer = new Accounts(database, { passwordCost: { N: 4, r: 1, p: 1 } });
      await dearer.signIn(PASSWORD, HERE);
      const [row] = await database.read((statements) =>
        statements.rows<{ password_hash: string }>('SELECT password_hash FROM administrator'),
      );
      expect(row?.password_hash).to.match(/^scrypt\$4\$1\$1\$/);
      await dearer.signIn(PASSWORD, HERE);
    });
  });

  describe('sessions', () => {
    beforeEach(() => accounts.createAdmin(PASSWORD));

    it('begin with the right password and end with the sign-out', async () => {
      expect(await refusal(accounts.signIn('wrong horse battery', HERE))).to.include({
        code: 'unauthenticated',
      });
      const first = await accounts.signIn(PASSWORD, HERE);
      const second = await accounts.signIn(PASSWORD, HERE);
      expect(first.id)
        .to.match(/^[\w-]{43}$/)
        .and.not.equal(second.id);
      expect(first.expiresAt).to.be.closeTo(Date.now() + 8 * 3_600_000, 60_000);
      expect(await accounts.principalOfSession(first.id)).to.deep.equal({ kind: 'admin', via: 'session' });
      await accounts.signOut(first.id);
      await accounts.signOut(first.id);
      expect(await accounts.principalOfSession(first.id)).to.equal(undefined);
      expect(await accounts.principalOfSession(second.id)).to.not.equal(undefined);
      for (const id of ['', 'x', 'a\0b', `${second.id}x`]) {
        expect(await accounts.principalOfSession(id)).to.equal(undefined);
      }
    });

    it('are over half an hour after their last use', async () => {
      const { id } = await accounts.signIn(PASSWORD, HERE);
      for (let round = 0; round < 4; round += 1) {
        await letPass(20 * 60_000);
        expect(await accounts.principalOfSession(id)).to.not.equal(undefined);
      }
      await letPass(31 * 60_000);
      expect(await accounts.principalOfSession(id)).to.equal(undefined);
    });

    it('are over after eight hours however busy', async () => {
      const { id } = await accounts.signIn(PASSWORD, HERE);
      for (let hours = 0; hours < 7.75; hours += 0.25) {
        await letPass(15 * 60_000);
        expect(await accounts.principalOfSession(id), `${hours} h`).to.not.equal(undefined);
      }
      await letPass(15 * 60_000);
      expect(await accounts.principalOfSession(id)).to.equal(undefined);
    });
  });

  describe('API tokens', () => {
    it('let in until they are revoked', async () => {
      const made = await accounts.createToken(' 备份 ');
      expect(made.token).to.match(/^yj_[\w-]{43}$/);
      expect(made).to.include({ name: '备份', lastUsedAt: undefined });
      expect(await accounts.principalOfToken(made.token)).to.deep.equal({
        kind: 'admin',
        via: 'token',
        tokenName: '备份',
      });
      const [listed] = await accounts.tokens();
      expect(listed).to.include({ id: made.id, name: '备份', createdAt: made.createdAt });
      expect(listed?.lastUsedAt).to.be.closeTo(Date.now(), 60_000);
      expect(JSON.stringify(listed)).to.not.contain(made.token);
      await accounts.revokeToken(made.id);
      expect(await accounts.principalOfToken(made.token)).to.equal(undefined);
      expect(await accounts.tokens()).to.deep.equal([]);
    });

    it('know no others', async () => {
      await accounts.createToken('one');
      for (const token of ['', 'yj_', 'yj_x', 'a\0b']) {
        expect(await accounts.principalOfToken(token)).to.equal(undefined);
      }
      for (const id of ['none', '', 'a\0', 'abcdef']) {
        expect(await refusal(accounts.revokeToken(id))).to.include({ code: 'not-found' });
      }
      for (const name of ['', '  ', 'x'.repeat(101), 'a\nb', '\uD83C']) {
        expect(await refusal(accounts.createToken(name))).to.include({ code: 'invalid-input' });
      }
    });
  });

  describe('failed sign-ins', () => {
    beforeEach(() => accounts.createAdmin(PASSWORD));

    it('make an address wait, longer each time, and never for long', async () => {
      await guessTimes(10, 'a');
      const first = await guess('a');
      expect(first).to.include({ code: 'too-many-attempts', retryAfterSeconds: 2 });
      expect(await refusal(accounts.signIn(PASSWORD, { address: 'a' }))).to.include({
        code: 'too-many-attempts',
      });
      await letPass(2000);
      await guessTimes(1, 'a');
      expect(await guess('a')).to.include({ retryAfterSeconds: 4 });
      for (let round = 0; round < 8; round += 1) {
        await letPass(60_000);
        await guessTimes(1, 'a');
      }
      expect((await guess('a')).retryAfterSeconds).to.be.within(55, 60);
      await letPass(60_000);
      await accounts.signIn(PASSWORD, { address: 'a' });
      await guessTimes(10, 'a');
    });

    it('are forgotten after a quarter of an hour', async () => {
      await guessTimes(10, 'a');
      await letPass(15 * 60_000 + 1000);
      await guessTimes(10, 'a');
    });

    it('do not trouble other addresses', async () => {
      await guessTimes(10, 'a');
      await guessTimes(1, 'b');
      await accounts.signIn(PASSWORD, { address: 'c' });
    });

    it('from many addresses slow strangers down, not the administrator at a known place', async () => {
      await accounts.signIn(PASSWORD, { address: 'office' });
      for (let index = 0; index < 49; index += 1) {
        await guessTimes(1, `bot ${index}`);
      }
      expect(await guess('another bot')).to.include({ code: 'too-many-attempts' });
      await accounts.signIn(PASSWORD, { address: 'office' });
      await letPass(60_000);
      await accounts.signIn(PASSWORD, { address: 'on a journey' });
    });

    it('are counted also when the guesses come all at once', async () => {
      const guesses = await Promise.all(Array.from({ length: 30 }, () => guess('a')));
      const codes = guesses.map(({ code }) => code);
      expect(codes.filter((code) => code === 'unauthenticated')).to.have.length(10);
      expect(codes.filter((code) => code === 'too-many-attempts')).to.have.length(20);
    });
  });
});
