/** One part as playlists name it; its bytes lie behind those of the parts before it. */
export interface LivePart {
  readonly durationMs: number;
  readonly isIndependent: boolean;
  /** Within its segment. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** One segment of one rendition. */
export interface LiveSegment {
  /** The media sequence number; never used twice in the life of a class. */
  readonly number: number;
  /** Which of the rendition's init segments describes it. */
  readonly init: number;
  /** On the class's time line. */
  readonly startMs: number;
  /** When its first picture was taken, since 1970. */
  readonly wallClockMs: number;
  readonly durationMs: number;
  readonly sizeBytes: number;
  readonly parts: readonly LivePart[];
  /** `gap`: the number is used and nothing of it exists (RFC 8216bis §4.4.4.7). */
  readonly state: 'open' | 'closed' | 'gap';
  /** The first part that the disk did not take; undefined while all are safe. */
  readonly lostFrom: number | undefined;
}

/** What the disk has of a segment: all of it, its first parts, or nothing. */
export function savedShare(segment: LiveSegment): {
  readonly parts: readonly LivePart[];
  readonly durationMs: number;
  readonly sizeBytes: number;
} {
  if (segment.state === 'gap') return { parts: [], durationMs: 0, sizeBytes: 0 };
  if (segment.lostFrom === undefined) return segment;
  const parts = segment.parts.slice(0, segment.lostFrom);
  return {
    parts,
    durationMs: parts.reduce((sum, part) => sum + part.durationMs, 0),
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
  };
}

/**
 * The numbers before which the class was interrupted or changed its encoder. They belong to the class: all renditions have their
 * discontinuities at the same numbers (RFC 8216bis §6.2.4).
 */
export class Discontinuities {
  readonly #before: number[] = [];

  /** Notes one before segment `number`; numbers come in rising order, the same one twice counts once. */
  add(number: number): void {
    if (!this.isBefore(number)) this.#before.push(number);
  }

  isBefore(number: number): boolean {
    return this.#before.includes(number);
  }

  /** How many lie before the first picture of segment `number`; the value of `EXT-X-DISCONTINUITY-SEQUENCE` behind its tag. */
  countTo(number: number): number {
    const after = this.#before.findIndex((before) => before > number);
    return after < 0 ? this.#before.length : after;
  }
}
