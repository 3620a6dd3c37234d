import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { demandSandbox, type SandboxPolicy } from './box.ts';
import { readContainerChapters, type ContainerChapter } from './chapters.ts';
import { TranscodeError } from './errors.ts';
import { runFfprobe } from './ffmpeg.ts';
import {
  HOSTILE_INPUT_OPTIONS,
  MAX_DURATION,
  MAX_FRAME_RATE,
  MAX_HEADER_BYTES,
  MAX_PIXELS,
  MIN_PICTURES_IN_TEN_MINUTES,
  TOO_MANY_DOTS,
  TOO_MANY_DOTS_MESSAGE,
} from './hostile-media.ts';
import { measureFieldOrder } from './interlacing.ts';
import type {
  AudioTrack,
  FieldOrder,
  FrameFacts,
  MediaInfo,
  Rational,
  SubtitleTrack,
  VideoTrack,
} from './media-info.ts';
import { scanPackets } from './packet-scan.ts';
import { openScratch, type Scratch } from './scratch.ts';

/** How {@link probe} looks at a file. */
export interface ProbeSourceOptions {
  readonly signal?: AbortSignal;
  /** Where the run's folder is made; the system's temporary folder by default. */
  readonly scratchDir?: string;
  /** `preferred` by default. */
  readonly sandbox?: SandboxPolicy;
}

/** Reading the headers takes milliseconds; a file that needs longer is made to. */
const HEADER_TIMEOUT_MS = 20_000;

/**
 * Looks into a file: what tracks it has, by reading every packet how long they really are and where the key pictures lie,
 * and by decoding a few pictures whether they are interlaced. The file is foreign: it is read boxed, by whitelisted demuxers and
 * decoders only.
 *
 * @throws {TranscodeError} `empty-file`, `not-media`, `refused-format`, `truncated-media` (nothing can be read at all),
 *   `no-track`, `too-large`, `probe-failed`, `probe-overrun`, `canceled`, `tool-missing`, `sandbox-missing`
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
  const { headers, complaints } = await readHeaders(scratch, sizeBytes, signal);
  const streams = headers.streams ?? [];
  const pictures = streams.filter((stream) => stream.codec_type === 'video' && (stream.width ?? 0) > 0);
  const videoStream = pictureStream(pictures, complaints);
  const video = videoStream === undefined ? undefined : videoTrack(videoStream);
  const sound = streams.filter((stream) => stream.codec_type === 'audio' && (stream.channels ?? 0) > 0);
  if (video === undefined && sound.length === 0) {
    throw new TranscodeError(
      'no-track',
      'The file has neither a picture nor a sound track. Upload the lecture itself.',
    );
  }
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
  const duration = Math.max(packets.frames?.end ?? 0, ...audio.map(({ end }) => end));
  const info: MediaInfo = {
    format: headers.format?.format_name ?? 'unknown',
    sizeBytes,
    declaredDuration: await declaredDuration(scratch, headers, { duration, sizeBytes }),
    duration,
    video,
    frames: packets.frames,
    audio,
    subtitles: streams.filter((stream) => stream.codec_type === 'subtitle').map(subtitleTrack),
    chapters: readContainerChapters(headers.chapters ?? [], origin, duration),
    cover: video === undefined ? pictures.find(isCover)?.index : undefined,
    shifts: packets.shifts,
  };
  checkLimits(info);
  return info;
}

/**
 * How long the file says it is. ffmpeg reckons an AVI without its index by the bytes that are there; but the first bytes of a RIFF file
 * say how many there should be.
 */
async function declaredDuration(
  scratch: Scratch,
  headers: Headers,
  found: { readonly duration: number; readonly sizeBytes: number },
): Promise<number | undefined> {
  const declared = Number(headers.format?.duration);
  if (headers.format?.format_name === 'avi') {
    const wholeBytes = await riffBytes(join(scratch.folder, 'source'));
    if (wholeBytes > found.sizeBytes) return (found.duration * wholeBytes) / found.sizeBytes;
  }
  return Number.isFinite(declared) ? declared : undefined;
}

