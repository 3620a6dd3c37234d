import { captionFolder, pieceName, type CaptionTrack } from '../captions/caption-track.ts';
import { PIECE_SECONDS } from '../captions/webvtt.ts';

/** What players show of a subtitle rendition before they fetch it. */
export type SubtitleRendition = Pick<CaptionTrack, 'edition' | 'language' | 'label' | 'kind'>;

/** The subtitle group's name. */
const GROUP = 'text';

/** What §4.4.6.1 of RFC 8216bis has captions for the deaf say of themselves. */
const FOR_THE_DEAF =
  'public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound';

/**
 * The playlist of a subtitle rendition (RFC 8216 §4.3.3); pure. It is a VOD also while the lecture grows, which §6.2.4 allows
 * subtitles alone, and has a target duration of its own. The last piece lasts to the end of the lecture.
 *
 * @param duration - seconds of the whole lecture
 */
export function formatSubtitlePlaylist(track: Pick<CaptionTrack, 'pieceCount'>, duration: number): string {
  const count = Math.max(1, Math.min(track.pieceCount, Math.ceil(duration / PIECE_SECONDS)));
  const durations = Array.from({ length: count }, (_, piece) =>
    piece + 1 < count ? PIECE_SECONDS : Math.max(0.001, duration - piece * PIECE_SECONDS),
  );
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(Math.max(...durations)))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    ...durations.flatMap((seconds, piece) => [`#EXTINF:${seconds.toFixed(6)},`, pieceName(piece)]),
    '#EXT-X-ENDLIST',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Puts subtitle renditions into a multivariant playlist (RFC 8216 §4.3.4); pure. Captions come and go while the media stays, so
 * they are no part of what is stored: whoever hands the playlist out adds those of the moment.
 */
export function withSubtitles(multivariant: string, tracks: readonly SubtitleRendition[]): string {
  if (tracks.length === 0) return multivariant;
  const lines = multivariant
    .split('\n')
    .map((line) => (line.startsWith('#EXT-X-STREAM-INF:') ? `${line},SUBTITLES="${GROUP}"` : line));
  const first = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  lines.splice(first === -1 ? lines.length : first, 0, ...tracks.map((track) => mediaLine(track, tracks)));
  return lines.join('\n');
}

function mediaLine(track: SubtitleRendition, all: readonly SubtitleRendition[]): string {
  // Names must differ within a group (§4.3.4.1.1).
  const isShared = all.some((other) => other !== track && other.label === track.label);
  const name = isShared ? `${track.label} (${track.language})` : track.label;
  const attributes = [
    'TYPE=SUBTITLES',
    `GROUP-ID="${GROUP}"`,
    `NAME="${quoted(name)}"`,
    `LANGUAGE="${quoted(track.language)}"`,
    'DEFAULT=NO',
    'AUTOSELECT=YES',
    'FORCED=NO',
    ...(track.kind === 'captions' ? [`CHARACTERISTICS="${FOR_THE_DEAF}"`] : []),
    `URI="${captionFolder(track.edition)}/index.m3u8"`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

/** A quoted string may hold no quote and no line break (§4.2). */
function quoted(text: string): string {
  return text.replace(/["\r\n]/g, '');
}
