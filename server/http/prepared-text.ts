import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback, gzipSync } from 'node:zlib';

/** A text ready to be sent in either coding; compressed once, not per request. */
export interface PreparedText {
  readonly plain: Buffer;
  readonly gzip: Buffer;
  /** With quotes. Each coding is a representation of its own (RFC 9110, 8.8.3.3). */
  readonly plainEtag: string;
  readonly gzipEtag: string;
}

const compress = promisify(gzipCallback);

/** Compresses and names a text; equal bytes get equal tags in every process. */
export function prepareText(plain: Buffer): PreparedText {
  return named(plain, gzipSync(plain, { level: 9 }));
}

/** As {@link prepareText}, for a text that others should not wait for. */
export async function prepareLongText(plain: Buffer): Promise<PreparedText> {
  return named(plain, await compress(plain));
}

function named(plain: Buffer, gzip: Buffer): PreparedText {
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { plain, gzip, plainEtag: `"${digest}"`, gzipEtag: `"${digest}-gzip"` };
}
