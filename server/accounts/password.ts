import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { AccountError } from './account-error.ts';

/** What a guess costs: memory is 128 × N × r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and about a third of a second on one core. */
export const PASSWORD_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

/** One hash keeps one of libuv's four threads busy and 128 MiB in use; two at once leave room for files and databases. */
const AT_ONCE = 2;
let free = AT_ONCE;
const waiting: (() => void)[] = [];

async function enter(): Promise<void> {
  if (free > 0) {
    free -= 1;
    return;
  }
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
  });
}

/** Hands the place over to the next one, so that a newcomer cannot take it in between. */
function leave(): void {
  const next = waiting.shift();
  if (next === undefined) {
    free += 1;
  } else {
    next();
  }
}

async function derive(
  password: string,
  salt: Buffer,
  length: number,
  { N, r, p }: ScryptCost,
): Promise<Buffer> {
  await enter();
  try {
    const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r + (1 << 20) };
    return await new Promise<Buffer>((resolve, reject) => {
      // NFKC: the same password typed on another keyboard layout is the same.
      scrypt(password.normalize('NFKC'), salt, length, options, (error, key) => {
        if (error) {
          reject(error);
        } else {
          resolve(key);
        }
      });
    });
  } finally {
    leave();
  }
}

/** Hashes a password with a fresh salt; the result carries its parameters: `scrypt$N$r$p$salt$key`. */
export async function hashPassword(password: string, cost: ScryptCost = PASSWORD_COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, 32, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Compares in constant time; a stored text that is none of ours matches nothing. */
export async function matchesPassword(password: string, stored: string): Promise<boolean> {
  const parts = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored);
  const [N, r, p] = [parts?.[1], parts?.[2], parts?.[3]].map(Number);
  const [salt, key] = [parts?.[4], parts?.[5]].map((text) => Buffer.from(text ?? '', 'base64url'));
  if (!N || !r || !p || salt === undefined || key === undefined || key.length < 16) {
    return false;
  }
  return timingSafeEqual(await derive(password, salt, key.length, { N, r, p }), key);
}

/** True when `stored` was made with other parameters, so that the next sign-in should hash anew. */
export function isOutdated(stored: string, cost: ScryptCost): boolean {
  return !stored.startsWith(`scrypt$${cost.N}$${cost.r}$${cost.p}$`);
}

/** The first ones every dictionary tries, and what the product suggests by itself. */
const GUESSED_FIRST = (
  'password qwertyuiop 1234567890 administrator letmein iloveyou welcome admin ' +
  'yuanjiao shaoxing mima woaini root qwer asdf abcd aaaa 1234 8888 6666'
).split(' ');

/**
 * 10 to 128 characters, and more than a well-known word with digits. No rules about kinds of characters: they make
 * passwords worse.
 *
 * @throws {AccountError} `weak-password`
 */
export function checkPassword(password: string): void {
  const clean = password.normalize('NFKC');
  const length = Array.from(clean).length;
  if (length < 10 || length > 128) {
    throw new AccountError(
      'weak-password',
      `A password must have 10 to 128 characters; this one has ${length}`,
    );
  }
  const rest = GUESSED_FIRST.reduce(
    (text, word) => text.replaceAll(word, ''),
    clean.toLowerCase().replaceAll('@', 'a').replaceAll('$', 's'),
  ).replace(/[\d\W_]/gu, (letter) => (/\p{L}/u.test(letter) ? letter : ''));
  if (new Set(clean).size < 5 || rest.length < 3) {
    throw new AccountError(
      'weak-password',
      'This password is among the first that are guessed; take several words that do not belong together',
    );
  }
}

/** A password for a person to copy: 20 characters that cannot be mistaken for each other, 100 bits. */
export function generatePassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const letters = Array.from(randomBytes(20), (byte) => alphabet[byte % 32]);
  return [0, 5, 10, 15].map((from) => letters.slice(from, from + 5).join('')).join('-');
}
