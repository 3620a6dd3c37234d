import type { Rational } from '../media-info.ts';
import type { Bandwidth } from './bandwidth.ts';

/** The name of a rendition's playlist of key pictures, in the rendition's folder. */
export const I_FRAME_NAME = 'iframes.m3u8';

/** One size of the picture in a multivariant playlist. */
export interface VideoVariant {
  /** The rendition's name and folder. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: Rational;
  readonly codec: string;
  readonly bandwidth: Bandwidth;
  /** What its key pictures alone take. */
  readonly keyPictures: Bandwidth;
}

/** The one sound rendition that all sizes share; by itself it is the variant for phones on thin lines. */
export interface AudioVariant {
  readonly name: string;
  readonly channels: number;
  readonly language: string | undefined;
  readonly codec: string;
  readonly bandwidth: Bandwidth;
}

/** A multivariant playlist (RFC 8216 §4.3.4). */
export interface MultivariantPlaylist {
  readonly video: readonly VideoVariant[];
  readonly audio: AudioVariant | undefined;
}

/**
 * Writes a multivariant playlist; pure. A variant's rates are those of picture and sound together (§4.3.4.2), since a player
 * has to fetch both.
 */
export function formatMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const { audio } = playlist;
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (audio !== undefined) {
    const language = audio.language === undefined ? '' : `LANGUAGE="${attributeText(audio.language)}",`;
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="原声",${language}DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.name}/index.m3u8"`,
    );
  }
  for (const variant of playlist.video.toSorted((a, b) => a.bandwidth.average - b.bandwidth.average)) {
    const codecs = [variant.codec, ...(audio === undefined ? [] : [audio.codec])].join(',');
    const attributes = [
      `BANDWIDTH=${variant.bandwidth.peak + (audio?.bandwidth.peak ?? 0)}`,
      `AVERAGE-BANDWIDTH=${variant.bandwidth.average + (audio?.bandwidth.average ?? 0)}`,
      `CODECS="${codecs}"`,
      `RESOLUTION=${variant.width}x${variant.height}`,
      `FRAME-RATE=${(variant.frameRate.numerator / variant.frameRate.denominator).toFixed(3)}`,
      ...(audio === undefined ? [] : ['AUDIO="sound"']),
      'CLOSED-CAPTIONS=NONE',
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, `${variant.name}/index.m3u8`);
  }
  if (audio !== undefined) {
    const attributes = [
      `BANDWIDTH=${audio.bandwidth.peak}`,
      `AVERAGE-BANDWIDTH=${audio.bandwidth.average}`,
      `CODECS="${audio.codec}"`,
      'AUDIO="sound"',
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, `${audio.name}/index.m3u8`);
  }
  for (const variant of playlist.video) lines.push(iFrameLine(variant));
  return `${lines.join('\n')}\n`;
}

/** §4.3.4.3: what a player shows while it is wound. */
function iFrameLine({ name, width, height, codec, keyPictures }: VideoVariant): string {
  const attributes = [
    `BANDWIDTH=${keyPictures.peak}`,
    `AVERAGE-BANDWIDTH=${keyPictures.average}`,
    `CODECS="${codec}"`,
    `RESOLUTION=${width}x${height}`,
    `URI="${name}/${I_FRAME_NAME}"`,
  ];
  return `#EXT-X-I-FRAME-STREAM-INF:${attributes.join(',')}`;
}

/** A quoted string may hold no quote and no line break (§4.2). */
function attributeText(text: string): string {
  return text.replace(/["\r\n]/g, '');
}
