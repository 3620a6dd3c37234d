/** The tracks that an encoder stamps. */
export type ClockTrack = 'video' | 'audio';

/** A time stamp, set straight. */
export interface StraightTime {
  /** Milliseconds of a count that does not wrap and does not jump; begins with the first stamp as it was. */
  readonly ms: number;
  /** The encoder's count was left at this stamp, and the jump taken out. */
  readonly hasJumped: boolean;
}

/**
 * Two tracks may lie apart by so much, and a stream may pause so long, before it is taken for a jump. Beyond it a pause would have to be
 * played as one picture of that length.
 */
const JUMP_MS = 3000;
/** A track may step back so far, from being stamped carelessly. What steps back further cannot be played as it is. */
const BACK_MS = 200;
/** What a jump is replaced by. */
const STEP_MS = 40;

/**
 * Sets an encoder's time stamps straight: unwraps them at 2³², and takes out jumps, whether of both tracks or of one, for good or
 * for a single tag. What two clocks make of the same stamps is the same.
 */
export class EncoderClock {
  readonly #near: number | undefined;
  #latest: number | undefined;
  /** Where each track is, and what is added to its stamps, the same on both sides of a wrap. */
  readonly #tracks = new Map<ClockTrack, { readonly ms: number; readonly offset: number }>();

  /** @param options - `near`: where the count is, so that a clock that begins later counts like one that began before the last wrap */
  constructor(options: { readonly near?: number } = {}) {
    this.#near = options.near;
  }

  /** The latest time that was read. */
  get latestMs(): number | undefined {
    return this.#latest;
  }

  /** Reads the next stamp of a track. */
  read(track: ClockTrack, timestampMs: number): StraightTime {
    const raw = timestampMs >>> 0;
    const latest = this.#latest;
    if (latest === undefined) {
      const ms = this.#near === undefined ? raw : unwrap(raw, this.#near);
      return this.#keep(track, ms, ms - raw, false);
    }
    const own = this.#tracks.get(track);
    const earliest = Math.max(latest - JUMP_MS, (own?.ms ?? Number.NEGATIVE_INFINITY) - BACK_MS);
    // A track goes on as it was, or it follows the other in a jump.
    for (const offset of [own, ...this.#tracks.values()].flatMap((state) => state?.offset ?? [])) {
      const ms = unwrap((raw + offset) >>> 0, latest);
      if (ms < earliest || ms > latest + JUMP_MS) continue;
      return this.#keep(track, ms, offset, own !== undefined && offset !== own.offset);
    }
    return this.#keep(track, latest + STEP_MS, latest + STEP_MS - raw, true);
  }

  #keep(track: ClockTrack, ms: number, offset: number, hasJumped: boolean): StraightTime {
    this.#tracks.set(track, { ms, offset });
    this.#latest = Math.max(this.#latest ?? ms, ms);
    return { ms, hasJumped };
  }
}

/** The number with the same low 32 bits that lies nearest to another. */
function unwrap(low: number, near: number): number {
  return near + ((low - near) | 0);
}
