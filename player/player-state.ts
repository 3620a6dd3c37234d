import type { CaptionTrack, Chapter } from './descriptor.ts';
import type { PlayerError } from './errors.ts';

/** One encoded version of the picture, as the viewer may choose it. */
export interface Rendition {
  /** Names it in {@link CoursewarePlayer.setRendition}, such as `720p`. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Peak, in bit/s. */
  readonly bitrate: number;
}

/** One of several sound tracks of a lecture: a language, a dialect, a commentary. */
export interface SoundTrack {
  /** What the viewer reads; names it in {@link CoursewarePlayer.setSoundTrack}. */
  readonly name: string;
  /** BCP 47; undefined when the lecture does not say. */
  readonly language: string | undefined;
}

/**
 * What the player is doing.
 *
 * - `empty`: no lecture is loaded.
 * - `loading`: a lecture was given and its first picture is not there yet.
 * - `offering-resume`: waits for the viewer to choose between the remembered place and the start.
 * - `blocked`: the browser refuses to start without a click.
 * - `paused`: a person paused it, or it has not been started.
 * - `playing`: the picture moves.
 * - `stalled`: the picture waits for data that is on its way.
 * - `awaiting-encode`: all that is encoded so far has been shown; it goes on by itself.
 * - `reconnecting`: the line or the server is gone; the player probes and comes back by itself.
 * - `ended`: shown to the end.
 * - `failed`: cannot go on by itself; `error` says why.
 */
export type PlayerPhase =
  | 'empty'
  | 'loading'
  | 'offering-resume'
  | 'blocked'
  | 'paused'
  | 'playing'
  | 'stalled'
  | 'awaiting-encode'
  | 'reconnecting'
  | 'ended'
  | 'failed';

/** Everything there is to know about a player at one moment; frozen, and replaced as a whole at each change. */
export interface PlayerState {
  readonly phase: PlayerPhase;
  readonly title: string;
  /** Seconds from the start of the lecture. */
  readonly position: number;
  /** Seconds that can be reached now; grows while `extent` is `growing`. */
  readonly duration: number;
  /** Seconds of the whole lecture, also while it is growing; 0 when unknown. */
  readonly wholeDuration: number;
  /** Seconds up to which the picture is here without a gap. */
  readonly bufferedUntil: number;
  readonly extent: 'growing' | 'complete';
  /** 0 to 1. */
  readonly volume: number;
  readonly isMuted: boolean;
  /** 1 is as recorded. */
  readonly speed: number;
  /** From the highest picture to the lowest; empty where the browser decides alone (native HLS). */
  readonly renditions: readonly Rendition[];
  /** What the viewer asked for. */
  readonly renditionChoice: string;
  /** The name of the rendition on the screen; undefined until one is. */
  readonly rendition: string | undefined;
  /** In the lecture's order; empty where the browser decides alone (native HLS). */
  readonly soundTracks: readonly SoundTrack[];
  /** The name of the one that is heard; undefined until one is. */
  readonly soundTrack: string | undefined;
  readonly captions: readonly CaptionTrack[];
  /** The language of the captions on the screen; undefined when they are off. */
  readonly captionLanguage: string | undefined;
  /** In order; empty when the lecture is not divided. */
  readonly chapters: readonly Chapter[];
  /** Seconds; the remembered place on offer in the phase `offering-resume`. */
  readonly resumePosition: number | undefined;
  /** Only in the phase `failed`. */
  readonly error: PlayerError | undefined;
}

/** What nothing loaded looks like. */
export const EMPTY_STATE: PlayerState = Object.freeze({
  phase: 'empty',
  title: '',
  position: 0,
  duration: 0,
  wholeDuration: 0,
  bufferedUntil: 0,
  extent: 'complete',
  volume: 1,
  isMuted: false,
  speed: 1,
  renditions: Object.freeze([]),
  renditionChoice: 'auto',
  rendition: undefined,
  soundTracks: Object.freeze([]),
  soundTrack: undefined,
  captions: Object.freeze([]),
  captionLanguage: undefined,
  chapters: Object.freeze([]),
  resumePosition: undefined,
  error: undefined,
});

/** Called after each change with the new state and the one before it. */
export type Listener<State> = (state: State, before: State) => void;

/** Called after each change with the new state and the one before it. */
export type StateListener = Listener<PlayerState>;

/** Holds the current snapshot; values go in at one place and come out as events, never back. */
export class StateCell<State extends object> {
  #state: State;
  readonly #listeners = new Set<Listener<State>>();

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** Replaces the named facts; tells nobody when nothing differs. */
  change(facts: Partial<State>): void {
    const before = this.#state;
    const names = Object.keys(facts) as (keyof State)[];
    if (names.every((name) => Object.is(before[name], facts[name]))) return;
    const state = Object.freeze({ ...before, ...facts });
    this.#state = state;
    for (const listener of Array.from(this.#listeners)) {
      if (this.#state !== state) return; // a listener changed it again: the others have heard the newer one
      listener(state, before);
    }
  }

  /** @returns the way to stop listening */
  listen(listener: Listener<State>): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
