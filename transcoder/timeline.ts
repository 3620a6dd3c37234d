/** A stretch of one track in which the clock does not jump; seconds on the source's own clock. */
export interface Stretch {
  /** The number of its first packet in the track. */
  readonly firstPacket: number;
  readonly start: number;
  readonly end: number;
}

/** The stretches of one track, in the order of the file. */
export interface StretchedTrack {
  readonly isPicture: boolean;
  readonly stretches: readonly Stretch[];
}

/** A clock that goes back by more than this has started anew; less is reordering or rounding. */
const RESTART = 1;
/** Where nothing is seen or heard for longer, the clock has jumped. A recorder that was paused looks the same and loses nothing. */
const LONGEST_GAP = 10;
/** Without sound a picture may rightly stay: a silent slide show. */
const LONGEST_SILENT_PICTURE = 600;

/** A clock that jumps does so now and then. A track with fewer packets than these between its gaps is a slow slide show. */
const LEAST_PACKETS_BETWEEN_JUMPS = 10;

/** Packets in a row whose times are damaged. A clock that has jumped stays where it is. */
const MOST_STRAYS = 3;

interface GrowingStretch {
  firstPacket: number;
  start: number;
  end: number;
}

/** Collects a track's stretches from its packets as they come. */
export class StretchCollector {
  readonly #stretches: GrowingStretch[] = [];
  #packet = 0;
  #shownCount = 0;
  #last = 0;
  /** Where the clock was when it last leapt: the packets since then are strays if it comes back to there. */
  #leap: { readonly end: number; readonly firstPacket: number; readonly start: number } | undefined;
  #ordinaryDuration = 0;
  /** Seconds between the last two packets that belong together; a declared rate may be wrong, and durations with it. */
  #step = Number.POSITIVE_INFINITY;