/** The length of the first RIFF chunk: the whole file's, or the first gigabyte of a long one's. */
async function riffBytes(path: string): Promise<number> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(8);
    await file.read(head, 0, head.length, 0);
    return head.toString('latin1', 0, 4) === 'RIFF' ? head.readUInt32LE(4) + head.length : 0;
  } finally {
    await file.close();
  }
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
  if (frames !== undefined && frames.averageRate > MAX_FRAME_RATE) {
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

interface Stream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  profile?: string;
  level?: number;
  pix_fmt?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  field_order?: string;
  r_frame_rate?: string;
  avg_frame_rate?: string;
  color_primaries?: string;
  color_transfer?: string;
  color_space?: string;
  color_range?: string;
  channels?: number;
  sample_rate?: string;
  disposition?: {
    attached_pic?: number;
    default?: number;
    comment?: number;
    visual_impaired?: number;
  };
  tags?: { language?: string; title?: string };
  side_data_list?: { rotation?: number }[];
}

interface Headers {
  streams?: Stream[];
  chapters?: ContainerChapter[];
  format?: { format_name?: string; duration?: string; start_time?: string };
}

async function readHeaders(
  scratch: Scratch,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly headers: Headers; readonly complaints: string }> {
  const lines: string[] = [];
  let complaints: string;
  try {
    complaints = await runFfprobe(
      [
        '-v',
        'error',
        ...HOSTILE_INPUT_OPTIONS,
        '-show_format',
        '-show_streams',
        '-show_chapters',
        '-of',
        'json',
      ],
      scratch,
      {
        timeoutMs: HEADER_TIMEOUT_MS,
        maxBytes: MAX_HEADER_BYTES,
        onLine: (line) => lines.push(line),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    throw error instanceof TranscodeError && error.code === 'probe-failed'
      ? refusal(error, sizeBytes)
      : error;
  }
  return { headers: JSON.parse(lines.join('\n')) as Headers, complaints };
}

/** The first picture that moves; a cover is none. */
function pictureStream(pictures: readonly Stream[], complaints: string): Stream | undefined {
  const stream = pictures.find((picture) => !isCover(picture));
  if (stream !== undefined) refuseUndecodable(stream, complaints);
  return stream;
}

function isCover(stream: Stream): boolean {
  return stream.disposition?.attached_pic === 1;
}

/** ffprobe decodes the first pictures; where it learns no pixel format from them, none could be decoded. */
function refuseUndecodable(stream: Stream, complaints: string): void {
  if (stream.pix_fmt !== undefined && stream.pix_fmt !== 'unknown') return;
  if (TOO_MANY_DOTS.test(complaints)) throw new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE);
  throw new TranscodeError(
    'truncated-media',
    'The picture cannot be decoded: the file is damaged. Export the lecture anew as MP4 (H.264 and AAC) and upload that.',
  );
}

/** Less is no recording that was cut off: a letter G alone makes ffprobe take a short text for the start of an MPEG-TS. */
const SMALLEST_MEDIA_BYTES = 1024;

/** Puts ffprobe's words into the producer's. */
function refusal(error: TranscodeError, sizeBytes: number): TranscodeError {
  const words = error.ffmpeg?.stderrTail ?? '';
  const facts = { cause: error, ...(error.ffmpeg === undefined ? {} : { ffmpeg: error.ffmpeg }) };
  if (/not on whitelist/i.test(words)) {
    return new TranscodeError(
      'refused-format',
      'The file is not of a kind that is taken: it is a playlist, a script or a rare format, whatever its name ends in. Export the lecture as MP4 (H.264 and AAC) and upload that.',
      facts,
    );
  }
  const endsEarly = sizeBytes >= SMALLEST_MEDIA_BYTES && /End of file/i.test(words);
  if (endsEarly || /moov atom not found|partial file/i.test(words)) {
    return new TranscodeError(
      'truncated-media',
      'The end of the file is missing, and with it the index that is needed to play it. Upload it again; if that does not help, export it anew.',
      facts,
    );
  }
  if (TOO_MANY_DOTS.test(words)) return new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE, facts);
  if (/Cannot allocate memory|max_streams/.test(words)) {
    return new TranscodeError(
      'probe-overrun',
      'The index of the file asks for more memory than any lecture needs: it is damaged or made to be costly. Export the lecture as MP4 (H.264 and AAC) and upload that.',
      facts,
    );
  }
  if (/Invalid data found|could not find codec|Invalid argument|End of file/i.test(words)) {
    return new TranscodeError(
      'not-media',
      'The file is not a video or a sound recording. Choose the lecture itself and upload that.',
      facts,
    );
  }
  return error;
}

