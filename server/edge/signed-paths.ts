import { createHash, timingSafeEqual } from 'node:crypto';

import { RequestError } from '../errors.ts';

/** How addresses are signed. */
export interface SignedPathsOptions {
  /** Shared with the edges; {@link SECRET_SHAPE}. Nothing is signed when absent. */
  readonly secret: string | undefined;
  /** The secret before it: what it signed still opens, for as long as the exchange lasts. */
  readonly formerSecret?: string | undefined;
  /** How long a signed address holds at least, in milliseconds. Default a day. */
  readonly lifetimeMs?: number;
  /** Milliseconds since 1970. Default the machine's clock. */
  readonly now?: () => number;
}

/** What a secret is made of: nothing that means anything to nginx, and long enough not to be guessed. */
export const SECRET_SHAPE = /^[A-Za-z0-9_-]{32,128}$/;

/**
 * A number from 1 to 99 that a secret is told by: the last two digits of the time in every address it has signed. So an edge that has
 * two secrets knows which one to check with; turns of addresses are whole hundreds of seconds.
 */
export function markOfSecret(secret: string): number {
  return (createHash('sha256').update(secret).digest().readUInt32BE(0) % 99) + 1;
}

const SIGNED = /^\/e\/(\d{1,12})-([\w-]{22})(\/((?:v|live)\/[A-Za-z0-9_-]{1,64})\/[^\s#]*)$/;
const SIGNABLE = /^\/((?:v|live)\/[A-Za-z0-9_-]{1,64})\//;

const DAY_MS = 86_400_000;
/** Four in the morning in Shaoxing, when nobody watches: addresses change then, and at no other time. */
const TURN_MS = 20 * 3_600_000;

/**
 * Signed addresses of media: `/e/<expires>-<signature>/v/<generation>/…` and `/e/<expires>-<signature>/live/<token>/…`. The
 * signature is for everything of one lecture or class, so relative names in playlists keep it, and it stands in front of the path,
 * so an edge can check it and take it off: what is cached has one name for everybody. The day's addresses are the same for all.
 *
 * The digest is the one nginx can check (`secure_link_md5`), keyed at both ends: appending and collisions are no way to a forgery.
 */
export class SignedPaths {
  readonly #secret: string | undefined;
  /** Any of them opens an address. */
  readonly #secrets: readonly string[];
  readonly #lifetimeMs: number;
  readonly #now: () => number;

  constructor(options: SignedPathsOptions) {
    this.#secret = options.secret;
    this.#secrets = [options.secret, options.formerSecret].filter((secret) => secret !== undefined);
    this.#lifetimeMs = options.lifetimeMs ?? DAY_MS;
    this.#now = options.now ?? Date.now;
  }

  /** The address with its signature; as it is when nothing is signed here, or when it is not one of media. */
  sign(path: string): string {
    const scope = SIGNABLE.exec(path)?.[1];
    if (this.#secret === undefined || scope === undefined) return path;
    const expires = this.#expiry() + markOfSecret(this.#secret);
    return `/e/${expires}-${signatureOf(this.#secret, expires, scope)}${path}`;
  }

  /**
   * The address that a signed one stands for; others as they are. What an edge does, for whoever comes without one.
   *
   * @throws {RequestError} `no-such-address`, `link-invalid`, `link-expired`
   */
  open(url: string): string {
    if (!url.startsWith('/e/')) return url;
    const match = SIGNED.exec(url);
    if (match === null || this.#secrets.length === 0) {
      throw new RequestError('no-such-address', 'There is no such address.');
    }
    const [, expires = '', signature = '', path = '', scope = ''] = match;
    if (!this.#secrets.some((secret) => isSame(signature, signatureOf(secret, Number(expires), scope)))) {
      throw new RequestError('link-invalid', 'The signature of this address is not ours.');
    }
    if (Number(expires) * 1000 < this.#now()) {
      throw new RequestError('link-expired', 'This address has expired.');
    }
    return path;
  }

  /** Seconds since 1970: the first turn of addresses that leaves enough time. */
  #expiry(): number {
    const earliest = this.#now() + this.#lifetimeMs;
    return (Math.ceil((earliest - TURN_MS) / DAY_MS) * DAY_MS + TURN_MS) / 1000;
  }
}

function signatureOf(secret: string, expires: number, scope: string): string {
  return createHash('md5').update(`${secret} ${expires} ${scope} ${secret}`).digest('base64url');
}

function isSame(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
