import type { Rendition } from '../player-state.ts';
import type { CoverKind } from './cover.ts';
import type { RewindSpan } from './rewind.ts';
import type { LiveStateDocument } from './state-document.ts';

/** Everything there is to know about a live player at one moment; frozen, and replaced as a whole at each change. */
export interface LiveState {
  /** What the server last said of the class; undefined before it was asked. */
  readonly document: LiveStateDocument | undefined;
  readonly cover: CoverKind;
  /** `edge`: with the lecturer. `rewound`: the viewer went back. */
  readonly place: 'edge' | 'rewound';
  /** True while the picture moves. */
  readonly isMoving: boolean;
  /** False when a person paused it. */
  readonly wantsToPlay: boolean;
  /** When the picture on the screen was taken, in milliseconds since 1970; undefined before there is one. */
  readonly playingMs: number | undefined;
  /** What can be gone back over; undefined where nothing can. */
  readonly span: RewindSpan | undefined;
  /** The server's clock, in milliseconds since 1970; undefined before it is known. Moves once a second. */
  readonly serverMs: number | undefined;
  /** How the viewer wants it: `low` needs a good line, `ordinary` rides out worse ones. */
  readonly latency: 'low' | 'ordinary';
  /** 0 to 1. */
  readonly volume: number;
  readonly isMuted: boolean;
  /** True where it is silent only because the browser would not start with sound. */
  readonly isSilenced: boolean;
  /** From the highest picture to the lowest; empty where the browser decides alone. */
  readonly renditions: readonly Rendition[];
  readonly renditionChoice: string;
  /** The name of the rendition on the screen; undefined until one is. */
  readonly rendition: string | undefined;
  /** How many engines were made to get over trouble. */
  readonly rebuilds: number;
}

/** Before anything is known. */
export const EMPTY_LIVE_STATE: LiveState = Object.freeze({
  document: undefined,
  cover: 'loading',
  place: 'edge',
  isMoving: false,
  wantsToPlay: true,
  playingMs: undefined,
  span: undefined,
  serverMs: undefined,
  latency: 'ordinary',
  volume: 1,
  isMuted: false,
  isSilenced: false,
  renditions: Object.freeze([]),
  renditionChoice: 'auto',
  rendition: undefined,
  rebuilds: 0,
});
