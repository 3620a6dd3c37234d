import { childBoxes, invalidMp4, requireBox } from '../mp4-box.ts';
import { readSamples } from '../mp4-download.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { PackageList } from '../package-list.ts';
import { reorderingShift, unrolled, type TrackSamples } from '../track-samples.ts';
import type { FlvTag } from './flv-tag.ts';

/** One rendition of a finished lecture, opened to be sent as an encoder would send it. */
export interface StoredTags {
  /** Seconds of each key picture from the beginning of what is sent, ascending. */
  readonly keySeconds: readonly number[];
  /** Seconds. */
  readonly duration: number;
  /**
   * The lecture as tags of FLV, in the order of their time: first what describes picture and sound, then every picture and frame
   * from a key picture on. Timestamps count from the beginning of the lecture, wherever it is begun.
   *
   * @param fromSeconds - the last key picture at or before it is the first
   */
  tags(fromSeconds: number, signal?: AbortSignal): AsyncGenerator<FlvTag, void>;
}

/**
 * Opens a picture and the sound that belongs to it. Only the indexes are read; the media follows as it is sent.
 *
 * @param rendition - of the picture, such as `720p`
 * @throws {TranscodeError} `package-invalid`, `output-invalid`
 * @throws {StorageError} what the reader throws
 */
export async function openStoredTags(
  read: ObjectReader,
  list: PackageList,
  rendition: string,
): Promise<StoredTags> {
  const download = list.downloads.find(
    (one) => one.rendition === rendition && one.layout === 'fast-start' && one.width !== undefined,
  );
  const names = download?.tracks ?? [rendition];
  const tracks = await Promise.all(names.map(async (name) => placed(await readSamples(read, list, name))));
  const [picture] = tracks;
  if (picture === undefined) throw invalidMp4(`it has no ${rendition}`);
  // No presentation before its decoding, as encoders send it: the sound waits for the same time.
  const delay = reorderingShift(picture.samples) / picture.samples.timescale;
  const keySeconds = (picture.samples.syncSamples ?? [...picture.samples.sizes.keys()]).map((index) =>
    picture.secondsOf(index),
  );
  return {
    keySeconds,
    duration: picture.secondsOf(picture.samples.sizes.length),
    async *tags(fromSeconds, signal) {
      const start = keySeconds.findLast((key) => key <= fromSeconds + 0.001) ?? 0;
      for (const track of tracks) yield track.description(Math.round(start * 1000));
      const streams = tracks.map((track) => ({
        tags: track.tags(read, start, track === picture ? 0 : delay, signal),
        next: undefined as FlvTag | undefined,
      }));
      for (const stream of streams) stream.next = (await stream.tags.next()).value ?? undefined;
      for (;;) {
        const due = streams
          .filter((stream) => stream.next !== undefined)
          .toSorted((a, b) => (a.next?.timestampMs ?? 0) - (b.next?.timestampMs ?? 0))[0];
        if (due?.next === undefined) return;
        yield due.next;
        due.next = (await due.tags.next()).value ?? undefined;
      }
    },
  };
}

