import type { Presentation } from '../../../transcoder/index.ts';
import type { Broadcast } from '../../../transcoder/live/index.ts';

/**
 * The playlists of a recording that is not in the store yet: the broadcast's own, from the class's beginning to its end, so what plays is
 * the journal; pure.
 *
 * @param sign - puts a signature before an address, where addresses are signed
 */
export function journalPlaylists(
  broadcast: Pick<Broadcast, 'token' | 'multivariant'>,
  sign: (path: string) => string,
): Presentation | undefined {
  const text = broadcast.multivariant('dvr')?.text;
  if (text === undefined) return undefined;
  const index = text.replace(/^(?!#)(.+)$/gm, (name) => sign(`/live/${broadcast.token}/${name}`));
  return {
    extent: 'complete',
    revision: `journal-${broadcast.token}`,
    playlists: new Map([['index.m3u8', index]]),
  };
}
