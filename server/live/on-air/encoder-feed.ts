import { LivePackager, type EncoderLight, type FlvTag } from '../../../transcoder/live/index.ts';
import type { KeyRole } from '../stream-key.ts';
import type { ConnectedEncoder } from './encoder-choice.ts';

/** What a tag means for whoever watches an encoder without unpacking its media. */
export type TagMeaning = 'description' | 'key-picture' | 'picture' | 'sound' | 'nothing';

/** An encoder that sends, or something that acts as one. */
export interface FeedSession {
  readonly id: string;
  readonly role: KeyRole;
  readonly address: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly encoder?: string;
}

const COMMAND_FRAME = 5;

/**
 * Reads the head of a tag: FLV (annex E.4.2.1, E.4.3.1), where AVC and HEVC say by a second byte what they bring, and Enhanced RTMP, where
 * the low half of the first does; pure. Whether a picture is a key picture is taken from the encoder's word.
 */
export function meaningOf({ kind, body }: FlvTag): TagMeaning {
  const head = body[0];
  if (head === undefined || kind === 'data') return 'nothing';
  const isEnhanced = kind === 'video' ? (head & 0x80) !== 0 : head >> 4 === 9;
  const packet = isEnhanced ? head & 0xf : (body[1] ?? 0);
  if (kind === 'audio') return packet === 0 ? 'description' : packet === 1 ? 'sound' : 'nothing';
  const frame = (head >> 4) & 7;
  if (frame === COMMAND_FRAME) return 'nothing';
  if (packet === 0) return 'description';
  if (packet !== 1 && !(isEnhanced && packet === 3)) return 'nothing';
  return frame === 1 ? 'key-picture' : 'picture';
}

/** One encoder as the class hears it, on the air or not. */
export class EncoderFeed {
  readonly session: FeedSession;
  #lastPictureAtMs: number | undefined;
  #lastSoundAtMs: number | undefined;
  #latestTimestampMs: number | undefined;
  #mediaSinceOnAirMs = 0;
  /** Of one that is not on the air nothing is kept; it is packaged for its light alone. */
  readonly #watched = new LivePackager({ startsAtMs: 0, startsAtWallMs: 0 });
  readonly #descriptions = new Map<string, FlvTag>();

  constructor(session: FeedSession) {
    this.session = session;
  }

  /** Notes what a tag says and when it came. */
  note(tag: FlvTag, meaning: TagMeaning, nowMs: number): void {
    if (meaning === 'description' || (tag.kind === 'data' && tag.body.length > 0))
      this.#descriptions.set(tag.kind, tag);
    if (meaning === 'picture' || meaning === 'key-picture') this.#lastPictureAtMs = nowMs;
    if (meaning === 'sound') this.#lastSoundAtMs = nowMs;
    if (meaning === 'description' || meaning === 'nothing') return;
    const before = this.#latestTimestampMs ?? tag.timestampMs;
    // A jump of the encoder's count is no media.
    const step = tag.timestampMs - before;
    if (step > 0) this.#mediaSinceOnAirMs += Math.min(step, 1000);
    this.#latestTimestampMs = tag.timestampMs;
  }

  /** Looks at what it sends while it is not on the air. */
  watch(tag: FlvTag): void {
    this.#watched.push(tag);
  }

  /** What it sends while it is not on the air, and what is wrong with it. */
  get light(): EncoderLight {
    return this.#watched.light;
  }

  /** The encoder on the air was heard. */
  noteOnAirHeard(): void {
    this.#mediaSinceOnAirMs = 0;
  }

  /** It has sent pictures, or said that it will. */
  get hasPicture(): boolean {
    return this.#lastPictureAtMs !== undefined || this.#descriptions.has('video');
  }

  /** When something that can be shown or heard came last; undefined before that. */
  get lastMediaAtMs(): number | undefined {
    return this.#lastPictureAtMs ?? this.#lastSoundAtMs;
  }

  /** What has to be known before its next picture, in the order of its sending. */
  get descriptions(): readonly FlvTag[] {
    return [...this.#descriptions.values()];
  }

  /** For the choice between two; undefined before anything came. */
  get facts(): ConnectedEncoder | undefined {
    const { lastMediaAtMs } = this;
    if (lastMediaAtMs === undefined) return undefined;
    const { id: sessionId, role } = this.session;
    return { sessionId, role, lastMediaAtMs, mediaSinceOnAirMs: this.#mediaSinceOnAirMs };
  }
}