interface PlacedTrack {
  readonly samples: TrackSamples;
  /** When a sample is decoded; of one behind the last, where the last ends. */
  secondsOf(index: number): number;
  description(timestampMs: number): FlvTag;
  tags(
    read: ObjectReader,
    startSeconds: number,
    delay: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<FlvTag, void>;
}

function placed(samples: TrackSamples): PlacedTrack {
  const durations = unrolled(samples.durations);
  const times = new Float64Array(durations.length + 1);
  for (const [index, ticks] of durations.entries()) times[index + 1] = (times[index] ?? 0) + ticks;
  const offsets = unrolled(samples.compositionOffsets);
  const keys = samples.syncSamples === undefined ? undefined : new Set(samples.syncSamples);
  const shift = reorderingShift(samples);
  const toMs = (ticks: number): number => Math.round((ticks / samples.timescale) * 1000);
  const isVideo = samples.kind === 'video';
  return {
    samples,
    secondsOf: (index) => (times[index] ?? 0) / samples.timescale,
    description(timestampMs) {
      const entry = sampleEntry(samples);
      // Adobe Flash Video File Format 10.1, E.4.3.1 and E.4.2.1: AVC and AAC sequence headers.
      const head = isVideo ? [0x17, 0, 0, 0, 0] : [0xaf, 0];
      const body = Buffer.concat([Buffer.from(head), isVideo ? avcC(entry) : audioConfig(entry)]);
      return { kind: samples.kind, timestampMs, body };
    },
    async *tags(read, startSeconds, delay, signal) {
      let first = 0;
      for (const fragment of samples.fragments) {
        const end = first + fragment.sampleCount;
        const from = first;
        first = end;
        if ((times[end] ?? 0) / samples.timescale <= startSeconds) continue;
        const length = samples.sizes.slice(from, end).reduce((sum, size) => sum + size, 0);
        const object = samples.objects[fragment.object] ?? '';
        const media = await read(object, { offset: fragment.offset, length }, signal);
        let position = 0;
        for (let index = from; index < end; index += 1) {
          const size = samples.sizes[index] ?? 0;
          const data = media.subarray(position, position + size);
          position += size;
          const ticks = (times[index] ?? 0) - samples.mediaStart;
          const timestampMs = toMs(ticks + delay * samples.timescale);
          if (timestampMs < startSeconds * 1000 - 0.5) continue;
          const head = isVideo
            ? pictureHead(keys?.has(index) !== false, toMs((offsets[index] ?? 0) + shift))
            : Buffer.from([0xaf, 1]);
          yield { kind: samples.kind, timestampMs, body: Buffer.concat([head, data]) };
        }
      }
    },
  };
}

function pictureHead(isKey: boolean, compositionMs: number): Buffer {
  const head = Buffer.from([isKey ? 0x17 : 0x27, 1, 0, 0, 0]);
  head.writeIntBE(compositionMs, 2, 3);
  return head;
}

function sampleEntry({ movie }: TrackSamples): { readonly type: string; readonly body: Buffer } {
  const stsd = requireBox(Buffer.from(movie, 'base64'), 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  const entry = childBoxes(stsd, 8)[0];
  if (entry === undefined) throw invalidMp4('it describes no track');
  return entry;
}

function avcC({ type, body }: { readonly type: string; readonly body: Buffer }): Buffer {
  // 78 bytes of VisualSampleEntry stand before its boxes (ISO/IEC 14496-12 §12.1.3).
  const found = childBoxes(body, 78).find((box) => box.type === 'avcC')?.body;
  if (found === undefined) throw invalidMp4(`its picture is ${type}, which no tag can carry`);
  return found;
}

/** The AudioSpecificConfig: tag 5 in the `esds` (ISO/IEC 14496-1 §7.2.6.7). */
function audioConfig({ type, body }: { readonly type: string; readonly body: Buffer }): Buffer {
  const esds = childBoxes(body, 28).find((box) => box.type === 'esds')?.body;
  if (esds === undefined) throw invalidMp4(`its sound is ${type}, which no tag can carry`);
  let position = 4;
  while (position < esds.length) {
    const tag = esds[position] ?? 0;
    let length = 0;
    let next = position + 1;
    for (;;) {
      const byte = esds[next] ?? 0;
      length = length * 128 + (byte & 0x7f);
      next += 1;
      if ((byte & 0x80) === 0) break;
    }
    if (tag === 5) return esds.subarray(next, next + length);
    // ES_Descriptor has three bytes, DecoderConfigDescriptor thirteen before what they contain.
    position = tag === 3 ? next + 3 : tag === 4 ? next + 13 : next + length;
  }
  throw invalidMp4('its esds has no decoder description');
}
