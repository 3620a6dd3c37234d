import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

import { demandSandbox, type SandboxPolicy } from './box.ts';
import { readContainerChapters } from './chapters.ts';
import { pictureStream, readHeaders, unknownCoding, type Headers } from './container-headers.ts';
import { copyProtected, refuseProtected } from './copy-protection.ts';
import { declaredDuration } from './declared-duration.ts';
import { TranscodeError } from './errors.ts';
import { MAX_DURATION, MAX_FRAME_RATE, MAX_PIXELS, MIN_PICTURES_IN_TEN_MINUTES } from './hostile-media.ts';
import { measureFieldOrder } from './interlacing.ts';
import type { FrameFacts, MediaInfo } from './media-info.ts';
import { scanPackets } from './packet-scan.ts';
import { openScratch, type Scratch } from './scratch.ts';
import {
  audioTrack,
  isEncrypted,
  isUnknown,
  isUsableCover,
  subtitleTrack,
  videoTrack,
  type Stream,
} from './stream-header.ts';
import { unreadShare } from './unread-share.ts';

/** How {@link probe} looks at a file. */
export interface ProbeSourceOptions {
  readonly signal?: AbortSignal;
  /** Where the run's folder is made; the system's temporary folder by default. */
  readonly scratchDir?: string;
  /** `preferred` by default. */
  readonly sandbox?: SandboxPolicy;
}

/**
 * Looks into a file: what tracks it has, by reading every packet how long they really are and where the key pictures lie,
 * and by decoding a few pictures whether they are interlaced. The file is foreign: it is read boxed, by whitelisted demuxers and
 * decoders only.
 *
 * @throws {TranscodeError} `empty-file`, `not-media`, `refused-format`, `copy-protected`, `truncated-media` (nothing can be read at all),
 *   `no-track`, `too-many-tracks`, `too-large`, `probe-failed`, `probe-overrun`, `probe-stalled`, `canceled`, `tool-missing`, `sandbox-missing`
 *
 * @example
 * const media = await probe('lecture.mp4');
 * media.video?.displayHeight; // 1080
 */
export async function probe(path: string, options: ProbeSourceOptions = {}): Promise<MediaInfo> {
  return withFieldOrder(await readPackets(path, options), path, options);
}

/** Like {@link probe}, without decoding a picture: whether they are interlaced is what the stream says. */
export async function readPackets(path: string, options: ProbeSourceOptions = {}): Promise<MediaInfo> {
  await demandSandbox(options.sandbox ?? 'preferred');
  const source = resolve(path);
  const { size } = await stat(source);
  if (size === 0)
    throw new TranscodeError('empty-file', `Cannot use ${path}: the file is empty. Upload it again.`);
  const scratch = await openScratch(options.scratchDir ?? tmpdir(), source);
  try {
    return await readScratch(scratch, size, options.signal);
  } finally {
    await scratch.remove();
  }
}

/** The same facts with the field order measured on the pictures of this file. */
export async function withFieldOrder(
  media: MediaInfo,
  path: string,
  options: ProbeSourceOptions = {},
): Promise<MediaInfo> {
  const { video, frames } = media;
  if (video === undefined || frames === undefined) return media;
  const scratchDir = options.scratchDir ?? tmpdir();
  const fieldOrder = await measureFieldOrder(resolve(path), video, frames, scratchDir, options.signal);
  return { ...media, video: { ...video, fieldOrder } };
}

