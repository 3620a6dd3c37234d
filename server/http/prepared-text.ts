import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** A text ready to be sent in either coding; compressed once, not per request. */
export interface PreparedText {
  readonly plain: Buffer;
  readonly gzip: Buffer;
  /** With quotes. Each coding is a representation of its own (RFC 9110, 8.8.3.3). */
  readonly plainEtag: string;
  readonly gzipEtag: string;
}

/** Compresses and names a text; equal bytes get equal tags in every process. */
export function prepareText(plain: Buffer): PreparedText {
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    plainEtag: `"${digest}"`,
    gzipEtag: `"${digest}-gzip"`,
  };
}
