import type { IncomingMessage, ServerResponse } from 'node:http';

import { AccountError } from '../accounts/account-error.ts';
import { ANONYMOUS, type Principal } from '../accounts/access.ts';
import type { Accounts, Session } from '../accounts/accounts.ts';
import { RequestError } from '../errors.ts';

/** How the gate tells people apart. */
export interface GateOptions {
  readonly accounts: Accounts;
  /** The address people type, when it is configured; with https, cookies are for https alone. */
  readonly publicUrl: string | undefined;
  /** How many proxies in front of us may name the client's address. */
  readonly trustedProxies: number;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds out who is asking, and whether a browser was led here by another site. */
export class Gate {
  readonly #accounts: Accounts;
  readonly #isSecure: boolean;
  readonly #publicHost: string | undefined;
  readonly #trustedProxies: number;
  readonly #known = new WeakMap<IncomingMessage, Promise<Principal>>();

  constructor(options: GateOptions) {
    this.#accounts = options.accounts;
    this.#isSecure = options.publicUrl?.startsWith('https:') ?? false;
    this.#publicHost = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).host;
    this.#trustedProxies = options.trustedProxies;
  }

  /** `__Host-` binds the cookie to this host and to https; a browser refuses the prefix without https. */
  get cookieName(): string {
    return this.#isSecure ? '__Host-yuanjiao' : 'yuanjiao';
  }

  /**
   * Who is asking: by bearer token, else by session cookie, else nobody known.
   *
   * @throws {AccountError} `unauthenticated` for a token that is wrong: its owner should hear of it
   */
  principalOf(request: IncomingMessage): Promise<Principal> {
    let principal = this.#known.get(request);
    if (principal === undefined) {
      principal = this.#identify(request);
      this.#known.set(request, principal);
    }
    return principal;
  }

  async #identify(request: IncomingMessage): Promise<Principal> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      const found = token === undefined ? undefined : await this.#accounts.principalOfToken(token);
      if (found === undefined) {
        throw new AccountError('unauthenticated', 'The token is unknown or was revoked');
      }
      return found;
    }
    const session = this.sessionOf(request);
    return session === undefined
      ? ANONYMOUS
      : ((await this.#accounts.principalOfSession(session)) ?? ANONYMOUS);
  }

  /** The session id of the request's cookie. */
  sessionOf(request: IncomingMessage): string | undefined {
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const equals = pair.indexOf('=');
      if (equals >= 0 && pair.slice(0, equals).trim() === this.cookieName) {
        const value = pair.slice(equals + 1).trim();
        return /^[\w-]{16,128}$/.test(value) ? value : undefined;
      }
    }
    return undefined;
  }

  /** Lets the browser keep a session, or forget it. */
  setSession(response: ServerResponse, session: Session | undefined): void {
    const flags = `Path=/; HttpOnly; SameSite=Lax${this.#isSecure ? '; Secure' : ''}`;
    const value =
      session === undefined
        ? `${this.cookieName}=; ${flags}; Max-Age=0`
        : `${this.cookieName}=${session.id}; ${flags}; Expires=${new Date(session.expiresAt).toUTCString()}`;
    response.setHeader('Set-Cookie', value);
  }

  /**
   * Refuses a change that another site had a browser make. Browsers name the origin of every such request; programs name
   * none and carry a token, which no browser adds by itself.
   *
   * @throws {RequestError} `cross-site-refused`
   */
  refuseCrossSite(request: IncomingMessage): void {
    if (SAFE_METHODS.has(request.method ?? '') || request.headers.authorization !== undefined) return;
    const site = request.headers['sec-fetch-site'];
    if (site === 'same-origin' || site === 'none') return;
    const { origin } = request.headers;
    const isOurs =
      origin === undefined
        ? site === undefined
        : URL.canParse(origin) && this.#isOwnHost(new URL(origin).host, request);
    if (!isOurs) {
      throw new RequestError('cross-site-refused', 'This change was asked for by a page of another site.');
    }
  }

  #isOwnHost(host: string, request: IncomingMessage): boolean {
    return host === (this.#publicHost ?? request.headers.host) || host === request.headers.host;
  }

  /** The client's address; a header that names another counts only when a trusted proxy has written it. */
  addressOf(request: IncomingMessage): string {
    const direct = request.socket.remoteAddress ?? 'unknown';
    if (this.#trustedProxies === 0) return direct;
    const header = request.headers['x-forwarded-for'];
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
      .split(',')
      .map((hop) => hop.trim());
    const known = [...hops.filter((hop) => hop !== ''), direct];
    return known.at(-1 - this.#trustedProxies) ?? known[0] ?? direct;
  }
}
