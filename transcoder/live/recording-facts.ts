import type { InputFacts } from './cut.ts';
import { mediaName } from './live-playlist.ts';
import { savedShare, type Discontinuities, type LivePart } from './live-segment.ts';
import type { SegmentLine } from './segment-line.ts';

/** A segment that lies on the disk. */
export interface RecordedSegment {
  readonly number: number;
  /** In the class's folder, such as `source/s12.m4s`. */
  readonly file: string;
  /** Which of the rendition's init segments describes it. */
  readonly init: number;
  readonly sizeBytes: number;
  /** On the class's time line, which interruptions and holes widen. */
  readonly startMs: number;
  readonly durationMs: number;
  /** When its first picture was taken, since 1970. */
  readonly wallClockMs: number;
  /** Something is missing between the segment before and this one, or another encoder made it. */
  readonly isDiscontinuous: boolean;
  /** Byte ranges of the parts, of which the first begins with a key picture. */
  readonly parts: readonly LivePart[];
}

/** One rendition on the disk. */
export interface RecordedRendition {
  readonly name: string;
  readonly inits: readonly {
    readonly file: string;
    readonly sizeBytes: number;
    readonly facts: InputFacts;
  }[];
  readonly segments: readonly RecordedSegment[];
  readonly durationMs: number;
  readonly sizeBytes: number;
  /** It has everything the source has. */
  readonly isComplete: boolean;
}

/** What was recorded of a class. */
export interface RecordingFacts {
  readonly token: string;
  readonly folder: string;
  /** Of what can be played of the source, without the interruptions. */
  readonly durationMs: number;
  /** First and last moment of the source, since 1970; undefined when nothing was recorded. */
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** The source first. */
  readonly renditions: readonly RecordedRendition[];
}

/** Lists what the disk has of a rendition. */
export function recordedRendition(
  name: string,
  line: SegmentLine,
  discontinuities: Discontinuities,
  source: SegmentLine,
): RecordedRendition {
  const segments: RecordedSegment[] = [];
  let isHole = false;
  for (const segment of line.closed) {
    const saved = savedShare(segment);
    if (saved.parts.length > 0) {
      segments.push({
        number: segment.number,
        file: `${name}/${mediaName.segment(segment.number)}`,
        init: segment.init,
        startMs: segment.startMs,
        wallClockMs: segment.wallClockMs,
        isDiscontinuous: segments.length > 0 && (isHole || discontinuities.isBefore(segment.number)),
        sizeBytes: saved.sizeBytes,
        durationMs: saved.durationMs,
        parts: saved.parts,
      });
      isHole = false;
    } else if (discontinuities.isBefore(segment.number)) {
      isHole = true;
    }
    if (saved.parts.length < segment.parts.length || segment.state === 'gap') isHole = true;
  }
  const numbers = new Set(segments.map(({ number }) => number));
  return {
    name,
    inits: line.inits.map(({ facts, sizeBytes }, init) => ({
      file: `${name}/${mediaName.init(init)}`,
      sizeBytes,
      facts,
    })),
    segments,
    durationMs: segments.reduce((sum, { durationMs }) => sum + durationMs, 0),
    sizeBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    isComplete: source.closed.every(
      (segment) => savedShare(segment).parts.length === 0 || numbers.has(segment.number),
    ),
  };
}
