/** A sample of the track that decides where is cut: the picture, or the sound where there is none. */
export interface LeadingSample {
  /** Where it stands on the line that is cut, in milliseconds; at least {@link Segmenter.earliestMs}. */
  readonly timeMs: number;
  /** Can be decoded without any sample before it. */
  readonly isKey: boolean;
}

/** The samples that begin within one part; none where one that began before lasts all through it. */
export interface Stretch<S extends LeadingSample> {
  readonly samples: readonly S[];
  readonly startMs: number;
  /** Where the next part begins, or would. */
  readonly endMs: number;
  readonly startsSegment: boolean;
  /** What comes next starts a segment. */
  readonly endsSegment: boolean;
}

/** How a {@link Segmenter} cuts. */
export interface SegmenterOptions<S extends LeadingSample> {
  /** No part is longer, unless a single sample is and may not be split. */
  readonly partTargetMs: number;
  /** Whether a part may be without a leading sample, because there is another track in it. */
  readonly maySplit: () => boolean;
  /**
   * Whether a sample is the first of a segment; asked of every sample but an input's first, which is one.
   *
   * @param isPartFull - a part ends before it anyway
   */
  readonly beginsSegment: (sample: S, segmentStartMs: number, isPartFull: boolean) => boolean;
}

/** How far a part may seem to become too long before it is closed without waiting for proof: stamps are rounded to the millisecond. */
const ROUNDING_MS = 3;

/**
 * Cuts a track into parts of whole samples and gathers parts into segments; pure. It holds one sample back, because only the next
 * one tells how long it lasts.
 *
 * Every part but a segment's last has at least 85 % of the target: at every constant rate of 14 samples a second and more as many as fit are
 * taken, and at lower ones, or where samples pause, a sample may last beyond the end of its part, if there is another track.
 */
export class Segmenter<S extends LeadingSample> {
  readonly #options: SegmenterOptions<S>;
  #part: S[] = [];
  #partStartMs = 0;
  /** Whether time has been given to the present part; with none of the samples in it, if one from before lasts into it. */
  #isUnderWay = false;
  #startsSegment = true;
  #segmentStartMs = 0;
  #held: S | undefined;
  /** Milliseconds from sample to sample, on average. */
  #pace: number | undefined;

  constructor(options: SegmenterOptions<S>) {
    this.#options = options;
  }

  /** The sample whose length is not known yet. */
  get held(): S | undefined {
    return this.#held;
  }

  /** Milliseconds from sample to sample, on average; undefined before there were two. */
  get paceMs(): number | undefined {
    return this.#pace;
  }

  /**
   * Where the next sample may stand at the earliest: behind the start of the part under way. It may stand before the samples of that part,
   * which happens where pictures come at odd moments and in another order than they are shown in.
   */
  get earliestMs(): number {
    if (this.#held === undefined) return Number.NEGATIVE_INFINITY;
    return this.#isUnderWay ? this.#partStartMs + 2 : this.#held.timeMs + 1;
  }

  /** Takes the next sample; returns the parts that are finished with it, at most two. */
  push(next: S): readonly Stretch<S>[] {
    const held = this.#held;
    this.#held = next;
    if (held === undefined) {
      this.#segmentStartMs = next.timeMs;
      return [];
    }
    const { partTargetMs, beginsSegment } = this.#options;
    const heldMs = Math.min(held.timeMs, next.timeMs - 1);
    const stretches = this.#add(held, heldMs, next.timeMs);
    const pace = this.#pace ?? next.timeMs - heldMs;
    const sofarMs = next.timeMs - this.#partStartMs;
    const isPartFull = sofarMs + pace > partTargetMs + ROUNDING_MS && !this.#isTooShort(sofarMs);
    const begins = beginsSegment(next, this.#segmentStartMs, isPartFull);
    if (begins) this.#segmentStartMs = next.timeMs;
    if (begins || isPartFull) stretches.push(this.#close(next.timeMs, begins));
    return stretches;
  }

  /**
   * Ends with what there is. The last sample is taken to last as long as they did on average.
   *
   * @param lastMs - how long it lasts where that is known better
   */
  end(lastMs?: number): readonly Stretch<S>[] {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return [];
    const endMs = held.timeMs + Math.max(1, lastMs ?? Math.round(this.#pace ?? FALLBACK_PACE_MS));
    return [...this.#add(held, held.timeMs, endMs), this.#close(endMs, true)];
  }

  /** Adds a sample to the part under way, or, where that would become too long, to a new one. */
  #add(sample: S, startMs: number, endMs: number): Stretch<S>[] {
    const { partTargetMs, maySplit } = this.#options;
    const durationMs = endMs - startMs;
    // A pause says nothing about the pace.
    if (this.#pace === undefined) this.#pace = durationMs;
    else this.#pace += (Math.min(durationMs, 2 * this.#pace) - this.#pace) / 8;
    const stretches: Stretch<S>[] = [];
    const isOver = this.#isUnderWay && endMs - this.#partStartMs > partTargetMs;
    const isSplit =
      (durationMs > partTargetMs && maySplit()) || (isOver && this.#isTooShort(startMs - this.#partStartMs));
    if (isOver && !isSplit) stretches.push(this.#close(startMs, false));
    if (!this.#isUnderWay) this.#partStartMs = startMs;
    this.#isUnderWay = true;
    this.#part.push(sample);
    if (!isSplit) return stretches;
    while (endMs - this.#partStartMs > partTargetMs) {
      stretches.push(this.#close(this.#partStartMs + partTargetMs, false));
      this.#isUnderWay = true;
    }
    return stretches;
  }

  /** Whether a part of this length should rather take in the beginning of one more sample. */
  #isTooShort(durationMs: number): boolean {
    const { partTargetMs, maySplit } = this.#options;
    return durationMs < partTargetMs * LEAST_SHARE && maySplit();
  }

  #close(endMs: number, nextStartsSegment: boolean): Stretch<S> {
    const stretch = {
      samples: this.#part,
      startMs: this.#partStartMs,
      endMs,
      startsSegment: this.#startsSegment,
      endsSegment: nextStartsSegment,
    };
    this.#part = [];
    this.#partStartMs = endMs;
    this.#isUnderWay = false;
    this.#startsSegment = nextStartsSegment;
    return stretch;
  }
}

/** Of its target a part has at least so much (RFC 8216bis §4.4.3.7). */
const LEAST_SHARE = 0.85;
/** Of an input of one single picture. */
const FALLBACK_PACE_MS = 40;