/** ffprobe's words: the second letter is the field that is shown first. */
const FIELD_ORDERS: Readonly<Record<string, FieldOrder>> = {
  tt: 'top-first',
  bt: 'top-first',
  bb: 'bottom-first',
  tb: 'bottom-first',
};

function videoTrack(stream: Stream): VideoTrack {
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const turned = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const rotation = (((Math.round(-turned / 90) * 90) % 360) + 360) % 360;
  const samples = rational(stream.sample_aspect_ratio?.replace(':', '/'));
  const sampleRatio =
    samples.numerator > 0 && samples.denominator > 0 ? samples.numerator / samples.denominator : 1;
  // Wide samples are stretched in width and never squeezed in height: no line of text is lost.
  const width = sampleRatio > 0.1 && sampleRatio < 10 ? codedWidth * sampleRatio : codedWidth;
  const [displayWidth, displayHeight] = rotation % 180 === 0 ? [width, codedHeight] : [codedHeight, width];
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    profile: stream.profile,
    level: stream.level,
    pixelFormat: stream.pix_fmt,
    codedWidth,
    codedHeight,
    displayWidth: even(displayWidth),
    displayHeight: even(displayHeight),
    rotation,
    fieldOrder: FIELD_ORDERS[stream.field_order ?? ''] ?? 'progressive',
    hasSquareSamples: Math.abs(sampleRatio - 1) < 0.005,
    declaredFrameRate: rational(stream.r_frame_rate),
    color: {
      primaries: known(stream.color_primaries),
      transfer: known(stream.color_transfer),
      matrix: known(stream.color_space),
      range: known(stream.color_range),
    },
  };
}

function subtitleTrack(stream: Stream): SubtitleTrack {
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    language: languageOf(stream),
    title: stream.tags?.title,
  };
}

function languageOf(stream: Stream): string | undefined {
  const language = stream.tags?.language;
  return language === 'und' ? undefined : language;
}

function audioTrack(
  stream: Stream,
  extent: { readonly start: number; readonly end: number } | undefined,
): AudioTrack {
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    channels: stream.channels ?? 1,
    sampleRate: Number(stream.sample_rate ?? 48_000),
    language: languageOf(stream),
    title: stream.tags?.title,
    isDefault: stream.disposition?.default === 1,
    isCommentary: stream.disposition?.comment === 1 || stream.disposition?.visual_impaired === 1,
    start: extent?.start ?? 0,
    end: extent?.end ?? 0,
  };
}

/** ffprobe says `unknown` or `reserved` where the stream says nothing. */
function known(word: string | undefined): string | undefined {
  return word === undefined || ['unknown', 'unspecified', 'reserved'].includes(word) ? undefined : word;
}

function rational(text: string | undefined): Rational {
  const match = /^(\d+)\/(\d+)$/.exec(text ?? '');
  return { numerator: Number(match?.[1] ?? 0), denominator: Number(match?.[2] ?? 1) };
}

function even(size: number): number {
  return Math.max(2, Math.round(size / 2) * 2);
}
