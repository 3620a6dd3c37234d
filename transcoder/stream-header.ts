import type { AudioTrack, FieldOrder, Rational, SubtitleTrack, VideoTrack } from './media-info.ts';
import type { TrackExtent } from './packet-scan.ts';

/** A stream as ffprobe describes it. */
export interface Stream {
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
  tags?: { language?: string; title?: string; enc_key_id?: string };
  side_data_list?: { rotation?: number }[];
}

/** True of a picture that stands for the file and does not move. */
export function isCover(stream: Stream): boolean {
  return stream.disposition?.attached_pic === 1;
}

/** True of a cover that can be decoded; of another one ffprobe knows no pixel format. */
export function isUsableCover(stream: Stream): boolean {
  return isCover(stream) && hasPicture(stream);
}

/** True of a Matroska track that is encrypted; ffprobe tells with which key. */
export function isEncrypted({ tags }: Stream): boolean {
  return tags?.enc_key_id !== undefined;
}

/** True of a track coded in a way that ffmpeg has no name for, such as the spatial sound that telephones add to the ordinary one. */
export function isUnknown({ codec_name: codec }: Stream): boolean {
  return codec === undefined || codec === 'unknown' || codec === 'none';
}

/** Whether ffprobe could decode a picture of the stream. */
export function hasPicture({ pix_fmt: format }: Stream): boolean {
  return format !== undefined && format !== 'unknown';
}

/** ffprobe's words: the second letter is the field that is shown first. */
const FIELD_ORDERS: Readonly<Record<string, FieldOrder>> = {
  tt: 'top-first',
  bt: 'top-first',
  bb: 'bottom-first',
  tb: 'bottom-first',
};

/** The picture track that a stream is; pure. */
export function videoTrack(stream: Stream): VideoTrack {
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

/** The text track that a stream is; pure. */
export function subtitleTrack(stream: Stream): SubtitleTrack {
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

/**
 * The sound track that a stream is; pure.
 *
 * @param extent - where it stands on the file's clock, if it has any sound
 */
export function audioTrack(stream: Stream, extent: TrackExtent | undefined): AudioTrack {
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
    hasSteadyClock: extent?.hasSteadyClock ?? false,
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
