/** Seconds of a track between two packets in which there is nothing. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

/** How often a recording breaks off, and for how many seconds altogether. */
export interface Breaks {
  readonly count: number;
  readonly seconds: number;
}

/** Seconds that a packet may begin before or after the end of the one before: containers round. */
const BESIDE = 0.02;
/** A recording may be joined out of some, and of more if it is long; a clock that is only guessed is off again and again. */
const SOME_JOINS = 2;
const SECONDS_BETWEEN_JOINS = 10;
/** Seconds in which what stands beside its place counts as one join: muxers squeeze packets that overlap. */
const ONE_JOIN = 1;

/** Seconds that people notice when picture and sound are both missing. */
const SHORTEST_GAP = 0.5;
/** A screen that changes now and then has a gap before every picture; only those of the sound count in the end. */
const MOST_GAPS = 100_000;

/** How the packets of one track follow each other, as they come. */
export class PacketSpacing {
  readonly #gaps: Gap[] = [];
  #expected: number | undefined;
  #joinCount = 0;
  #lastJoin = Number.NEGATIVE_INFINITY;

  add(time: number, duration: number): void {
    const expected = this.#expected ?? time;
    this.#expected = time + duration;
    if (Math.abs(time - expected) <= BESIDE) return;
    if (time - expected >= SHORTEST_GAP && this.#gaps.length < MOST_GAPS)
      this.#gaps.push({ start: expected, end: time });
    if (Math.abs(time - this.#lastJoin) < ONE_JOIN) return;
    this.#joinCount += 1;
    this.#lastJoin = time;
  }

  /** Those of half a second and more, in their order. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** Whether the track's clock can be followed closely; `seconds` is how long the track is. */
  isSteady(seconds: number): boolean {
    return this.#joinCount <= SOME_JOINS + seconds / SECONDS_BETWEEN_JOINS;
  }
}

/** The breaks that all tracks have in common; pure. */
export function commonBreaks(tracks: readonly (readonly Gap[])[]): Breaks {
  const [first = [], ...others] = tracks;
  const common = others.reduce<readonly Gap[]>((own, other) => overlaps(own, other), first);
  return {
    count: common.length,
    seconds: common.reduce((sum, { start, end }) => sum + end - start, 0),
  };
}

/** Both lists are in the order of time. */
function overlaps(own: readonly Gap[], others: readonly Gap[]): readonly Gap[] {
  const found: Gap[] = [];
  let place = 0;
  for (const gap of own) {
    while ((others[place]?.end ?? Number.POSITIVE_INFINITY) <= gap.start) place += 1;
    for (let next = place; (others[next]?.start ?? Number.POSITIVE_INFINITY) < gap.end; next += 1) {
      const start = Math.max(gap.start, others[next]?.start ?? 0);
      const end = Math.min(gap.end, others[next]?.end ?? 0);
      if (end - start >= SHORTEST_GAP) found.push({ start, end });
    }
  }
  return found;
}
