import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { invalidMp4 } from '../mp4-box.ts';
import type { ShownMedia } from '../presentation.ts';
import { runName } from '../segment-run.ts';
import { readSegmentSamples, splitInit, type RecordedTrack } from './recorded-segment.ts';
import type { RecordedRendition, RecordedSegment, RecordingFacts } from './recording-facts.ts';
import {
  layBeside,
  layRecording,
  ticksOf,
  type PlacedSegment,
  type TimelineSegment,
} from './recording-timeline.ts';

/** Objects are this long, so that one is a few megabytes in memory while it is written. */
const RUN_SECONDS = 60;
/** The sound of a recording; the pictures are named for their lines. */
const SOUND = 'audio';

/** What becomes one object: segments of one track behind each other. */
export interface PlannedRun {
  readonly rendition: string;
  readonly name: string;
  readonly track: RecordedTrack;
  readonly isDiscontinuity: boolean;
  readonly wallClockMs: number;
  readonly segments: readonly PlacedSegment[];
  readonly read: (segment: number) => Promise<Buffer>;
}

/** A recording laid out: what is stored, and how it is played. */
export interface RecordingLayout {
  readonly plan: ShownMedia['plan'];
  readonly runs: readonly PlannedRun[];
  readonly duration: number;
  readonly droppedRenditions: number;
}

interface ReadRendition {
  readonly recorded: RecordedRendition;
  /** The bytes of a segment, by its position. */
  readonly read: (segment: number) => Promise<Buffer>;
  readonly segments: readonly TimelineSegment[];
  /** The tracks of each segment. */
  readonly tracks: readonly (readonly RecordedTrack[])[];
}

/**
 * Reads what was recorded and decides what becomes of it.
 *
 * @throws {TranscodeError} `output-invalid` when nothing was recorded or a part is damaged
 */
export async function layOut(recorded: RecordingFacts, signal: AbortSignal): Promise<RecordingLayout> {
  const [source, ...lower] = await Promise.all(
    recorded.renditions.map((rendition) => readRendition(recorded.folder, rendition, signal)),
  );
  if (source === undefined || source.segments.length === 0) throw invalidMp4('nothing was recorded');
  const timeline = layRecording(source.segments);
  const pictures = [{ read: source, placed: timeline.video }];
  for (const rendition of lower) {
    const placed = layBeside(source.segments, timeline, rendition.segments);
    if (placed !== undefined) pictures.push({ read: rendition, placed });
  }
  const shown = timeline.video.length === 0 ? [] : pictures.map((picture) => withSize(picture));
  const runs = [
    ...shown.flatMap(({ name, read, placed }) => cutRuns(name, 'video', read, placed)),
    ...cutRuns(SOUND, 'audio', source, timeline.audio),
  ];
  const longest = Math.max(
    ...runs.flatMap(({ segments }) => segments.map(({ samples, timescale }) => ticksOf(samples) / timescale)),
  );
  return {
    plan: {
      segmentDuration: longest,
      video:
        shown.length === 0 ? undefined : { grid: { rate: frameRateOf(timeline.video) }, renditions: shown },
      audio:
        timeline.audio.length === 0
          ? []
          : [
              {
                name: SOUND,
                label: '原声',
                language: undefined,
                isCommentary: false,
                channels: channelsOf(source),
              },
            ],
    },
    runs,
    duration: timeline.duration,
    droppedRenditions: lower.length + 1 - pictures.length,
  };
}

function channelsOf({ tracks }: ReadRendition): number {
  return tracks.flat().find(({ kind }) => kind === 'audio')?.channels ?? 1;
}

async function readRendition(
  folder: string,
  recorded: RecordedRendition,
  signal: AbortSignal,
): Promise<ReadRendition> {
  const inits = await Promise.all(
    recorded.inits.map(async ({ file, facts }) =>
      splitInit(await readFile(join(folder, file)), facts.codecs),
    ),
  );
  const read = (segment: number): Promise<Buffer> => readSegment(folder, recorded.segments[segment]);
  const segments: TimelineSegment[] = [];
  const tracks: (readonly RecordedTrack[])[] = [];
  for (const [index, { init, startMs }] of recorded.segments.entries()) {
    signal.throwIfAborted();
    const own = inits[init] ?? [];
    tracks.push(own);
    segments.push({
      decodeTimeMs: startMs,
      timescales: Object.fromEntries(own.map(({ kind, timescale }) => [kind, timescale])),
      samples: readSegmentSamples(await read(index), own),
    });
  }
  return { recorded, read, segments, tracks };
}

/** What of a segment is known to be whole: behind it may be the torn end of a part that was never told. */
async function readSegment(folder: string, segment: RecordedSegment | undefined): Promise<Buffer> {
  if (segment === undefined) throw invalidMp4('a recorded segment is missing');
  const bytes = await readFile(join(folder, segment.file));
  if (bytes.length < segment.sizeBytes) throw invalidMp4(`${segment.file} is cut off`);
  return bytes.subarray(0, segment.sizeBytes);
}

function withSize<
  Picture extends { readonly read: ReadRendition; readonly placed: readonly PlacedSegment[] },
>(picture: Picture): Picture & { readonly name: string; readonly width: number; readonly height: number } {
  const first = picture.read.tracks[picture.placed[0]?.segment ?? 0]?.find(({ kind }) => kind === 'video');
  const size = first?.size ?? { width: 0, height: 0 };
  return { ...picture, name: `${Math.min(size.width, size.height)}p`, ...size };
}

/** On average: a camera's clock is rounded to the millisecond. */
function frameRateOf(placed: readonly PlacedSegment[]): { numerator: number; denominator: number } {
  let pictures = 0;
  let seconds = 0;
  for (const { samples, timescale } of placed) {
    pictures += samples.sizes.length;
    seconds += ticksOf(samples) / timescale;
  }
  return {
    numerator: Math.max(1, Math.round((pictures / Math.max(seconds, 0.001)) * 100)),
    denominator: 100,
  };
}

/** Cuts a track into objects: a new one after a minute, for another init segment, and where something is missing. */
function cutRuns(
  rendition: string,
  kind: RecordedTrack['kind'],
  { recorded, read, segments, tracks }: ReadRendition,
  placed: readonly PlacedSegment[],
): readonly PlannedRun[] {
  const runs: (PlannedRun & { segments: PlacedSegment[] })[] = [];
  let seconds = 0;
  for (const place of placed) {
    const track = tracks[place.segment]?.find((candidate) => candidate.kind === kind);
    const facts = recorded.segments[place.segment];
    if (track === undefined || facts === undefined) continue;
    const running = runs.at(-1);
    const isOther = running !== undefined && !running.track.init.equals(track.init);
    const isDiscontinuity = running !== undefined && (facts.isDiscontinuous || isOther);
    if (running === undefined || isDiscontinuity || seconds >= RUN_SECONDS) {
      const name = runName(rendition, runs.length, 1);
      const { wallClockMs } = facts;
      runs.push({ rendition, name, track, isDiscontinuity, wallClockMs, segments: [place], read });
      seconds = 0;
    } else running.segments.push(place);
    seconds += ticksOf(place.samples) / place.timescale;
  }
  return segments.length === 0 ? [] : runs;
}
