import type { Rendition } from '../player-state.ts';

/** Where an engine begins: at the live edge, or at the picture taken at a moment. */
export type LiveStart =
  | { readonly kind: 'edge'; readonly latency: 'low' | 'ordinary' }
  | {
      readonly kind: 'date';
      /** Milliseconds since 1970. */
      readonly dateMs: number;
      /** When the class's first picture was taken. */
      readonly sinceMs: number;
    };

/**
 * What an engine could not get over by itself.
 *
 * - `line`: it has stopped fetching; may go on with {@link LiveEngine.resume}.
 * - `media`: the browser refuses what was fetched; may go on with {@link LiveEngine.recover}.
 * - `broken`: this engine is of no more use.
 */
export type LiveTrouble = 'line' | 'media' | 'broken';

/** What an engine tells. */
export interface LiveEngineEvents {
  onRenditions(renditions: readonly Rendition[]): void;
  onRendition(name: string): void;
  /** The picture had to wait for data. */
  onStall(): void;
  onTrouble(trouble: LiveTrouble, message: string): void;
}

/** Feeds one video element from one live playlist; thrown away and made anew when it is broken. */
export interface LiveEngine {
  open(playlistUrl: string, start: LiveStart): void;
  /** `auto`, or a rendition's name; an unknown name means `auto`. */
  chooseRendition(choice: string): void;
  /** When the picture on the screen was taken, in milliseconds since 1970; undefined while that is not known. */
  readonly playingMs: number | undefined;
  /** When the newest picture of the playlist was taken. */
  readonly edgeMs: number | undefined;
  /** @returns false where the playlist does not reach */
  seekToDate(dateMs: number): boolean;
  /** Goes back to the latency it was opened with, after stalls have raised it. */
  restoreLatency(): void;
  /** Goes to the newest picture it may play, after a pause. */
  catchUp(): void;
  /**
   * At the live edge: plays a little faster while it is behind its place, and leaps when it is far behind. To be called several
   * times a second while the picture moves; does nothing where the viewer went back.
   */
  keepPace(nowMs: number): void;
  resume(): void;
  recover(): void;
  close(): void;
}
