/**
 * What the room refuses:
 *
 * - `room-closed`: the class is not going on, so nobody asks or acknowledges.
 * - `asked-too-often`: this participant has asked just now, or has enough questions waiting.
 * - `queue-full`: too many questions wait for the operator.
 */
export type RoomErrorCode = 'room-closed' | 'asked-too-often' | 'queue-full';

/** Something the room refuses on purpose; nothing was changed. */
export class RoomError extends Error {
  override readonly name = 'RoomError';
  readonly code: RoomErrorCode;
  /** When to come back, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: RoomErrorCode, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
