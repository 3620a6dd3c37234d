import { readObject, type ObjectStore } from '../../storage/index.ts';
import { PACKAGE_NAME, parsePackageList } from '../package-list.ts';
import { withSubtitles } from '../playlist/subtitle-playlist.ts';
import { MULTIVARIANT_NAME } from '../presentation.ts';
import { keyUnder } from '../segment-run.ts';
import { captionedPackage, captionPlaylist } from './captioned-package.ts';
import type { CaptionTrack } from './caption-track.ts';

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/**
 * Writes captions into the playlists and the list of objects of a finished lecture in a store. The multivariant playlist comes
 * last, so it never names what is not there.
 *
 * @throws {StorageError} what the store throws
 */
export async function completeWithCaptions(
  store: ObjectStore,
  prefix: string,
  tracks: readonly CaptionTrack[],
): Promise<void> {
  if (tracks.length === 0) return;
  const multivariant = String(await readObject(store, keyUnder(prefix, MULTIVARIANT_NAME)));
  const list = parsePackageList(await readObject(store, keyUnder(prefix, PACKAGE_NAME)));
  const put = async (name: string, text: string, contentType: string): Promise<void> => {
    await store.put(keyUnder(prefix, name), Buffer.from(text), { contentType });
  };
  for (const track of tracks) {
    const { name, text } = captionPlaylist(track, list.duration);
    await put(name, text, PLAYLIST_TYPE);
  }
  const completed = captionedPackage(list, multivariant, tracks);
  await put(PACKAGE_NAME, JSON.stringify(completed), 'application/json');
  await put(MULTIVARIANT_NAME, withSubtitles(multivariant, tracks), PLAYLIST_TYPE);
}
