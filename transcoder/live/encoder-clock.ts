/** The tracks that an encoder stamps. */
export type ClockTrack = 'video' | 'audio';

/** A time stamp, set straight. */
export interface StraightTime {
  /** Milliseconds of a count that does not wrap and does not jump; begins with the first stamp as it was. */
  readonly ms: number;
  /** The encoder's count was left: it jumped here, and the jump was taken out. */
  readonly hasJumped: boolean;
}

/**
 * Two tracks may lie apart by so much, and a stream may pause so long, before it is taken for a jump. Beyond it a pause would have to be
 * played as one picture of that length, and a step back cannot be played at all.
 */
const JUMP_MS = 3000;
/** What a jump is replaced by. */
const STEP_MS = 40;

/**
 * Sets an encoder's time stamps straight: unwraps them at 2³², and takes out jumps, whether of both tracks or of one, for good or
 * for a single tag. What two clocks make of the same tags is the same.
 */
export class EncoderClock {
  /** The count's value at which reading begins, so that two clocks count alike beyond the first wrap. */
  readonly #near: number | undefined;
  #latest: number | undefined;
  readonly #tracks = new Map<ClockTrack, { raw: number; ms: number; offset: number }>();

  constructor(options: { readonly near?: number } = {}) {
    this.#near = options.near;
  }

  /** The latest time that was read. */
  get latestMs(): number | undefined {
    return this.#latest;
  }

  read(track: ClockTrack, timestampMs: number): StraightTime {
    const raw = timestampMs >>> 0;
    const latest = this.#latest;
    if (latest === undefined) {
      const ms = this.#near === undefined ? raw : unwrap(raw, this.#near);
      return this.#keep(track, raw, ms, ms - raw, false);
    }
    // Offsets count from the unwrapped stamp: the same offset holds on both sides of the wrap.
    const own = this.#tracks.get(track);
    const offsets = [own, ...this.#tracks.values()].flatMap((state) =>
      state === undefined ? [] : [state.offset],
    );
    for (const offset of offsets) {
      const ms = unwrap((raw + offset) >>> 0, latest);
      if (Math.abs(ms - latest) <= JUMP_MS)
        return this.#keep(track, raw, ms, offset, own !== undefined && offset !== own.offset);
    }
    return this.#keep(track, raw, latest + STEP_MS, latest + STEP_MS - raw, true);
  }

  #keep(track: ClockTrack, raw: number, ms: number, offset: number, hasJumped: boolean): StraightTime {
    this.#tracks.set(track, { raw, ms, offset });
    this.#latest = Math.max(this.#latest ?? ms, ms);
    return { ms, hasJumped };
  }
}

/** The number with the same low 32 bits that lies nearest to another. */
function unwrap(low: number, near: number): number {
  return near + ((low - near) | 0);
}
