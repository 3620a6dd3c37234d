import { makeBox, makeFullBox, uint16, uint32, uint32Table } from './mp4-box.ts';
import { movieHeader, presentationTicks, trackBox, trackExtends, type TrackPlace } from './movie-header.ts';
import { mediaTicks, type FragmentPlace, type TrackSamples } from './track-samples.ts';
import { virtualFile, type Extent, type VirtualFile } from './virtual-file.ts';

/** A fragment of a file of several tracks. */
interface PlacedFragment {
  readonly track: TrackPlace;
  readonly fragment: FragmentPlace;
  /** Seconds by which fragments are put in order. */
  readonly order: number;
}

/**
 * Lays renditions out as one fragmented MP4: one `moov`, an index of the segments, and the stored fragments alternating between
 * the tracks; pure. Of each fragment only the sequence number and the track's id differ from what is stored.
 *
 * @param tracks - the first leads: its segments are what the index names
 */
export function layFragmentedMp4(tracks: readonly TrackSamples[]): VirtualFile {
  const places = tracks.map((samples, index) => ({ samples, id: index + 1, mediaStart: samples.mediaStart }));
  const fragments = places.flatMap(placeFragments).toSorted((a, b) => a.order - b.order);
  return virtualFile([
    { bytes: makeBox('ftyp', Buffer.from('iso6\0\0\0\x01isomiso6avc1mp41', 'latin1')) },
    { bytes: movieBox(places) },
    { bytes: segmentIndex(places, fragments) },
    ...fragments.flatMap(({ track, fragment }, index) => fragmentExtents(track, fragment, index + 1)),
  ]);
}

function placeFragments(track: TrackPlace): readonly PlacedFragment[] {
  const { samples, id } = track;
  const last = mediaTicks(samples);
  return samples.fragments.map((fragment, index) => {
    const end = samples.fragments[index + 1]?.decodeTime ?? last;
    // Sound is cut a few milliseconds before or after the picture; its middle tells which segment it belongs to.
    const ticks = id === 1 ? fragment.decodeTime : (fragment.decodeTime + end) / 2;
    return { track, fragment, order: ticks / samples.timescale };
  });
}

function movieBox(places: readonly TrackPlace[]): Buffer {
  const duration = Math.max(...places.map(({ samples }) => presentationTicks(samples)));
  const empty = [
    makeFullBox('stts', 0, 0, uint32(0)),
    makeFullBox('stsc', 0, 0, uint32(0)),
    makeFullBox('stsz', 0, 0, uint32(0, 0)),
    makeFullBox('stco', 0, 0, uint32(0)),
  ];
  return makeBox(
    'moov',
    movieHeader(0, places.length),
    ...places.map((place) => trackBox(place, empty, true)),
    makeBox('mvex', makeFullBox('mehd', 0, 0, uint32(duration)), ...places.map(trackExtends)),
  );
}

/** `sidx` (ISO/IEC 14496-12 §8.16.3): without it a player has to walk through the whole file to seek. */
function segmentIndex(places: readonly TrackPlace[], fragments: readonly PlacedFragment[]): Buffer {
  const leader = places[0];
  if (leader === undefined) return Buffer.alloc(0);
  const rows: number[] = [];
  const { samples } = leader;
  const starts = [...fragments.entries()].filter(([, { track }]) => track === leader).map(([index]) => index);
  for (const [position, start] of starts.entries()) {
    const segment = fragments.slice(start, starts[position + 1] ?? fragments.length);
    const sizeBytes = segment.reduce((sum, { fragment }) => sum + fragment.sizeBytes, 0);
    const begin = fragments[start]?.fragment.decodeTime ?? 0;
    const next = starts[position + 1];
    const end =
      (next === undefined ? undefined : fragments[next]?.fragment.decodeTime) ?? mediaTicks(samples);
    // Each begins with a picture that needs no other (stream access point of type 1).
    rows.push(sizeBytes, end - begin, 0x90000000);
  }
  const head = uint32(leader.id, samples.timescale, 0, 0);
  return makeFullBox('sidx', 0, 0, head, uint16(0, rows.length / 3), uint32Table(rows));
}

function fragmentExtents(
  track: TrackPlace,
  fragment: FragmentPlace,
  sequenceNumber: number,
): readonly Extent[] {
  const object = track.samples.objects[fragment.object] ?? '';
  const stored = (from: number, to: number): Extent => ({
    object,
    offset: fragment.offset + from,
    length: to - from,
  });
  return [
    stored(0, fragment.sequenceNumberAt),
    { bytes: uint32(sequenceNumber) },
    stored(fragment.sequenceNumberAt + 4, fragment.trackIdAt),
    { bytes: uint32(track.id) },
    stored(fragment.trackIdAt + 4, fragment.sizeBytes),
  ];
}
