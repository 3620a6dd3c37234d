import { expect } from 'chai';
import {
  checkPassword,
  generatePassword,
  hashPassword,
  isOutdated,
  matchesPassword,
  PASSWORD_COST,
} from '../../../server/accounts/password.ts';

const CHEAP = { N: 2, r: 1, p: 1 };

describe('A password hash', () => {
  it('costs 128 MiB by default and matches its password only', async () => {
    const stored = await hashPassword('correct horse battery');
    expect(stored).to.match(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(isOutdated(stored, PASSWORD_COST)).to.equal(false);
    expect(await matchesPassword('correct horse battery', stored)).to.equal(true);
  });

  it('differs each time and matches nothing else', async () => {
    const [one, two] = await Promise.all([hashPassword('桃李', CHEAP), hashPassword('桃李', CHEAP)]);
    expect(one).to.not.equal(two);
    expect(await matchesPassword('桃李', two)).to.equal(true);
    expect(await matchesPassword('桃李 ', one)).to.equal(false);
    expect(await matchesPassword('', one)).to.equal(false);
    expect(isOutdated(one, PASSWORD_COST)).to.equal(true);
  });

  it('does not depend on how a keyboard composes its characters', async () => {
    expect(await matchesPassword('e\u0301te\u0301', await hashPassword('été', CHEAP))).to.equal(true);
  });

  it('matches nothing when the stored text is damaged', async () => {
    const stored = await hashPassword('桃李', CHEAP);
    for (const damaged of [
      '',
      'scrypt',
      stored.slice(0, -30),
      stored.replace('scrypt', 'plain'),
      `${stored}$`,
    ]) {
      expect(await matchesPassword('桃李', damaged)).to.equal(false);
    }
  });

  it('is made for many at once, all of them right', async () => {
    const words = Array.from({ length: 12 }, (_, index) => `word ${index}`);
    const hashes = await Promise.all(words.map((word) => hashPassword(word, CHEAP)));
    const matches = await Promise.all(words.map((word, index) => matchesPassword(word, hashes[index] ?? '')));
    expect(matches).to.deep.equal(words.map(() => true));
  });

  it('is asked only of passwords that are hard to guess, as those we make are', () => {
    for (let round = 0; round < 200; round += 1) {
      checkPassword(generatePassword());
    }
    for (const good of ['correct horse battery', '绍兴 柯桥 桃形李 春风', 'Tr0ub4dor&3-xkcd']) {
      checkPassword(good);
    }
  });
});
