import type { ObjectKey, ObjectStore } from '../../storage/index.ts';
import { sha256Of, type PackageEntry } from '../package-list.ts';
import { keyUnder } from '../segment-run.ts';
import type { Cue } from './caption-file.ts';
import { cutWebvtt, formatWebvtt } from './webvtt.ts';

/** What captions are for: `subtitles` hold what is said, `captions` also what is heard, for who cannot hear it. */
export type CaptionKind = 'subtitles' | 'captions';

/** Captions of one language, stored and ready to be shown; plain data that survives JSON. */
export interface CaptionTrack {
  /**
   * Names exactly these texts at these times, 1 to 31 of `a-z`, `0-9` and `-`; every change makes a new one, so what lies under
   * {@link captionFolder} never changes.
   */
  readonly edition: string;
  /** BCP 47. */
  readonly language: string;
  /** What the viewer reads in the menu. */
  readonly label: string;
  readonly kind: CaptionKind;
  /** WebVTT segments, each but the last of 300 s. */
  readonly pieceCount: number;
  /** Names under the lecture's folder: the pieces, and `all.vtt` for players that take the file as a whole. */
  readonly objects: readonly PackageEntry[];
}

/** The whole of a track as one WebVTT file, under its folder. */
export const WHOLE_CAPTIONS = 'all.vtt';

const WEBVTT_TYPE = 'text/vtt; charset=utf-8';

/** The folder of an edition under its lecture's. */
export function captionFolder(edition: string): string {
  return `captions-${edition}`;
}

/** The name of a piece under its edition's folder. */
export function pieceName(piece: number): string {
  return `${String(piece).padStart(4, '0')}.vtt`;
}

/**
 * Stores an edition's texts.
 *
 * @param folder - key prefix of the edition in the store
 * @throws {StorageError} what the store throws
 */
export async function storeCaptions(
  store: ObjectStore,
  folder: string,
  edition: string,
  cues: readonly Cue[],
  signal?: AbortSignal,
): Promise<Pick<CaptionTrack, 'pieceCount' | 'objects'>> {
  const pieces = cutWebvtt(cues);
  const texts = new Map(pieces.map((text, piece) => [pieceName(piece), text]));
  texts.set(WHOLE_CAPTIONS, formatWebvtt(cues));
  const objects: PackageEntry[] = [];
  for (const [name, text] of texts) {
    const bytes = Buffer.from(text);
    const key: ObjectKey = keyUnder(folder, name);
    await store.put(key, bytes, { contentType: WEBVTT_TYPE, ...(signal === undefined ? {} : { signal }) });
    objects.push({
      name: `${captionFolder(edition)}/${name}`,
      sizeBytes: bytes.length,
      sha256: sha256Of(bytes),
      contentType: WEBVTT_TYPE,
    });
  }
  return { pieceCount: pieces.length, objects };
}
