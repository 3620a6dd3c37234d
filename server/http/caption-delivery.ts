import {
  captionFolder,
  captionPlaylist,
  captionedPackage,
  WHOLE_CAPTIONS,
  withSubtitles,
  type CaptionTrack,
  parsePackageList,
  type GenerationId,
} from '../../transcoder/index.ts';
import type { DeliveryAddress } from './delivery-address.ts';

/** Captions as viewers of a generation get them. */
export interface ServedCaptions {
  /** What playlists name: one of each language. */
  readonly tracks: readonly ServedTrack[];
  /** What else is handed out: captions that another item shows with the same making. */
  readonly others: readonly ServedTrack[];
  /** Seconds of the lecture, as far as known. */
  readonly duration: number;
  /** Differs whenever any of what viewers get of them does; empty without captions. */
  readonly revision: string;
}

/** A track and where its texts lie. */
export interface ServedTrack extends CaptionTrack {
  /** Key prefix in the store. */
  readonly folder: string;
}

/** No captions. */
export const NO_CAPTIONS: ServedCaptions = { tracks: [], others: [], duration: 0, revision: '' };

/** Puts together what viewers of a lecture get; of several captions in one language the first is named. Pure. */
export function serveCaptions(all: readonly ServedTrack[], duration: number | undefined): ServedCaptions {
  if (all.length === 0) return NO_CAPTIONS;
  const isNamed = ({ language }: ServedTrack, index: number): boolean =>
    all.findIndex((track) => track.language === language) === index;
  const facts = all.map(({ edition, language, label, kind }) => [edition, language, label, kind]);
  return {
    tracks: all.filter(isNamed),
    others: all.filter((track, index) => !isNamed(track, index)),
    duration: duration ?? 0,
    revision: JSON.stringify([facts, duration]),
  };
}

/** What an address under a track's folder asks for. */
export type CaptionFile =
  { readonly kind: 'playlist'; readonly text: string } | { readonly kind: 'object'; readonly key: string };

/**
 * Resolves an address to a file of the captions that are on the air; pure.
 *
 * @returns `undefined` when it is no address of captions; `none` when there are no such captions, or not any more
 */
export function captionFileAt(
  { name }: Pick<DeliveryAddress, 'name'>,
  { tracks, others, duration }: ServedCaptions,
): CaptionFile | 'none' | undefined {
  if (!name.startsWith('captions-')) return undefined;
  const [folder = '', file = ''] = name.split('/');
  const track = [...tracks, ...others].find(({ edition }) => captionFolder(edition) === folder);
  if (track === undefined) return 'none';
  if (file === 'index.m3u8') return { kind: 'playlist', text: captionPlaylist(track, duration).text };
  const isText = file === WHOLE_CAPTIONS || /^\d{4}\.vtt$/.test(file);
  return isText ? { kind: 'object', key: `${track.folder}/${file}` } : 'none';
}

/** Whether an object is handed out with the captions of the moment in it; pure. */
export function isCaptioned({ name }: Pick<DeliveryAddress, 'name'>, captions: ServedCaptions): boolean {
  return captions.tracks.length > 0 && name === 'index.m3u8';
}

/** Adds the captions of the moment to a multivariant playlist; pure. */
export function captionedPlaylist(text: string, { tracks }: ServedCaptions): string {
  return withSubtitles(text, tracks);
}

/** Adds the captions of the moment to a lecture's list of objects; pure. */
export function captionedList(list: Buffer, multivariant: string, { tracks }: ServedCaptions): Buffer {
  return Buffer.from(JSON.stringify(captionedPackage(parsePackageList(list), multivariant, tracks)));
}

/** Where a player gets a track as one file. */
export function captionUrl(generation: GenerationId, edition: string): string {
  return `/v/${generation}/${captionFolder(edition)}/${WHOLE_CAPTIONS}`;
}
