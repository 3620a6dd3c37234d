import { makeBox, makeFullBox, uint32, uint32Table, uint64Table } from './mp4-box.ts';
import { movieHeader, presentationTicks, trackBox } from './movie-header.ts';
import { reorderingShift, unrolled, type Repeated, type TrackSamples } from './track-samples.ts';
import { virtualFile, type StoredExtent, type VirtualFile } from './virtual-file.ts';

/** Samples of one track that lie behind each other. */
interface Chunk {
  readonly track: number;
  readonly extent: StoredExtent;
  readonly sampleCount: number;
  /** Seconds. */
  readonly start: number;
}

/**
 * Seconds of a track before the other has its turn. Boxes with a small buffer play what lies close together; the stored segments
 * of six seconds would make them read in two places at once.
 */
const CHUNK_SECONDS = 1;
/** From here on an offset needs 64 bits. */
const MAX_OFFSET = 0xffffffff;

/**
 * Lays renditions out as a plain MP4 with its index in front (fast start), as old television boxes need it: one `moov` with
 * full sample tables (ISO/IEC 14496-12 §8.6–8.7), then the media in pieces of about a second, picture and sound in turn. Pure.
 *
 * Times of presentation are never before those of decoding: many boxes read the table of offsets as unsigned. An edit list takes
 * the shift back, and with it what the encoder of sound puts in front, so picture and sound begin together.
 */
export function layFastStartMp4(tracks: readonly TrackSamples[]): VirtualFile {
  const places = tracks.map((samples, index) => ({
    samples,
    id: index + 1,
    mediaStart: samples.mediaStart + reorderingShift(samples),
  }));
  const cut = tracks.map((samples, index) => cutChunks(samples, index));
  const chunks = cut.flat().toSorted((a, b) => a.start - b.start || a.track - b.track);
  const tables = places.map(({ samples }, index) => sampleTables(samples, cut[index] ?? []));
  const type = makeBox('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41mp42', 'latin1'));
  const mediaBytes = chunks.reduce((sum, { extent }) => sum + extent.length, 0);

  const movieBoxAt = (mediaOffset: number, isWide: boolean): Buffer => {
    const offsets = chunkOffsets(chunks, tracks.length, mediaOffset);
    const traks = places.map((place, index) =>
      trackBox(place, [...(tables[index] ?? []), offsetTable(offsets[index] ?? [], isWide)], false),
    );
    const duration = Math.max(...places.map(({ samples }) => presentationTicks(samples)));
    return makeBox('moov', movieHeader(duration, places.length), ...traks);
  };
  const mediaHeader = mediaBoxHeader(mediaBytes);
  // The tables are as long whatever stands in them; wide ones take four bytes more for each chunk.
  const before = type.length + movieBoxAt(0, false).length + mediaHeader.length;
  const isWide = before + mediaBytes > MAX_OFFSET;
  const mediaOffset = isWide ? before + chunks.length * 4 : before;
  return virtualFile([
    { bytes: type },
    { bytes: movieBoxAt(mediaOffset, isWide) },
    { bytes: mediaHeader },
    ...chunks.map(({ extent }) => extent),
  ]);
}

/** Cuts each fragment's samples into pieces of about a second. */
function cutChunks(samples: TrackSamples, track: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const durations = unrolled(samples.durations);
  let sample = 0;
  for (const fragment of samples.fragments) {
    const object = samples.objects[fragment.object] ?? '';
    let { offset } = fragment;
    let ticks = fragment.decodeTime;
    let first = { sample, offset, ticks };
    for (const end = sample + fragment.sampleCount; sample < end;) {
      offset += samples.sizes[sample] ?? 0;
      const duration = durations[sample] ?? 0;
      ticks += duration;
      sample += 1;
      // A sample that ends half of itself later than a second still belongs to it.
      const isFull = ticks - first.ticks + duration / 2 > CHUNK_SECONDS * samples.timescale;
      if (!isFull && sample < end) continue;
      chunks.push({
        track,
        extent: { object, offset: first.offset, length: offset - first.offset },
        sampleCount: sample - first.sample,
        start: first.ticks / samples.timescale,
      });
      first = { sample, offset, ticks };
    }
  }
  return chunks;
}

/** All tables but that of the chunks' offsets. */
function sampleTables(samples: TrackSamples, chunks: readonly Chunk[]): readonly Buffer[] {
  const shift = reorderingShift(samples);
  const offsets = samples.compositionOffsets.map(([count, ticks]): Repeated => [count, ticks + shift]);
  const isReordered = offsets.some(([, ticks]) => ticks !== 0);
  const { syncSamples } = samples;
  return [
    repetitionTable('stts', samples.durations),
    ...(isReordered ? [repetitionTable('ctts', offsets)] : []),
    ...(syncSamples === undefined
      ? []
      : [
          makeFullBox(
            'stss',
            0,
            0,
            uint32(syncSamples.length),
            uint32Table(syncSamples.map((index) => index + 1)),
          ),
        ]),
    chunkTable(chunks),
    makeFullBox('stsz', 0, 0, uint32(0, samples.sizes.length), uint32Table(samples.sizes)),
  ];
}

/** `stts` and `ctts`: runs of samples with the same value (§8.6.1). */
function repetitionTable(type: string, rows: readonly Repeated[]): Buffer {
  const table = new Uint32Array(rows.length * 2);
  for (const [index, [count, value]] of rows.entries()) {
    table[index * 2] = count;
    table[index * 2 + 1] = value;
  }
  return makeFullBox(type, 0, 0, uint32(rows.length), uint32Table(table));
}

/** `stsc`: from which chunk on there are how many samples in each (§8.7.4). */
function chunkTable(chunks: readonly Chunk[]): Buffer {
  const rows: number[] = [];
  for (const [index, { sampleCount }] of chunks.entries()) {
    if (chunks[index - 1]?.sampleCount !== sampleCount) rows.push(index + 1, sampleCount, 1);
  }
  return makeFullBox('stsc', 0, 0, uint32(rows.length / 3), uint32Table(rows));
}

function offsetTable(offsets: readonly number[], isWide: boolean): Buffer {
  return isWide
    ? makeFullBox('co64', 0, 0, uint32(offsets.length), uint64Table(offsets))
    : makeFullBox('stco', 0, 0, uint32(offsets.length), uint32Table(offsets));
}

function chunkOffsets(
  chunks: readonly Chunk[],
  trackCount: number,
  mediaOffset: number,
): readonly (readonly number[])[] {
  const offsets = Array.from({ length: trackCount }, (): number[] => []);
  let position = mediaOffset;
  for (const { track, extent } of chunks) {
    offsets[track]?.push(position);
    position += extent.length;
  }
  return offsets;
}

/** A length of 64 bits stands behind the type when it does not fit before it (§4.2). */
function mediaBoxHeader(mediaBytes: number): Buffer {
  const type = Buffer.from('mdat');
  return mediaBytes + 8 > 0xffffffff
    ? Buffer.concat([uint32(1), type, uint64Table([mediaBytes + 16])])
    : Buffer.concat([uint32(mediaBytes + 8), type]);
}