async function readScratch(
  scratch: Scratch,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<MediaInfo> {
  await refuseProtected(scratch.sourcePath);
  const { headers, complaints } = await readHeaders(scratch, sizeBytes, signal);
  const { video, sound, isSoundKnown, cover, subtitles } = chooseTracks(headers, complaints);
  const origin = Number(headers.format?.start_time ?? 0) || 0;
  const packets = await scanPackets(
    scratch,
    {
      picture: video?.index,
      sound: sound.map(({ index }) => index),
      origin,
    },
    signal,
  );
  const audio = sound
    .map((stream) => audioTrack(stream, packets.sound.get(stream.index)))
    // A track that is announced and never comes is none.
    .filter(({ end }) => end > 0);
  if (!isSoundKnown && audio.length > 0) throw unknownCoding('sound');
  const duration = Math.max(packets.frames?.end ?? 0, ...audio.map(({ end }) => end));
  const format = headers.format?.format_name ?? 'unknown';
  const info: MediaInfo = {
    format,
    sizeBytes,
    declaredDuration: await declaredDuration(headers, {
      path: scratch.sourcePath,
      sizeBytes,
      origin,
      duration,
    }),
    duration,
    video,
    frames: packets.frames,
    audio,
    subtitles,
    chapters: readContainerChapters(headers.chapters ?? [], origin, duration),
    cover,
    breaks: packets.breaks,
    unreadShare: await unreadShare({
      path: scratch.sourcePath,
      sizeBytes,
      format,
      packetBytes: packets.packetBytes,
    }),
    shifts: packets.shifts,
  };
  checkLimits(info);
  return info;
}

/** The tracks of a file that a lecture is made of. */
interface Tracks extends Pick<MediaInfo, 'video' | 'subtitles' | 'cover'> {
  readonly sound: readonly Stream[];
  /** False when no sound is coded in a way that is known; whether there is any is seen from its packets. */
  readonly isSoundKnown: boolean;
}

function chooseTracks({ streams = [] }: Headers, complaints: string): Tracks {
  if (streams.some(isEncrypted)) throw copyProtected();
  const pictures = streams.filter((stream) => stream.codec_type === 'video' && (stream.width ?? 0) > 0);
  const picture = pictureStream(pictures, complaints);
  const audible = streams.filter((stream) => stream.codec_type === 'audio' && (stream.channels ?? 0) > 0);
  if (picture === undefined && audible.length === 0) {
    throw new TranscodeError(
      'no-track',
      'The file has neither a picture nor a sound track. Upload the lecture itself.',
    );
  }
  const known = audible.filter((stream) => !isUnknown(stream));
  return {
    video: picture === undefined ? undefined : videoTrack(picture),
    sound: known.length > 0 ? known : audible,
    isSoundKnown: known.length > 0,
    cover: picture === undefined ? pictures.find(isUsableCover)?.index : undefined,
    subtitles: streams.filter((stream) => stream.codec_type === 'subtitle').map(subtitleTrack),
  };
}

/** Refuses what would only burn the machine's time. */
function checkLimits(info: MediaInfo): void {
  const { video, frames } = info;
  if (info.duration > MAX_DURATION) {
    throw new TranscodeError(
      'too-large',
      `The file lasts ${Math.round(info.duration / 3600)} h; at most ${MAX_DURATION / 3600} h can be taken. Cut it into lectures.`,
    );
  }
  if (video !== undefined && video.codedWidth * video.codedHeight > MAX_PIXELS) {
    throw new TranscodeError(
      'too-large',
      `The picture has ${video.codedWidth}×${video.codedHeight} dots; at most 4096×2304 can be taken. Export it smaller.`,
    );
  }
  if (video !== undefined && (video.displayWidth < 16 || video.displayHeight < 16)) {
    throw new TranscodeError(
      'no-track',
      `The picture is only ${video.codedWidth}×${video.codedHeight} dots. Upload the lecture itself.`,
    );
  }
  if (frames !== undefined && Math.round(frames.averageRate) > MAX_FRAME_RATE) {
    throw new TranscodeError(
      'too-large',
      `The file has ${Math.round(frames.averageRate)} pictures a second; at most ${MAX_FRAME_RATE} can be taken.`,
    );
  }
  if (frames !== undefined && isStretched(info, frames)) {
    throw new TranscodeError(
      'too-large',
      `The file claims to last ${Math.round(info.duration / 3600)} h and holds only ${frames.count} pictures; its times are damaged. Export the lecture anew.`,
    );
  }
  if (frames === undefined && info.audio.length === 0) {
    throw new TranscodeError(
      'truncated-media',
      'The file names a sound track but holds no sound. It looks cut off: upload it again.',
    );
  }
  if (frames !== undefined && frames.count === 0) {
    throw new TranscodeError(
      'truncated-media',
      'The file names a picture track but holds no picture. It looks cut off: upload it again.',
    );
  }
}

/** Sound that lasts as long proves that a picture may rightly stay. */
function isStretched({ audio }: MediaInfo, { end, count }: FrameFacts): boolean {
  const isProved = audio.some((track) => track.end > end * 0.9);
  return !isProved && end > 3600 && count < (end / 600) * MIN_PICTURES_IN_TEN_MINUTES;
}
