import { makeBox, makeFullBox, uint16, uint32, uint32Table } from './mp4-box.ts';
import { decodeTimeBox, FROM_MOOF, mediaHeader, NON_SYNC_FLAGS, SYNC_FLAGS } from './track-fragment.ts';
import { movieHeader, presentationTicks, trackBox, type TrackPlace } from './movie-header.ts';
import { reorderingShift, unrolled, type FragmentPlace, type TrackSamples } from './track-samples.ts';
import { virtualFile, type Extent, type VirtualFile } from './virtual-file.ts';

/** A fragment of a file of several tracks. */
interface PlacedFragment {
  readonly place: TrackPlace;
  readonly fragment: FragmentPlace;
  readonly samples: FragmentSamples;
  /** Ticks of the track. */
  readonly durationTicks: number;
  /** Seconds by which fragments are put in order. */
  readonly order: number;
}

/** The samples of one fragment, one number for each. */
interface FragmentSamples {
  readonly sizes: ArrayLike<number>;
  readonly mediaBytes: number;
  readonly durations: Int32Array;
  /** Never negative. */
  readonly compositionOffsets: Int32Array;
  /** `sample_flags`. */
  readonly flags: Uint32Array;
}

/**
 * Lays renditions out as one fragmented MP4: one `moov`, an index of the segments, and the stored segments in turn for each
 * track, each behind a `moof` of its own; pure.
 *
 * The stored `moof`s are not taken over: they place pictures before their decoding, which suits browsers fed piece by piece and
 * makes players of whole files show the picture late. As in {@link layFastStartMp4}, offsets are unsigned and an edit list takes
 * the shift back.
 *
 * @param tracks - the first leads: its segments are what the index names
 */
export function layFragmentedMp4(tracks: readonly TrackSamples[]): VirtualFile {
  const places = tracks.map((samples, index) => ({
    samples,
    id: index + 1,
    mediaStart: samples.mediaStart + reorderingShift(samples),
  }));
  const fragments = places.flatMap(placeFragments).toSorted((a, b) => a.order - b.order);
  const heads = fragments.map((placed, index) => fragmentBox(placed, index + 1));
  return virtualFile([
    { bytes: makeBox('ftyp', Buffer.from('iso6\0\0\0\x01isomiso6avc1mp41', 'latin1')) },
    { bytes: movieBox(places) },
    { bytes: segmentIndex(places, fragments, heads) },
    ...fragments.flatMap((placed, index): readonly Extent[] => [
      { bytes: heads[index] ?? Buffer.alloc(0) },
      mediaExtent(placed),
    ]),
  ]);
}

function placeFragments(place: TrackPlace): readonly PlacedFragment[] {
  const { samples, id } = place;
  const shift = reorderingShift(samples);
  const durations = unrolled(samples.durations);
  const offsets = unrolled(samples.compositionOffsets).map((ticks) => ticks + shift);
  const flags = new Uint32Array(samples.sizes.length);
  flags.fill(samples.syncSamples === undefined ? SYNC_FLAGS : NON_SYNC_FLAGS);
  for (const position of samples.syncSamples ?? []) flags[position] = SYNC_FLAGS;
  let end = 0;
  return samples.fragments.map((fragment) => {
    const start = end;
    end += fragment.sampleCount;
    const sizes = samples.sizes.slice(start, end);
    const own: FragmentSamples = {
      sizes,
      mediaBytes: sizes.reduce((sum, size) => sum + size, 0),
      durations: durations.subarray(start, end),
      compositionOffsets: offsets.subarray(start, end),
      flags: flags.subarray(start, end),
    };
    const durationTicks = own.durations.reduce((sum, ticks) => sum + ticks, 0);
    // Sound is cut a few milliseconds before or after the picture; its middle tells which segment it belongs to.
    const ticks = fragment.decodeTime + (id === 1 ? 0 : durationTicks / 2);
    return { place, fragment, samples: own, durationTicks, order: ticks / samples.timescale };
  });
}

function mediaExtent({ place, fragment, samples }: PlacedFragment): Extent {
  const object = place.samples.objects[fragment.object] ?? '';
  return { object, offset: fragment.offset, length: samples.mediaBytes };
}

