import { readFragmentHeaders, sampleDefaults, type SampleDefaults } from '../fragment-header.ts';
import { BOX_HEADER, childBoxes, invalidMp4, makeBox, requireBox } from '../mp4-box.ts';

/** One track of a live input, as a file of its own would begin. */
export interface RecordedTrack {
  readonly kind: 'video' | 'audio';
  readonly trackId: number;
  readonly timescale: number;
  /** `ftyp` and a `moov` of this track alone; the same for the same description. */
  readonly init: Buffer;
  /** RFC 6381. */
  readonly codec: string;
  /** Of the picture, in pixels. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Of the sound. */
  readonly channels: number | undefined;
  readonly defaults: SampleDefaults;
}

/** The samples of one track in a recorded segment, in decoding order; one number for each. */
export interface RecordedSamples {
  /** Of the first, in the track's ticks on the class's time line. */
  readonly decodeTime: number;
  /** Bytes from the start of the segment. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly durations: readonly number[];
  readonly compositionOffsets: readonly number[];
  readonly isSync: readonly boolean[];
}

/** What each kind of track has in one segment; a kind without a sample is absent. */
export type SegmentSamples = Readonly<Partial<Record<RecordedTrack['kind'], RecordedSamples>>>;

/**
 * Takes a live init segment apart: a picture and a sound that lie in one file become two.
 *
 * @param codecs - of the whole input, as its facts give them
 * @throws {TranscodeError} `output-invalid`
 */
export function splitInit(init: Buffer, codecs: string): readonly RecordedTrack[] {
  const ftyp = childBoxes(init).find(({ type }) => type === 'ftyp')?.bytes ?? Buffer.alloc(0);
  const moov = requireBox(init, 'moov');
  const boxes = childBoxes(moov);
  const extensions = childBoxes(requireBox(moov, 'mvex'));
  return boxes.flatMap(({ type, bytes, body }): RecordedTrack[] => {
    if (type !== 'trak') return [];
    const tkhd = requireBox(body, 'tkhd');
    const trackId = tkhd.readUInt32BE(tkhd[0] === 1 ? 20 : 12);
    const mdhd = requireBox(body, 'mdia', 'mdhd');
    const handler = requireBox(body, 'mdia', 'hdlr').toString('latin1', 8, 12);
    const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : undefined;
    const trex = extensions.find((box) => box.type === 'trex' && box.body.readUInt32BE(4) === trackId);
    if (kind === undefined || trex === undefined) return [];
    const movie = boxes.filter((box) => box.type === 'mvhd').map((box) => box.bytes);
    const own = makeBox('moov', ...movie, bytes, makeBox('mvex', trex.bytes));
    return [
      {
        kind,
        trackId,
        timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
        init: Buffer.concat([ftyp, own]),
        codec: codecOf(codecs, kind),
        // Fixed-point 16.16 at the end of the track header (§8.3.2).
        size:
          kind === 'video'
            ? { width: tkhd.readUInt16BE(tkhd.length - 8), height: tkhd.readUInt16BE(tkhd.length - 4) }
            : undefined,
        channels: kind === 'audio' ? channelsOf(body) : undefined,
        defaults: sampleDefaults(own.subarray(BOX_HEADER)),
      },
    ];
  });
}

/** `channelcount` of the AudioSampleEntry (§12.2.3). */
function channelsOf(trak: Buffer): number {
  const entry = childBoxes(requireBox(trak, 'mdia', 'minf', 'stbl', 'stsd'), 8)[0]?.body;
  return entry === undefined || entry.length < 18 ? 1 : entry.readUInt16BE(16);
}

const SOUND = /^(mp4a|opus|ac-3|ec-3|flac)/i;

function codecOf(codecs: string, kind: RecordedTrack['kind']): string {
  const found = codecs.split(',').find((codec) => SOUND.test(codec.trim()) === (kind === 'audio'));
  return found?.trim() ?? '';
}

/**
 * Reads where the samples of a segment lie: of all its parts, each a `moof` and its `mdat`.
 *
 * @throws {TranscodeError} `output-invalid`
 */
export function readSegmentSamples(segment: Buffer, tracks: readonly RecordedTrack[]): SegmentSamples {
  const found: Partial<Record<RecordedTrack['kind'], MutableSamples>> = {};
  let position = 0;
  for (const { type, bytes } of childBoxes(segment)) {
    if (type === 'moof') {
      const headers = readFragmentHeaders(
        bytes,
        (id) => tracks.find(({ trackId }) => trackId === id)?.defaults,
      );
      for (const header of headers) {
        const kind = tracks.find(({ trackId }) => trackId === header.trackId)?.kind;
        if (kind === undefined || header.sizes.length === 0) continue;
        const own = (found[kind] ??= noSamples(header.decodeTime));
        let offset = position + header.dataOffset;
        for (const size of header.sizes) {
          own.offsets.push(offset);
          offset += size;
        }
        if (offset > segment.length) throw invalidMp4('the samples of a recorded part reach past its end');
        own.sizes.push(...header.sizes);
        own.durations.push(...header.durations);
        own.compositionOffsets.push(...header.compositionOffsets);
        own.isSync.push(...header.isSync);
      }
    }
    position += bytes.length;
  }
  return found;
}

interface MutableSamples extends RecordedSamples {
  readonly offsets: number[];
  readonly sizes: number[];
  readonly durations: number[];
  readonly compositionOffsets: number[];
  readonly isSync: boolean[];
}

function noSamples(decodeTime: number): MutableSamples {
  return { decodeTime, offsets: [], sizes: [], durations: [], compositionOffsets: [], isSync: [] };
}
