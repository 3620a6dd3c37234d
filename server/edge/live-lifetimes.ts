/** A kind of thing that a live class is made of, told apart by its address alone. */
export interface LiveResource {
  readonly name: 'state' | 'master' | 'blocking' | 'playlist' | 'part' | 'segment' | 'init';
  /** What addresses of this kind match, with the `_HLS_` arguments and no others; POSIX and PCRE alike. */
  readonly address: string;
  /** Seconds for which an edge may answer by itself, where the origin says nothing else. */
  readonly freshSeconds: number;
  /** Seconds for which what is older is still given out while a new one is fetched. */
  readonly staleWhileFetchingSeconds: number;
  /** Seconds for which it is given out when the origin is away. */
  readonly staleWhileAwaySeconds: number;
}

const TOKEN = '[A-Za-z0-9_-]{1,64}';
const RENDITION = '[a-z0-9-]{1,40}';

/**
 * How long what lives. Fresh things have names of their own (a segment, a part, a playlist from a given part on), so they may live
 * long; what changes under its name lives for a second. The first that matches counts.
 */
export const LIVE_RESOURCES: readonly LiveResource[] = [
  { name: 'state', address: `^/live/class/${TOKEN}(?:/room)?\\.json$`, ...life(1, 2, 60) },
  { name: 'master', address: `^/live/${TOKEN}/(?:index|dvr)\\.m3u8$`, ...life(5, 5, 60) },
  { name: 'blocking', address: `^/live/${TOKEN}/${RENDITION}/index\\.m3u8\\?.*_HLS_msn=`, ...life(12, 0, 0) },
  { name: 'playlist', address: `^/live/${TOKEN}/${RENDITION}/(?:index|dvr)\\.m3u8`, ...life(1, 2, 30) },
  { name: 'part', address: `^/live/${TOKEN}/${RENDITION}/p[0-9]+\\.[0-9]+\\.m4s$`, ...life(60, 0, 0) },
  { name: 'segment', address: `^/live/${TOKEN}/${RENDITION}/s[0-9]+\\.m4s$`, ...life(86_400, 0, 0) },
  { name: 'init', address: `^/live/${TOKEN}/${RENDITION}/i[0-9]+\\.mp4$`, ...life(86_400, 0, 0) },
];

function life(
  freshSeconds: number,
  staleWhileFetchingSeconds: number,
  staleWhileAwaySeconds: number,
): Pick<LiveResource, 'freshSeconds' | 'staleWhileFetchingSeconds' | 'staleWhileAwaySeconds'> {
  return { freshSeconds, staleWhileFetchingSeconds, staleWhileAwaySeconds };
}

/** Which kind an address is of; `undefined` for one that is no media of a class, such as a page. */
export function liveResourceAt(url: string): LiveResource | undefined {
  return LIVE_RESOURCES.find(({ address }) => new RegExp(address).test(url));
}
