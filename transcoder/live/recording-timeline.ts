import type { RecordedSamples, RecordedTrack, SegmentSamples } from './recorded-segment.ts';

type Kind = RecordedTrack['kind'];

/** One recorded segment of a rendition; its media is left where it is. */
export interface TimelineSegment {
  /** Where it began on the class's time line, in milliseconds: the same in all renditions. */
  readonly decodeTimeMs: number;
  /** Ticks a second of each kind of track its input has. */
  readonly timescales: Readonly<Partial<Record<Kind, number>>>;
  readonly samples: SegmentSamples;
}

/** A segment of one track in its place in the recording. */
export interface PlacedSegment {
  /** Its position among the recorded segments of its rendition. */
  readonly segment: number;
  readonly timescale: number;
  /** In ticks from the start of the recording; where the one before ends. */
  readonly decodeTime: number;
  readonly samples: RecordedSamples;
}

/** How a recording lies in time. */
export interface RecordingTimeline {
  readonly video: readonly PlacedSegment[];
  readonly audio: readonly PlacedSegment[];
  /** Where each recorded segment begins, in seconds. */
  readonly starts: readonly number[];
  /** Seconds. */
  readonly duration: number;
}

/** A track may stray from its place by so much before it is put right; nobody sees or hears it. */
const TOLERANCE_SECONDS = 0.001;
/** Two renditions' segments that begin within this are of the same moment. */
const SAME_MOMENT_MS = 50;
/** A lower rendition that lacks more than this at a time cannot stand for the source; the last picture is held over less. */
const LONGEST_HOLD_SECONDS = 5;
/** And of the whole: what a restart now and then costs. */
const MOST_HELD = 0.02;

/**
 * Lays out the source as if it had been filmed in one go; pure. What was missed is left out of the time line, so a recording lasts as
 * long as there are pictures. Sound keeps its distance from its picture: where two inputs meet, its last frame is held a
 * little longer or shorter, and whole frames too many are dropped.
 */
export function layRecording(segments: readonly TimelineSegment[]): RecordingTimeline {
  const leading: Kind = segments.some(({ samples }) => samples.video !== undefined) ? 'video' : 'audio';
  const lead = new Track();
  const starts = segments.map((segment, position) => {
    const start = lead.endSeconds;
    lead.append(position, segment, leading);
    return start;
  });
  const sound = new Track();
  if (leading === 'video') {
    for (const [position, segment] of segments.entries()) {
      sound.alignAndAppend(position, segment, 'audio', (starts[position] ?? 0) + soundAhead(segment));
    }
  }
  return {
    video: leading === 'video' ? lead.placed : [],
    audio: leading === 'video' ? sound.placed : lead.placed,
    starts,
    duration: lead.endSeconds,
  };
}

/** Seconds by which a segment's sound begins after its picture. */
function soundAhead({ samples: { video, audio }, timescales }: TimelineSegment): number {
  if (video === undefined || audio === undefined) return 0;
  return audio.decodeTime / (timescales.audio ?? 1) - video.decodeTime / (timescales.video ?? 1);
}

/**
 * Lays the picture of a lower rendition beside the source's; pure. Where it lacks a moment, its last picture is held.
 *
 * @returns `undefined` when it lacks too much, as one does that was given up on the way
 */
