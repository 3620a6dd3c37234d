/** Where a list goes on. */
export interface ListPosition {
  readonly verb: 'ListIdentifiers' | 'ListRecords';
  /** The list's arguments, as a query. */
  readonly asked: string;
  /** The datestamp, in epoch milliseconds, and the id of the last record that was given. */
  readonly at: number;
  readonly id: string;
  /** How many were given before. */
  readonly delivered: number;
  /** How many records the list had when it was begun; it may have grown since. */
  readonly size: number;
}

/**
 * Writes a position as a resumption token; pure. It stands for a place in the list and for nothing on the server: it never
 * expires, and may be used again.
 */
export function writeToken({ verb, asked, at, id, delivered, size }: ListPosition): string {
  return Buffer.from(JSON.stringify([verb, asked, at, id, delivered, size])).toString('base64url');
}

/** Reads a token; undefined when it is none of ours. Pure. */
export function readToken(token: string): ListPosition | undefined {
  try {
    const parts = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (!Array.isArray(parts) || parts.length !== 6) return undefined;
    const [verb, asked, at, id, delivered, size] = parts as readonly unknown[];
    if (verb !== 'ListIdentifiers' && verb !== 'ListRecords') return undefined;
    if (typeof asked !== 'string' || typeof id !== 'string' || !/^[a-z0-9-]{1,40}$/.test(id))
      return undefined;
    return isCount(at) && isCount(delivered) && isCount(size)
      ? { verb, asked, at, id, delivered, size }
      : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
