import type { MediaInfo, TimeShift, VideoTrack } from './media-info.ts';

/** One pass that copies a source, packet by packet, into a Matroska file that can be entered exactly at a time. */
export interface RemuxPlan {
  /** The streams to copy, in this order; all later stream indexes count in the copy. */
  readonly streams: readonly number[];
  /** Those of them whose sound is decoded and kept so, because a copy could not hold it. */
  readonly lossless: readonly number[];
  /** True for a picture that Matroska cannot hold; it is decoded and kept as H.264, without loss. */
  readonly isPictureRecoded: boolean;
  /** MPEG-4 Part 2 as DivX packed it into AVI, two pictures in a packet; they are taken apart. */
  readonly isPacked: boolean;
  /** What straightens a clock that jumps; the streams are those of the source. */
  readonly shifts: readonly TimeShift[];
}

/** Containers with an index that lets ffmpeg start exactly at a time; in the others a cut loses or doubles pictures. */
const EXACT_CONTAINERS = ['mov', 'matroska', 'asf', 'rm'];

/**
 * Containers for broadcasting, whose clocks overflow and start anew by design: ffmpeg straightens them itself while it copies, in
 * ways that cannot be switched off. What it leaves is straightened in a second pass.
 */
const STRAIGHTENED_BY_FFMPEG = ['mpegts', 'mpeg', 'ogg'];

/** Containers that count in the milliseconds of a Matroska file. */
const IN_MILLISECONDS = ['matroska', 'asf', 'flv', 'rm'];

/** What the Matroska muxer refuses: RealAudio, and the sound of discs, of Flash, of dictating machines and of the air. */
const NOT_IN_MATROSKA = new Set([
  ...['cook', 'sipr', 'ra_144', 'ra_288', 'atrac3'],
  ...['pcm_dvd', 'pcm_bluray', 'nellymoser', 'speex', 'adpcm_swf', 'amr_nb', 'amr_wb', 'aac_latm', 's302m'],
]);

/**
 * Containers whose AAC says in the midst of the stream that its channels or its rate change. Matroska says it once, at the head: of a copy
 * all that follows the change would be noise.
 */
const TELLS_CHANGES = ['mpegts', 'flv'];

/**
 * The next pass that a source needs before it can be cut into spans; pure.
 *
 * A clock that jumps is straightened on the way into the copy where packets are only moved: what a muxer does to a clock that goes back cannot
 * be undone. Packets are moved in ticks of the file they come from, so where these differ from those of the copy, and where sound is
 * decoded, that is left to a second pass.
 *
 * @param isCopy - whether `media` is what an earlier pass has left
 * @returns `undefined` when the file can be worked on as it is
 */
export function planRemux(
  media: Pick<MediaInfo, 'format' | 'video' | 'audio' | 'shifts'>,
  isCopy: boolean,
): RemuxPlan | undefined {
  const is = (names: readonly string[]): boolean =>
    names.some((name) => media.format.split(',').includes(name));
  const jumps = is(STRAIGHTENED_BY_FFMPEG) ? [] : media.shifts;
  // Sound alone is never cut, so it needs no index.
  if (jumps.length === 0 && (media.video === undefined || is(EXACT_CONTAINERS))) return undefined;
  const mayChange = is(TELLS_CHANGES) && jumps.length === 0;
  const lossless = media.audio
    .filter(({ codec }) => NOT_IN_MATROSKA.has(codec) || (codec === 'aac' && mayChange))
    .map(({ index }) => index);
  const isPictureRecoded = media.video !== undefined && isRecoded(media.video, is(['avi']));
  const straightens = isCopy || (is(IN_MILLISECONDS) && lossless.length === 0 && !isPictureRecoded);
  return {
    streams: [
      ...(media.video === undefined ? [] : [media.video.index]),
      ...media.audio.map(({ index }) => index),
    ],
    lossless,
    isPictureRecoded,
    isPacked: media.video?.codec === 'mpeg4' && is(['avi']),
    shifts: straightens ? jumps : [],
  };
}

/** The second kind of Flash screen video has no name in Matroska; and the palette of an AVI lies beside its pictures, where none is kept. */
function isRecoded({ codec, pixelFormat }: VideoTrack, isAvi: boolean): boolean {
  return codec === 'flashsv2' || (isAvi && pixelFormat === 'pal8');
}
