/**
 * Why nothing can be played. The first three need another browser, another lecture or another account; the others may pass,
 * and {@link CoursewarePlayer} goes on trying by itself where trying can help.
 *
 * - `unsupported-browser`: neither Media Source Extensions nor native HLS.
 * - `not-allowed`: the server answers 401 or 403 for this lecture.
 * - `not-found`: the lecture's media is gone (404 or 410) and no newer address is known.
 * - `media-unplayable`: the media arrives, but this browser cannot decode it, also after rebuilding.
 * - `invalid-argument`: a caller passed something that makes no sense, such as a speed of -1.
 * - `destroyed`: the player was destroyed before the call.
 */
export type PlayerErrorCode =
  'unsupported-browser' | 'not-allowed' | 'not-found' | 'media-unplayable' | 'invalid-argument' | 'destroyed';

/** The only error the player throws or reports. The message is for developers; viewers read Chinese on the screen. */
export class PlayerError extends Error {
  override readonly name = 'PlayerError';
  readonly code: PlayerErrorCode;

  constructor(code: PlayerErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
