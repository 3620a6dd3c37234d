/**
 * Why somebody was not let in:
 *
 * - `unauthenticated`: nobody known is asking; sign in, or the password, session or token is wrong or over.
 * - `forbidden`: known, but not allowed to do this.
 * - `too-many-attempts`: too many failed sign-ins; `retryAfterSeconds` says how long to wait.
 * - `weak-password`: the new password is too short, too long or among the first ones guessed.
 * - `invalid-input`: a token's name is not 1 to 100 characters.
 * - `not-found`: no token of that id.
 */
export type AccountErrorCode =
  'unauthenticated' | 'forbidden' | 'too-many-attempts' | 'weak-password' | 'invalid-input' | 'not-found';

/** Everything the accounts refuse on purpose. Messages never repeat a password, session or token. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly code: AccountErrorCode;
  /** Seconds to wait; only with `too-many-attempts`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: AccountErrorCode,
    message: string,
    facts: { readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}
