import { childBoxes, makeBox, makeFullBox, requireBox, uint16, uint32, uint64Table } from './mp4-box.ts';
import { mediaTicks, type TrackSamples } from './track-samples.ts';

/** Ticks a second of the times that concern the whole file. */
export const MOVIE_TIMESCALE = 1000;

/** How one track stands in a file of several. */
export interface TrackPlace {
  readonly samples: TrackSamples;
  /** From 1. */
  readonly id: number;
  /** Ticks of the media at which the presentation begins. */
  readonly mediaStart: number;
}

const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** The length of a track's presentation in ticks of {@link MOVIE_TIMESCALE}, rounded up so that no sample is cut off. */
export function presentationTicks(samples: TrackSamples): number {
  const ticks = mediaTicks(samples) - samples.mediaStart;
  return Math.ceil((ticks / samples.timescale) * MOVIE_TIMESCALE);
}

/** Times are 32 bits wide where they fit, which every player reads, and 64 bits beyond (§8.2.2, §8.3.2, §8.4.2). */
function timed(type: string, flags: number, duration: number, middle: Buffer, after: Buffer): Buffer {
  const isWide = duration > 0xffffffff;
  const none = isWide ? Buffer.alloc(16) : Buffer.alloc(8);
  const length = isWide ? uint64Table([duration]) : uint32(duration);
  return makeFullBox(type, isWide ? 1 : 0, flags, none, middle, length, after);
}

/** `mvhd` (ISO/IEC 14496-12 §8.2.2). */
export function movieHeader(duration: number, trackCount: number): Buffer {
  const rateAndVolume = Buffer.concat([uint32(0x10000), uint16(0x100), Buffer.alloc(10)]);
  const after = Buffer.concat([rateAndVolume, MATRIX, Buffer.alloc(24), uint32(trackCount + 1)]);
  return timed('mvhd', 0, duration, uint32(MOVIE_TIMESCALE), after);
}

/**
 * `trak` (§8.3.1): what the init segment says of the coding and the size of the picture, with times and tables of its own.
 *
 * @param tables - the boxes of `stbl` behind the sample description
 * @param isFragmented - the durations then stand with the fragments
 */
export function trackBox(place: TrackPlace, tables: readonly Buffer[], isFragmented: boolean): Buffer {
  const { samples, mediaStart } = place;
  const trak = requireBox(Buffer.from(samples.movie, 'base64'), 'trak');
  const media = requireBox(trak, 'mdia');
  const information = requireBox(media, 'minf');
  const description = wholeBox(requireBox(information, 'stbl'), 'stsd');
  const stbl = makeBox('stbl', description, ...tables);
  const minf = makeBox('minf', ...childrenExcept(information, 'stbl'), stbl);
  const language = requireBox(media, 'mdhd').subarray(-4);
  const mdhd = timed('mdhd', 0, isFragmented ? 0 : mediaTicks(samples), uint32(samples.timescale), language);
  const mdia = makeBox('mdia', mdhd, ...childrenExcept(media, 'mdhd', 'minf'), minf);
  const edits = mediaStart === 0 ? [] : [editBox(isFragmented ? 0 : presentationTicks(samples), mediaStart)];
  return makeBox('trak', trackHeader(place, trak, isFragmented), ...edits, mdia);
}

function trackHeader({ samples, id }: TrackPlace, trak: Buffer, isFragmented: boolean): Buffer {
  const isSound = samples.kind === 'audio';
  // Sound tracks are alternatives of each other; the first is the one that plays.
  const group = uint16(0, isSound ? 1 : 0, isSound ? 0x100 : 0, 0);
  const size = requireBox(trak, 'tkhd').subarray(-8);
  const after = Buffer.concat([Buffer.alloc(8), group, MATRIX, size]);
  return timed('tkhd', 3, isFragmented ? 0 : presentationTicks(samples), uint32(id, 0), after);
}

/** One edit: the presentation begins at `mediaStart` (§8.6.6). A duration of 0 means all fragments to come. */
function editBox(duration: number, mediaStart: number): Buffer {
  return makeBox('edts', makeFullBox('elst', 0, 0, uint32(1, duration, mediaStart, 0x10000)));
}

function wholeBox(body: Buffer, type: string): Buffer {
  requireBox(body, type);
  return childBoxes(body).find((box) => box.type === type)?.bytes ?? Buffer.alloc(0);
}

function childrenExcept(body: Buffer, ...types: readonly string[]): readonly Buffer[] {
  return childBoxes(body)
    .filter((box) => !types.includes(box.type))
    .map((box) => box.bytes);
}
