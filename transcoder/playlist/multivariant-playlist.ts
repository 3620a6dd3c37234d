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

/** A sound rendition that all sizes share; the default one, by itself, is the variant for phones on thin lines. */
export interface AudioVariant {
  readonly name: string;
  /** What a viewer reads in a menu; differs from the others'. */
  readonly label: string;
  /** BCP 47. */
  readonly language: string | undefined;
  /** True of exactly one. */
  readonly isDefault: boolean;
  readonly isCommentary: boolean;
  readonly channels: number;
  readonly codec: string;
  readonly bandwidth: Bandwidth;
}

/** A multivariant playlist (RFC 8216 §4.3.4). */
export interface MultivariantPlaylist {
  readonly video: readonly VideoVariant[];
  readonly audio: readonly AudioVariant[];
}

/**
 * Writes a multivariant playlist; pure. A variant's rates are those of picture and sound together (§4.3.4.2), since a player
 * has to fetch both; of several sounds the largest counts.
 */
export function formatMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const audio = playlist.audio.find(({ isDefault }) => isDefault) ?? playlist.audio[0];
  const sound = {
    peak: Math.max(0, ...playlist.audio.map(({ bandwidth }) => bandwidth.peak)),
    average: Math.max(0, ...playlist.audio.map(({ bandwidth }) => bandwidth.average)),
  };
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  for (const rendition of playlist.audio) lines.push(mediaLine(rendition, rendition === audio));
  for (const variant of playlist.video.toSorted((a, b) => a.bandwidth.average - b.bandwidth.average)) {
    const codecs = [variant.codec, ...(audio === undefined ? [] : [audio.codec])].join(',');
    const attributes = [
      `BANDWIDTH=${variant.bandwidth.peak + sound.peak}`,
      `AVERAGE-BANDWIDTH=${variant.bandwidth.average + sound.average}`,
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
      `BANDWIDTH=${sound.peak}`,
      `AVERAGE-BANDWIDTH=${sound.average}`,
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

function mediaLine(audio: AudioVariant, isDefault: boolean): string {
  const attributes = [
    'TYPE=AUDIO',
    'GROUP-ID="sound"',
    `NAME="${attributeText(audio.label)}"`,
    ...(audio.language === undefined ? [] : [`LANGUAGE="${attributeText(audio.language)}"`]),
    `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
    // A default must be one that a player may choose by itself (§4.3.4.1).
    `AUTOSELECT=${audio.isCommentary && !isDefault ? 'NO' : 'YES'}`,
    `CHANNELS="${audio.channels}"`,
    `URI="${audio.name}/index.m3u8"`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

/** A quoted string may hold no quote and no line break (§4.2). */
function attributeText(text: string): string {
  return text.replace(/["\r\n]/g, '');
}