function movieBox(places: readonly TrackPlace[]): Buffer {
  const duration = Math.max(...places.map(({ samples }) => presentationTicks(samples)));
  const empty = [
    makeFullBox('stts', 0, 0, uint32(0)),
    makeFullBox('stsc', 0, 0, uint32(0)),
    makeFullBox('stsz', 0, 0, uint32(0, 0)),
    makeFullBox('stco', 0, 0, uint32(0)),
  ];
  const defaults = places.map(({ id }) => makeFullBox('trex', 0, 0, uint32(id, 1, 0, 0, 0)));
  return makeBox(
    'moov',
    movieHeader(0, places.length),
    ...places.map((place) => trackBox(place, empty, true)),
    makeBox('mvex', makeFullBox('mehd', 0, 0, uint32(duration)), ...defaults),
  );
}

/** `sidx` (§8.16.3): without it a player has to walk through the whole file to seek. */
function segmentIndex(
  places: readonly TrackPlace[],
  fragments: readonly PlacedFragment[],
  heads: readonly Buffer[],
): Buffer {
  const leader = places[0];
  if (leader === undefined) return Buffer.alloc(0);
  const starts = fragments.flatMap(({ place }, index) => (place === leader ? [index] : []));
  const rows = starts.flatMap((start, position) => {
    const until = starts[position + 1] ?? fragments.length;
    let sizeBytes = 0;
    for (let index = start; index < until; index += 1) {
      const fragment = fragments[index];
      sizeBytes += (fragment?.samples.mediaBytes ?? 0) + (heads[index]?.length ?? 0);
    }
    // Each begins with a picture that needs no other (stream access point of type 1).
    return [sizeBytes, fragments[start]?.durationTicks ?? 0, 0x90000000];
  });
  const head = uint32(leader.id, leader.samples.timescale, 0, 0);
  return makeFullBox('sidx', 0, 0, head, uint16(0, rows.length / 3), uint32Table(rows));
}

/** A `moof` (§8.8.4) and the header of the `mdat` behind it. */
function fragmentBox({ place, fragment, samples }: PlacedFragment, sequenceNumber: number): Buffer {
  const [firstFlags = SYNC_FLAGS, ...otherFlags] = samples.flags;
  const defaultFlags = otherFlags[0] ?? firstFlags;
  const isUniform = otherFlags.every((flags) => flags === defaultFlags);
  const duration = samples.durations.every((ticks) => ticks === samples.durations[0])
    ? samples.durations[0]
    : undefined;
  // What the defaults are, most samples have.
  const tfhd = makeFullBox('tfhd', 0, FROM_MOOF | 0x28, uint32(place.id, duration ?? 0, defaultFlags));
  const tfdt = decodeTimeBox(fragment.decodeTime);
  const mfhd = makeFullBox('mfhd', 0, 0, uint32(sequenceNumber));
  const trun = sampleRun(samples, duration === undefined, isUniform ? firstFlags : undefined);
  const moof = makeBox('moof', mfhd, makeBox('traf', tfhd, tfdt, trun));
  const header = mediaHeader(samples.mediaBytes);
  moof.writeUInt32BE(moof.length + header.length, moof.length - trun.length + DATA_OFFSET_AT);
  return Buffer.concat([moof, header]);
}

/** In a `trun`, behind length, type, flags and count. */
const DATA_OFFSET_AT = 16;

/**
 * `trun` (§8.8.8) whose offset of the data is still to be written.
 *
 * @param firstFlags - the flags of the first sample, when all others have the fragment's default; else each has its own
 */
function sampleRun(samples: FragmentSamples, hasDurations: boolean, firstFlags: number | undefined): Buffer {
  const isReordered = samples.compositionOffsets.some((ticks) => ticks !== 0);
  const columns = [
    { bit: 0x100, values: hasDurations ? samples.durations : undefined },
    { bit: 0x200, values: samples.sizes },
    { bit: 0x400, values: firstFlags === undefined ? samples.flags : undefined },
    { bit: 0x800, values: isReordered ? samples.compositionOffsets : undefined },
  ].filter(({ values }) => values !== undefined);
  const count = samples.sizes.length;
  const table = new Uint32Array(count * columns.length);
  for (const [position, { values }] of columns.entries()) {
    for (let index = 0; index < count; index += 1)
      table[index * columns.length + position] = values?.[index] ?? 0;
  }
  const flags = columns.reduce((bits, { bit }) => bits | bit, firstFlags === undefined ? 0x1 : 0x5);
  const head = uint32(count, 0, ...(firstFlags === undefined ? [] : [firstFlags]));
  return makeFullBox('trun', 0, flags, head, uint32Table(table));
}
