import type { PlayerErrorCode } from './errors.ts';
import type { Rendition, SoundTrack } from './player-state.ts';

/** What an engine could not get over by itself. */
export interface EngineFault {
  /** `line`: server or network; may pass. `media`: bytes arrived that this browser cannot play. */
  readonly kind: 'line' | 'media';
  readonly message: string;
  /** The HTTP status when the server did answer. */
  readonly status: number | undefined;
}

/** What an engine tells; each is called when it changes. */
export interface EngineEvents {
  onRenditions(renditions: readonly Rendition[]): void;
  onRendition(name: string): void;
  onSoundTracks(tracks: readonly SoundTrack[]): void;
  onSoundTrack(name: string): void;
  onExtent(extent: 'growing' | 'complete', duration: number): void;
  onFault(fault: EngineFault): void;
}

/** Feeds one video element from one playlist. It is thrown away and made anew after an outage, so it keeps nothing. */
export interface PlaybackEngine {
  /** Starts fetching, from `position` seconds. */
  open(playlistUrl: string, position: number): void;
  /** `auto`, or a rendition's name; an unknown name means `auto`. */
  chooseRendition(choice: string): void;
  /** The name of a sound track; an unknown one, or none, means the lecture's own default. */
  chooseSoundTrack(name: string | undefined): void;
  /** Goes on fetching after a fault, keeping what is buffered. */
  resumeFetching(position: number): void;
  /** Grows with every byte that arrives: how the watchdog tells a slow line from a dead one. */
  readonly bytesReceived: number;
  close(): void;
}

/** True of an HTTP status that says no, rather than not now. */
export function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Which faults no probing cures. */
export function permanentCode(status: number): PlayerErrorCode | undefined {
  if (status === 401 || status === 403) return 'not-allowed';
  if (status === 404 || status === 410) return 'not-found';
  return undefined;
}
