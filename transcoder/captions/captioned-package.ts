import { sha256Of, type PackageEntry, type PackageList } from '../package-list.ts';
import { formatSubtitlePlaylist, withSubtitles } from '../playlist/subtitle-playlist.ts';
import { captionFolder, type CaptionTrack } from './caption-track.ts';

/** Name and text of the playlist of a track, under the lecture's folder; pure. */
export function captionPlaylist(
  track: CaptionTrack,
  duration: number,
): { readonly name: string; readonly text: string } {
  return {
    name: `${captionFolder(track.edition)}/index.m3u8`,
    text: formatSubtitlePlaylist(track, duration),
  };
}

/**
 * A lecture's list of objects with captions taken along; pure. The multivariant playlist is listed as it is handed out, with the
 * subtitle renditions in it.
 *
 * @param multivariant - the text of `list.entry` without captions
 */
export function captionedPackage(
  list: PackageList,
  multivariant: string,
  tracks: readonly CaptionTrack[],
): PackageList {
  if (tracks.length === 0) return list;
  const media = list.objects.filter(({ name }) => name !== list.entry);
  const texts = tracks.flatMap((track) => {
    const { name, text } = captionPlaylist(track, list.duration);
    return [...track.objects, playlistEntry(name, text)];
  });
  const objects = [...media, ...texts, playlistEntry(list.entry, withSubtitles(multivariant, tracks))];
  return { ...list, objects };
}

function playlistEntry(name: string, text: string): PackageEntry {
  const bytes = Buffer.from(text);
  const contentType = 'application/vnd.apple.mpegurl';
  return { name, sizeBytes: bytes.length, sha256: sha256Of(bytes), contentType };
}
