import type { KeyRole } from '../stream-key.ts';

/** An encoder that is connected, as far as the choice between two of them goes. */
export interface ConnectedEncoder {
  readonly sessionId: string;
  readonly role: KeyRole;
  /** When its last picture came, or its last sound while it has sent no picture; server clock. */
  readonly lastMediaAtMs: number;
  /** How much of its own media has come since the one on the air was heard last, in milliseconds. */
  readonly mediaSinceOnAirMs: number;
}

/** What is on the air, as the choice finds it. */
export interface AirTime {
  /** The encoder whose pictures go out; absent in a break. */
  readonly onAir?: ConnectedEncoder;
  /** The other one, where there is one. */
  readonly other?: ConnectedEncoder;
  /** Since when there is a break; server clock. */
  readonly breakSinceMs?: number;
  /** The key the operator asked for; until it is obeyed. */
  readonly wish?: KeyRole;
}

/** The one on the air is given up after so long without a picture, when the other one sends. */
export const SILENCE_MS = 2_000;
/** What the other must have sent meanwhile: after a pause of the server itself both look silent, and neither is. */
const HEARD_MS = 1_000;

/**
 * Whether an encoder whose next picture is a key picture goes on the air with it; pure. Asked at each of them.
 *
 * The one on the air stays there whatever the other does, until it is silent or the operator says so; so two encoders can never
 * take the class from each other in turns. After a takeover the main one is back only by hand, or in a break.
 */
export function goesOnAir(candidate: ConnectedEncoder, air: AirTime, nowMs: number): boolean {
  const { onAir, other, wish } = air;
  if (onAir === undefined) {
    const isAwaited = (rival: ConnectedEncoder): boolean =>
      nowMs - rival.lastMediaAtMs < SILENCE_MS && nowMs - (air.breakSinceMs ?? 0) < SILENCE_MS;
    const preferred = wish ?? 'main';
    return candidate.role === preferred || other === undefined || !isAwaited(other);
  }
  if (onAir.sessionId === candidate.sessionId) return true;
  if (wish !== undefined) return wish === candidate.role;
  return nowMs - onAir.lastMediaAtMs >= SILENCE_MS && candidate.mediaSinceOnAirMs >= HEARD_MS;
}
