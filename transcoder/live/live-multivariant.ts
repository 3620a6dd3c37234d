import type { InputFacts } from './cut.ts';

/** A rendition as the multivariant playlist names it. */
export interface LiveVariant {
  readonly name: string;
  readonly facts: InputFacts;
  /** Bits a second, of the fattest segments and on the whole. */
  readonly peakBandwidth: number;
  readonly averageBandwidth: number;
}

/**
 * Writes a multivariant playlist (RFC 8216bis §4.4.6.2); pure. Picture and sound are one stream, so there are no groups. The
 * first rendition stands first: players begin with it.
 *
 * @param file - which of a rendition's two playlists is meant
 */
export function formatLiveMultivariant(
  variants: readonly LiveVariant[],
  file: 'index.m3u8' | 'dvr.m3u8',
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9'];
  for (const { name, facts, peakBandwidth, averageBandwidth } of variants) {
    const attributes = [
      `BANDWIDTH=${Math.max(1, peakBandwidth)}`,
      `AVERAGE-BANDWIDTH=${Math.max(1, averageBandwidth)}`,
      `CODECS="${facts.codecs}"`,
      ...(facts.size === undefined ? [] : [`RESOLUTION=${facts.size.width}x${facts.size.height}`]),
      'CLOSED-CAPTIONS=NONE',
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, `${name}/${file}`);
  }
  return `${lines.join('\n')}\n`;
}