  /** @param time - the packet's decode time, or its presentation time where it has no other */
  add(time: number, declaredDuration: number): void {
    const current = this.#stretches.at(-1);
    // MP4 knows no gaps: the packet before a jump is said to last for all of it.
    if (declaredDuration <= LONGEST_GAP) this.#ordinaryDuration = declaredDuration;
    const step = time - this.#last;
    if (current !== undefined && step > 0 && step <= LONGEST_GAP) this.#step = step;
    const duration = Math.min(this.#ordinaryDuration, this.#step);
    const next = { firstPacket: this.#packet, start: time, end: time + duration };
    if (current === undefined) this.#stretches.push(next);
    else if (this.#comesBack(time)) this.#stretches.push(...this.#strays(current), next);
    else if (time > current.end + LONGEST_GAP || time < this.#last - RESTART) {
      this.#leap = { end: current.end, firstPacket: this.#packet, start: time };
      this.#stretches.push(next);
    } else {
      if (step > RESTART) this.#leap = { end: current.end, firstPacket: this.#packet, start: time };
      // Of a single packet only what is declared is known.
      current.end = Math.max(this.#shownCount === 1 ? time : current.end, time + duration);
    }
    this.#last = time;
    this.#packet += 1;
    this.#shownCount += 1;
  }

  /** Counts a packet that is not shown. */
  skip(): void {
    this.#packet += 1;
  }

  #comesBack(time: number): boolean {
    const leap = this.#leap;
    if (leap === undefined || this.#packet - leap.firstPacket > MOST_STRAYS) return false;
    return Math.abs(time - leap.end) < RESTART && Math.abs(time - this.#last) > RESTART;
  }

  /** Gives the packets since the leap a stretch of their own, if they have none yet. */
  #strays(current: GrowingStretch): readonly GrowingStretch[] {
    const leap = this.#leap;
    this.#leap = undefined;
    if (leap === undefined || current.firstPacket === leap.firstPacket) return [];
    const { firstPacket, start } = leap;
    const strays = { firstPacket, start, end: current.end };
    current.end = leap.end;
    return [strays];
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches;
  }
}

/**
 * Finds what has to be added to the times of each stretch so that all tracks run on without a jump; pure. A clock that starts
 * anew (another recording, an overflow) goes on where the one before ended; a gap in all tracks at once is closed, and so is one
 * that carries a single track far beyond the others. Picture and sound that belong together are always moved together. A picture
 * that stays while the sound goes on is no jump. A few packets from which the clock comes back have damaged times; they follow those
 * before.
 *
 * @returns for each track the seconds to add to each of its stretches
 */
export function straighten(tracks: readonly StretchedTrack[]): readonly (readonly number[])[] {
  const kept = tracks.map(({ isPicture, stretches }) => ({
    isPicture,
    stretches: stretches.filter((_, place) => !areStrays(stretches, place)),
  }));
  const shifts = straightenKept(kept);
  return tracks.map(({ stretches }, track) => {
    let keptPlace = -1;
    let shift = 0;
    return stretches.map((stretch, place) => {
      if (areStrays(stretches, place)) return shift + (stretches[place - 1]?.end ?? 0) - stretch.start;
      keptPlace += 1;
      shift = shifts[track]?.[keptPlace] ?? 0;
      return shift;
    });
  });
}

function areStrays(stretches: readonly Stretch[], place: number): boolean {
  const [before, own, after] = [stretches[place - 1], stretches[place], stretches[place + 1]];
  if (before === undefined || own === undefined || after === undefined) return false;
  const isShort = after.firstPacket - own.firstPacket <= MOST_STRAYS;
  return isShort && Math.abs(after.start - before.end) < RESTART;
}

function straightenKept(tracks: readonly StretchedTrack[]): readonly (readonly number[])[] {
  const takes = tracks.map(({ stretches }) => takesOf(stretches));
  const counts = new Set(takes.map((own) => own.length).filter((count) => count > 0));
  const belongTogether = counts.size <= 1;
  if (!belongTogether) return tracks.map((track) => layOut([track], [takesOf(track.stretches)])[0] ?? []);
  return layOut(tracks, takes);
}

/** The stretches between two restarts of the clock. */
function takesOf(stretches: readonly Stretch[]): readonly (readonly Stretch[])[] {
  const takes: Stretch[][] = [];
  let last: Stretch | undefined;
  for (const stretch of stretches) {
    if (last === undefined || stretch.start < last.end - RESTART) takes.push([stretch]);
    else takes.at(-1)?.push(stretch);
    last = stretch;
  }
  return takes;
}

function layOut(
  tracks: readonly StretchedTrack[],
  takes: readonly (readonly (readonly Stretch[])[])[],
): readonly (readonly number[])[] {
  const patience = patienceWith(tracks);
  const shifts: number[][] = tracks.map(() => []);
  let end: number | undefined;
  for (let number = 0; number < Math.max(0, ...takes.map((own) => own.length)); number += 1) {
    const take = takes.map((own) => own[number] ?? []);
    const within = closeGaps(take, patience);
    const places = take.map((own, track) =>
      own.map((stretch, place) => ({ stretch, shift: within[track]?.[place] ?? 0 })),
    );
    const begin = Math.min(...places.flat().map(({ stretch, shift }) => stretch.start + shift));
    const onward: number = end === undefined ? 0 : end - begin;
    places.forEach((own, track) => shifts[track]?.push(...own.map(({ shift }) => shift + onward)));
    end = onward + Math.max(...places.flat().map(({ stretch, shift }) => stretch.end + shift));
  }
  return shifts;
}

/** Seconds that nothing may come of these tracks before their clock is taken to have jumped. */
function patienceWith(tracks: readonly StretchedTrack[]): number {
  if (tracks.some(({ isPicture }) => !isPicture)) return LONGEST_GAP;
  const isSlow = tracks.some(
    ({ stretches }) =>
      (stretches.at(-1)?.firstPacket ?? 0) < (stretches.length - 1) * LEAST_PACKETS_BETWEEN_JUMPS,
  );
  return isSlow ? Number.POSITIVE_INFINITY : LONGEST_SILENT_PICTURE;
}

/** What closes the gaps inside one take. */
function closeGaps(take: readonly (readonly Stretch[])[], patience: number): readonly (readonly number[])[] {
  const alone = take.map((own, track) => {
    const others = take.filter((_, other) => other !== track);
    return runawayShifts(own, others);
  });
  const moved = take.map((own, track) =>
    own.map((stretch, place) => {
      const shift = alone[track]?.[place] ?? 0;
      return { start: stretch.start + shift, end: stretch.end + shift };
    }),
  );
  const gaps = commonGaps(moved.flat()).filter(({ length }) => length > patience);
  return moved.map((own, track) =>
    own.map(({ start }, place) => {
      const closed = gaps.filter(({ at }) => at < start).reduce((sum, { length }) => sum + length, 0);
      return (alone[track]?.[place] ?? 0) - closed;
    }),
  );
}

/** One track that jumps far ahead while the others run on and end about where it would have ended without the jump. */
function runawayShifts(own: readonly Stretch[], others: readonly (readonly Stretch[])[]): readonly number[] {
  const otherEnd = Math.max(...others.flat().map(({ end }) => end), Number.NEGATIVE_INFINITY);
  const ownEnd = own.at(-1)?.end ?? 0;
  let shift = 0;
  return own.map((stretch, place) => {
    const before = own[place - 1];
    const gap = before === undefined ? 0 : stretch.start - before.end;
    const outlasts = otherEnd > (before?.end ?? 0) + RESTART && otherEnd < stretch.start + shift;
    if (
      gap > 0 &&
      outlasts &&
      Math.abs(ownEnd + shift - gap - otherEnd) < Math.abs(ownEnd + shift - otherEnd)
    )
      shift -= gap;
    return shift;
  });
}

/** The times at which no stretch is, between the first and the last. */
function commonGaps(
  stretches: readonly { readonly start: number; readonly end: number }[],
): readonly { readonly at: number; readonly length: number }[] {
  const gaps: { at: number; length: number }[] = [];
  let covered: number | undefined;
  for (const { start, end } of stretches.toSorted((a, b) => a.start - b.start)) {
    if (covered !== undefined && start > covered) gaps.push({ at: covered, length: start - covered });
    covered = Math.max(covered ?? end, end);
  }
  return gaps;
}
