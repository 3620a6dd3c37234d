/** What can go wrong in a store; see the README's error table for the HTTP status of each. */
export type StorageErrorCode =
  | 'invalid-address'
  | 'invalid-key'
  | 'object-not-found'
  | 'range-not-satisfiable'
  | 'source-failed'
  | 'size-mismatch'
  | 'store-full'
  | 'store-denied'
  | 'store-unavailable'
  | 'canceled';

/** Facts that go with a {@link StorageError}; absent ones are unknown. */
export interface StorageErrorFacts {
  /** The key that was asked for. */
  readonly key?: string;
  readonly cause?: unknown;
}

/**
 * Everything a store throws, whatever driver is behind it. Callers decide by `code`; the driver's own error is the
 * `cause`.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly key: string | undefined;

  constructor(code: StorageErrorCode, message: string, facts: StorageErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.key = facts.key;
  }

  /** True when the same call may succeed later without anybody changing anything. */
  get isRetryable(): boolean {
    return this.code === 'store-unavailable' || this.code === 'store-full';
  }
}
