/** What can go wrong with a live input; see the README's error table. */
export type LiveErrorCode = 'flv-unreadable' | 'flv-tag-too-large' | 'codec-unreadable';

/** Everything the live packager throws on purpose. The message says what failed, why, and what to do. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  readonly code: LiveErrorCode;

  constructor(code: LiveErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