export function layBeside(
  source: readonly TimelineSegment[],
  timeline: RecordingTimeline,
  lower: readonly TimelineSegment[],
): readonly PlacedSegment[] | undefined {
  const track = new Track();
  let held = 0;
  let position = 0;
  for (const [index, segment] of lower.entries()) {
    while (
      position < source.length &&
      (source[position]?.decodeTimeMs ?? 0) < segment.decodeTimeMs - SAME_MOMENT_MS
    )
      position += 1;
    if (Math.abs((source[position]?.decodeTimeMs ?? Infinity) - segment.decodeTimeMs) > SAME_MOMENT_MS)
      continue;
    const start = timeline.starts[position] ?? 0;
    const missing = start - track.endSeconds;
    if (missing > LONGEST_HOLD_SECONDS || (track.placed.length === 0 && missing > SAME_MOMENT_MS / 1000))
      return undefined;
    held += Math.max(0, missing);
    track.alignAndAppend(index, segment, 'video', start);
  }
  const rest = timeline.duration - track.endSeconds;
  if (track.placed.length === 0 || rest > LONGEST_HOLD_SECONDS) return undefined;
  return held + Math.max(0, rest) > Math.max(LONGEST_HOLD_SECONDS, timeline.duration * MOST_HELD)
    ? undefined
    : track.placed;
}

interface OpenSegment extends PlacedSegment {
  readonly samples: RecordedSamples & { readonly durations: number[] };
}

/** Segments of one track behind each other. */
class Track {
  readonly placed: OpenSegment[] = [];
  endSeconds = 0;

  append(position: number, segment: TimelineSegment, kind: Kind): void {
    const samples = segment.samples[kind];
    const timescale = segment.timescales[kind];
    if (samples === undefined || timescale === undefined) return;
    const own = { ...samples, durations: [...samples.durations] };
    const decodeTime = Math.round(this.endSeconds * timescale);
    this.placed.push({ segment: position, timescale, decodeTime, samples: own });
    this.endSeconds = (decodeTime + ticksOf(own)) / timescale;
  }

  /** Appends so that the first sample is where it belongs, as near as whole frames and the last one's length allow. */
  alignAndAppend(position: number, segment: TimelineSegment, kind: Kind, startSeconds: number): void {
    const samples = segment.samples[kind];
    const timescale = segment.timescales[kind];
    if (samples === undefined || timescale === undefined) return;
    let missing = startSeconds - this.endSeconds;
    let first = 0;
    for (const canDrop = kind === 'audio'; first < samples.sizes.length; first += 1) {
      if (!canDrop) break;
      const frame = (samples.durations[first] ?? 0) / timescale;
      // What begins before its place by more than half a frame is not heard.
      if (missing > -TOLERANCE_SECONDS || missing > -frame / 2) break;
      missing += frame;
    }
    if (first === samples.sizes.length) return;
    this.#stretch(missing);
    this.append(position, { ...segment, samples: { [kind]: without(samples, first) } }, kind);
    const only = this.placed.length === 1 ? this.placed[0] : undefined;
    if (only !== undefined && Math.abs(missing) > TOLERANCE_SECONDS) hold(only, 0, missing);
    if (only !== undefined) this.endSeconds = endOf(only);
  }

  /** Holds the last sample longer, or shorter. */
  #stretch(seconds: number): void {
    const last = this.placed.at(-1);
    if (last === undefined || Math.abs(seconds) <= TOLERANCE_SECONDS) return;
    hold(last, last.samples.durations.length - 1, seconds);
    this.endSeconds = endOf(last);
  }
}

function hold({ samples, timescale }: OpenSegment, position: number, seconds: number): void {
  const ticks = (samples.durations[position] ?? 0) + Math.round(seconds * timescale);
  samples.durations[position] = Math.max(1, ticks);
}

function endOf({ decodeTime, samples, timescale }: PlacedSegment): number {
  return (decodeTime + ticksOf(samples)) / timescale;
}

function without(samples: RecordedSamples, count: number): RecordedSamples {
  if (count === 0) return samples;
  return {
    decodeTime: samples.decodeTime,
    offsets: samples.offsets.slice(count),
    sizes: samples.sizes.slice(count),
    durations: samples.durations.slice(count),
    compositionOffsets: samples.compositionOffsets.slice(count),
    isSync: samples.isSync.slice(count),
  };
}

/** Ticks of all samples together. */
export function ticksOf({ durations }: Pick<RecordedSamples, 'durations'>): number {
  return durations.reduce((sum, ticks) => sum + ticks, 0);
}
