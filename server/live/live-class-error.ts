import type { LiveClass } from './live-class.ts';

/**
 * What the timetable refuses:
 *
 * - `timetable-overlap`: a lecturer, the host or the channel has another class at that time; `other` is it.
 */
export type LiveClassErrorCode = 'timetable-overlap';

/** A wish that the timetable cannot take; the message is Chinese, for the person in front of the screen. Nothing was changed. */
export class LiveClassError extends Error {
  override readonly name = 'LiveClassError';
  readonly code: LiveClassErrorCode;
  /** The class that is in the way. */
  readonly other: Pick<LiveClass, 'id' | 'title' | 'plannedStart' | 'plannedEnd'>;

  constructor(code: LiveClassErrorCode, message: string, other: LiveClassError['other']) {
    super(message);
    this.code = code;
    this.other = other;
  }
}
