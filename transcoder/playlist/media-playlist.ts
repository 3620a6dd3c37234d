import type { SegmentRun } from '../segment-run.ts';

/** A media playlist (RFC 8216 §4.3.3) over byte ranges of stored runs. */
export interface MediaPlaylist {
  /** `growing` is an EVENT that players load again; `complete` is a VOD with an end. */
  readonly extent: 'growing' | 'complete';
  /** Whole seconds; must not change while the playlist grows. */
  readonly targetDuration: number;
  readonly runs: readonly SegmentRun[];
}

/**
 * Writes a media playlist; pure. Names are relative to the playlist, whose folder is the rendition's, so the same text
 * works in a store, in a folder and behind a server. All runs share the first one's init segment; a run whose init
 * segment differs brings its own `EXT-X-MAP` (§4.3.2.5).
 */
export function formatMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = [
    '#EXTM3U',
    // Version 7: EXT-X-MAP in a list that is not of I-frames, and fractional durations (§7).
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${playlist.extent === 'complete' ? 'VOD' : 'EVENT'}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  let init = '';
  for (const run of playlist.runs) {
    const uri = run.name.slice(run.name.indexOf('/') + 1);
    if (run.isDiscontinuity === true) lines.push('#EXT-X-DISCONTINUITY');
    if (run.initSha256 !== init) {
      lines.push(`#EXT-X-MAP:URI="${uri}",BYTERANGE="${run.initBytes}@0"`);
      init = run.initSha256;
    }
    if (run.wallClockMs !== undefined)
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(run.wallClockMs).toISOString()}`);
    let offset = run.initBytes;
    for (const [ticks, bytes] of run.segments) {
      lines.push(
        `#EXTINF:${(ticks / run.timescale).toFixed(6)},`,
        `#EXT-X-BYTERANGE:${bytes}@${offset}`,
        uri,
      );
      offset += bytes;
    }
  }
  if (playlist.extent === 'complete') lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}
