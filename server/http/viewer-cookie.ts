import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const NAME = 'yj-viewer';
const VALUE = /^[\w-]{22}$/;
/** As long as browsers keep a cookie at most. */
const MAX_AGE_SECONDS = 400 * 86_400;

/**
 * Knows a browser again that has kept something here, without anybody signing in. The cookie is made when it is needed first
 * and holds chance alone; the database knows its digest, so that nobody who reads it can pass for a viewer.
 */
export class ViewerCookie {
  readonly #isSecure: boolean;

  constructor({ publicUrl }: { readonly publicUrl: string | undefined }) {
    this.#isSecure = publicUrl?.startsWith('https:') ?? false;
  }

  /** Who is asking, if this browser has kept something before. */
  find(request: IncomingMessage): string | undefined {
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const [name = '', value = ''] = pair.trim().split('=');
      if (name === NAME && VALUE.test(value)) return digestOf(value);
    }
    return undefined;
  }

  /** Who is asking; a browser that is new gets its cookie with this answer. */
  require(request: IncomingMessage, response: ServerResponse): string {
    const known = this.find(request);
    if (known !== undefined) return known;
    const value = randomBytes(16).toString('base64url');
    response.setHeader(
      'Set-Cookie',
      `${NAME}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${MAX_AGE_SECONDS}${this.#isSecure ? '; Secure' : ''}`,
    );
    return digestOf(value);
  }
}

const digestOf = (value: string): string => createHash('sha256').update(value).digest('base64url');
