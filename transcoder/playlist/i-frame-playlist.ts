import type { SegmentRun } from '../segment-run.ts';
import type { MediaPlaylist } from './media-playlist.ts';

/**
 * Writes a playlist of key pictures alone (RFC 8216 §4.3.3.6), with which a player shows pictures while it is wound; pure.
 * Every segment begins with its key picture, so a range reaches from the segment's start, which has the boxes a decoder
 * needs, to that picture's last byte; a picture lasts until the next one.
 */
export function formatIFramePlaylist({ extent, targetDuration, runs }: MediaPlaylist): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${extent === 'complete' ? 'VOD' : 'EVENT'}`,
    '#EXT-X-I-FRAMES-ONLY',
  ];
  let init = '';
  for (const run of runs) {
    const uri = run.name.slice(run.name.indexOf('/') + 1);
    if (run.isDiscontinuity === true) lines.push('#EXT-X-DISCONTINUITY');
    if (run.initSha256 !== init) {
      lines.push(`#EXT-X-MAP:URI="${uri}",BYTERANGE="${run.initBytes}@0"`);
      init = run.initSha256;
    }
    let offset = run.initBytes;
    for (const [ticks, bytes, keyOffset, keyBytes] of run.segments) {
      lines.push(
        `#EXTINF:${(ticks / run.timescale).toFixed(6)},`,
        `#EXT-X-BYTERANGE:${keyOffset + keyBytes}@${offset}`,
        uri,
      );
      offset += bytes;
    }
  }
  if (extent === 'complete') lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The same runs with nothing in each segment but what an I-frame playlist names; for measuring its rates. */
export function keyPicturesOf(runs: readonly SegmentRun[]): readonly SegmentRun[] {
  return runs.map((run) => ({
    ...run,
    segments: run.segments.map(([ticks, , keyOffset, keyBytes]) => [
      ticks,
      keyOffset + keyBytes,
      keyOffset,
      keyBytes,
    ]),
  }));
}
