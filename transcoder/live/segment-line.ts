import type { InputFacts } from './cut.ts';
import type { LivePart, LiveSegment } from './live-segment.ts';

/** An init segment and what it describes. */
export interface LiveInit {
  readonly facts: InputFacts;
  readonly sizeBytes: number;
  /** Kept only while the class is fed; a rebuilt one reads it from the disk. */
  readonly bytes: Buffer | undefined;
}

interface Segment extends LiveSegment {
  durationMs: number;
  sizeBytes: number;
  readonly parts: LivePart[];
  state: 'open' | 'closed' | 'gap';
  lostFrom: number | undefined;
}

/** Where a segment or part without bytes of its own stands. */
export type SegmentPlace = Pick<LiveSegment, 'number' | 'init' | 'startMs' | 'wallClockMs'>;

/** The segments of one rendition, numbered without a hole, and the bytes of the last ones. */
export class SegmentLine {
  readonly inits: LiveInit[] = [];
  readonly #segments: Segment[] = [];
  readonly #bytes = new Map<number, Buffer[]>();
  #peakBandwidth = 0;
  #sizeBytes = 0;
  #durationMs = 0;
  #revision = 0;
  #longestPartMs = 0;
  #longestSegmentMs = 0;

  /** Whole ones, the oldest first, gaps among them. */
  get closed(): readonly LiveSegment[] {
    return this.open === undefined ? this.#segments : this.#segments.slice(0, -1);
  }

  /** The one that grows. */
  get open(): LiveSegment | undefined {
    const last = this.#segments.at(-1);
    return last?.state === 'open' ? last : undefined;
  }

  /** Changes whenever {@link closed} or what the disk has of it does. */
  get revision(): number {
    return this.#revision;
  }

  get last(): LiveSegment | undefined {
    return this.#segments.at(-1);
  }

  /** The newest closed ones. */
  newest(count: number): readonly LiveSegment[] {
    const end = this.#segments.length - (this.open === undefined ? 0 : 1);
    return this.#segments.slice(Math.max(0, end - count), end);
  }

  get longestPartMs(): number {
    return this.#longestPartMs;
  }

  get longestSegmentMs(): number {
    return this.#longestSegmentMs;
  }

  /** Bits a second of the fattest closed segment and of everything; 0 before there is anything. */
  get bandwidth(): { readonly peak: number; readonly average: number } {
    const average = this.#durationMs === 0 ? 0 : Math.ceil((this.#sizeBytes * 8000) / this.#durationMs);
    return { peak: Math.max(this.#peakBandwidth, average), average };
  }

  at(number: number): LiveSegment | undefined {
    const first = this.#segments[0];
    return first === undefined ? undefined : this.#segments[number - first.number];
  }

  /** The segment on the time line at `ms`, at most `toleranceMs` before its beginning. */
  around(ms: number, toleranceMs: number): LiveSegment | undefined {
    return this.#segments.findLast(({ startMs }) => startMs <= ms + toleranceMs);
  }

  begin({ number, init, startMs, wallClockMs }: SegmentPlace): void {
    this.close();
    this.#segments.push({
      number,
      init,
      startMs,
      wallClockMs,
      durationMs: 0,
      sizeBytes: 0,
      parts: [],
      state: 'open',
      lostFrom: undefined,
    });
  }

  /** @param bytes - undefined when they are on the disk alone */
  add({ durationMs, isIndependent, sizeBytes }: Omit<LivePart, 'offset'>, bytes: Buffer | undefined): void {
    const open = this.#segments.at(-1);
    if (open?.state !== 'open') throw new Error('No segment is open.');
    open.parts.push({ durationMs, isIndependent, sizeBytes, offset: open.sizeBytes });
    open.durationMs += durationMs;
    open.sizeBytes += sizeBytes;
    this.#durationMs += durationMs;
    this.#sizeBytes += sizeBytes;
    this.#longestPartMs = Math.max(this.#longestPartMs, durationMs);
    this.#longestSegmentMs = Math.max(this.#longestSegmentMs, open.durationMs);
    if (bytes !== undefined) {
      const kept = this.#bytes.get(open.number) ?? [];
      kept.push(bytes);
      this.#bytes.set(open.number, kept);
    }
  }

  close(): void {
    const open = this.#segments.at(-1);
    if (open?.state !== 'open') return;
    open.state = 'closed';
    this.#revision += 1;
    // A last segment of three pictures is no peak of its own.
    if (open.durationMs >= 1000) {
      this.#peakBandwidth = Math.max(
        this.#peakBandwidth,
        Math.ceil((open.sizeBytes * 8000) / open.durationMs),
      );
    }
  }

  gap({ number, init, startMs, wallClockMs }: SegmentPlace, durationMs: number): void {
    this.close();
    this.#segments.push({
      number,
      init,
      startMs,
      wallClockMs,
      durationMs,
      sizeBytes: 0,
      parts: [],
      state: 'gap',
      lostFrom: 0,
    });
    this.#revision += 1;
  }

  /** The disk did not take a part, nor those behind it. */
  lose(number: number, part: number): void {
    const segment = this.at(number) as Segment | undefined;
    if (segment === undefined) return;
    segment.lostFrom = Math.min(segment.lostFrom ?? part, part);
    this.#revision += 1;
  }

  /** Only the first so many parts of a segment survived. */
  trim(number: number, parts: number): void {
    const segment = this.at(number) as Segment | undefined;
    if (segment === undefined) return;
    segment.parts.length = Math.min(segment.parts.length, parts);
    segment.sizeBytes = segment.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (parts === 0) segment.state = 'gap';
    else segment.durationMs = segment.parts.reduce((sum, { durationMs }) => sum + durationMs, 0);
  }

  /** The bytes of a segment's parts while they are in memory. */
  bytesOf(number: number): readonly Buffer[] | undefined {
    return this.#bytes.get(number);
  }

  /** Forgets the bytes of all but the newest segments. */
  forget(keep: number): void {
    const oldest = (this.#segments.at(-1)?.number ?? 0) - keep;
    for (const number of this.#bytes.keys()) {
      if (number > oldest) break;
      this.#bytes.delete(number);
    }
  }
}
