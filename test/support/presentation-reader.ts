import { expect } from 'chai';

/** What was fetched of a lecture: its video renditions' playlists, and how many byte ranges there were. */
export interface FetchedPresentation {
  readonly renditions: readonly string[];
  readonly ranges: number;
}

/** Fetches every playlist of a lecture and every byte range that they name, as a player with much time would. */
export async function fetchPresentation(address: string): Promise<FetchedPresentation> {
  const text = await playlistAt(address);
  const videos = [...text.matchAll(/^#EXT-X-STREAM-INF:.*RESOLUTION=.*\n(.+)$/gm)];
  const renditions = videos.map(([, uri]) => new URL(uri ?? '', address).href);
  const playlists = new Set(
    [...text.matchAll(/URI="([^"]+)"|^([^#\n].*)$/gm)].map(
      ([, uri, line]) => new URL(uri ?? line ?? '', address).href,
    ),
  );
  let ranges = 0;
  for (const playlist of playlists) {
    for (const { uri, length, start } of rangesOf(await playlistAt(playlist))) {
      const reply = await fetch(new URL(uri, playlist), {
        headers: { Range: `bytes=${start}-${start + length - 1}` },
      });
      expect(reply.status, `${uri} ${start}+${length}`).to.equal(206);
      expect((await reply.arrayBuffer()).byteLength).to.equal(length);
      ranges += 1;
    }
  }
  return { renditions, ranges };
}

async function playlistAt(address: string): Promise<string> {
  const reply = await fetch(address);
  const text = await reply.text();
  expect(reply.status, text).to.equal(200);
  expect(reply.headers.get('content-type')).to.equal('application/vnd.apple.mpegurl');
  expect(text).to.match(/^#EXTM3U\n/);
  return text;
}

function rangesOf(
  playlist: string,
): readonly { readonly uri: string; readonly length: number; readonly start: number }[] {
  const lines = playlist.split('\n');
  return lines.flatMap((line, place) => {
    const map = /^#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"/.exec(line);
    if (map !== null) return [{ uri: map[1] ?? '', length: Number(map[2]), start: Number(map[3]) }];
    const range = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(line);
    const uri = lines.slice(place + 1).find((next) => next !== '' && !next.startsWith('#')) ?? '';
    return range === null ? [] : [{ uri, length: Number(range[1]), start: Number(range[2]) }];
  });
}
