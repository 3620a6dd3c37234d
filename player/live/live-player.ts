import { element } from '../controls/element.ts';
import { deviceStorage } from '../device-storage.ts';
import { PlayerError } from '../errors.ts';
import { isFullscreen, onFullscreenChange, toggleFullscreen } from '../fullscreen.ts';
import { KeyControl } from '../key-control.ts';
import { PlayerFrame } from '../player-frame.ts';
import type { Listener } from '../player-state.ts';
import type { ResumeStorage } from '../resume-point.ts';
import { keepChoices, readChoices } from '../viewer-choices.ts';
import { HEALING_TIMES } from './healing.ts';
import type { HealingTimes } from './healing.ts';
import { LiveBar } from './live-bar.ts';
import { LiveCover } from './live-cover.ts';
import { LivePlayback } from './live-playback.ts';
import type { LiveState } from './live-state.ts';
import { documentAt } from './state-feed.ts';
import type { StateSource } from './state-feed.ts';

const CACHED_MS = 1_600;

/** All have sensible defaults. */
export interface LivePlayerOptions {
  /** Where `hls.worker.js` is served. Without it segments are parsed on the page's own thread. */
  readonly workerUrl?: string;
  /** Where the viewer's choices are kept. Default `localStorage`; null keeps nothing. */
  readonly storage?: ResumeStorage | null;
  /** `page`: keys work wherever the focus is, except in text fields. `focus` (default): only inside the player. */
  readonly keys?: 'page' | 'focus';
  /** Default: as the class is set up. */
  readonly latency?: 'low' | 'ordinary';
  /** Default false. True shows an operator his rehearsal. */
  readonly showsRehearsal?: boolean;
  /** Default false. */
  readonly isMuted?: boolean;
  /** Back on a remote control, when neither a menu, the controls nor the full screen had use for it. */
  readonly onBack?: () => void;
  /** What fills the screen when that is asked for: what stands beside the picture comes along. Default: the player. */
  readonly screen?: HTMLElement;
  /** How patient it is, in milliseconds. */
  readonly healing?: Partial<HealingTimes>;
}

/**
 * A player for one live class: from the lobby with its countdown to the way to the recording, without anybody touching it.
 * It asks the class's state document (see {@link LiveStateDocument}) and plays what that names; it follows interruptions,
 * gets over outages by itself, goes back to the class's beginning and returns to the live edge. Needs `player.css`.
 *
 * ```ts
 * const player = new LivePlayer(document.querySelector('#screen'), '/live/class/k7f3.json');
 * const stop = player.listen(({ cover, playingMs }) => console.log(cover, playingMs));
 * ```
 */
export class LivePlayer {
  readonly #frame: PlayerFrame;
  readonly #video: HTMLVideoElement;
  readonly #playback: LivePlayback;
  readonly #bar: LiveBar;
  readonly #cover: LiveCover;
  readonly #storage: ResumeStorage | undefined;
  readonly #options: LivePlayerOptions;
  #secondLook: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param container an empty element; the player fills it
   * @param source the address of the class's state document, or another way to learn how it stands
   */
  constructor(container: HTMLElement, source: string | StateSource, options: LivePlayerOptions = {}) {
    this.#options = options;
    this.#storage = options.storage === undefined ? deviceStorage() : (options.storage ?? undefined);
    this.#video = element('video', { class: 'yj-video', playsinline: '', preload: 'auto', tabindex: '-1' });
    this.#video.volume = readChoices(this.#storage).volume;
    this.#video.muted = options.isMuted === true;
    this.#playback = new LivePlayback(this.#video, typeof source === 'string' ? documentAt(source) : source, {
      workerUrl: options.workerUrl,
      times: { ...HEALING_TIMES, ...options.healing },
      showsRehearsal: options.showsRehearsal === true,
      latency: options.latency,
    });
    this.#cover = new LiveCover({
      play: () => this.#playback.play(),
      unmute: () => this.setMuted(false),
    });
    this.#bar = new LiveBar({
      togglePlaying: () => this.#toggle(),
      goTo: (dateMs) => this.goTo(dateMs),
      goLive: () => this.goLive(),
      setVolume: (volume) => this.setVolume(volume),
      toggleMuted: () => this.setMuted(!this.#video.muted),
      setRendition: (choice) => this.#playback.chooseRendition(choice),
      setLatency: (latency) => this.#playback.chooseLatency(latency),
      toggleFullscreen: () => this.#toggleFullscreen(),
    });
    this.#frame = new PlayerFrame(container, {
      label: '直播播放器',
      style: 'yj-live',
      parts: [this.#video, this.#cover.root, this.#bar.root],
      mayHideControls: () => this.state.wantsToPlay && !this.#bar.isMenuOpen,
      hurry: () => this.#playback.hurry(),
    });
    this.#frame.atEnd(this.#playback.listen((state, before) => this.#show(state, before)));
    this.#frame.atEnd(onFullscreenChange(() => this.#show(this.state, this.state)));
    this.#attend();
    this.#show(this.state, this.state);
  }

  /** The current snapshot; frozen. */
  get state(): LiveState {
    return this.#playback.state;
  }

  /** The element that shows the picture, for measuring; to change anything use the methods. */
  get video(): HTMLVideoElement {
    return this.#video;
  }

  /** Calls back after each change. @returns the way to stop */
  listen(listener: Listener<LiveState>): () => void {
    return this.#playback.listen(listener);
  }

  /** Stops and takes everything off the page. May be called twice. */
  destroy(): void {
    if (this.#frame.isRemoved) return;
    clearTimeout(this.#secondLook);
    this.#frame.remove();
    this.#playback.close();
  }

  /** @throws {PlayerError} `destroyed` */
  play(): void {
    this.#frame.assertPresent();
    this.#playback.play();
  }

  pause(): void {
    this.#frame.assertPresent();
    this.#playback.pause();
  }

  /**
   * Shows what was taken at a moment, as far as there is a way back; a moment near the newest picture means the live edge.
   *
   * @param dateMs milliseconds since 1970
   * @throws {PlayerError} `invalid-argument`, `destroyed`
   */
  goTo(dateMs: number): void {
    this.#frame.assertPresent();
    if (!Number.isFinite(dateMs)) {
      throw new PlayerError('invalid-argument', `cannot go to ${dateMs}; pass milliseconds since 1970`);
    }
    this.#playback.goTo(dateMs);
  }

  /** Back to the lecturer. @throws {PlayerError} `destroyed` */
  goLive(): void {
    this.#frame.assertPresent();
    this.#playback.goLive();
  }

  /** @param volume 0 to 1 @throws {PlayerError} `invalid-argument`, `destroyed` */
  setVolume(volume: number): void {
    this.#frame.assertPresent();
    if (!(volume >= 0 && volume <= 1)) {
      throw new PlayerError('invalid-argument', `volume is ${volume}; pass a number from 0 to 1`);
    }
    this.#playback.setVolume(volume);
    const { captionLanguage } = readChoices(this.#storage);
    keepChoices(this.#storage, { volume, captionLanguage });
  }

  setMuted(isMuted: boolean): void {
    this.#frame.assertPresent();
    this.#playback.setMuted(isMuted);
  }

  /**
   * Asks for the class's state at once, as after a change that this page has made itself, and once more when no cache between
   * may still hold what was before.
   */
  refresh(): void {
    this.#frame.assertPresent();
    this.#playback.hurry();
    clearTimeout(this.#secondLook);
    this.#secondLook = setTimeout(() => this.#playback.hurry(), CACHED_MS);
  }

  #toggleFullscreen(): void {
    toggleFullscreen(this.#options.screen ?? this.#frame.root, this.#video);
  }

  #toggle(): void {
    if (this.state.wantsToPlay && this.state.cover !== 'blocked') this.pause();
    else this.play();
  }

  #show(state: LiveState, before: LiveState): void {
    this.#cover.show(state);
    this.#bar.show(state, isFullscreen(this.#frame.root));
    this.#frame.root.dataset['cover'] = state.cover;
    this.#frame.root.dataset['place'] = state.place;
    this.#frame.root.classList.toggle('yj-has-picture', state.playingMs !== undefined);
    if (state.document !== before.document) this.#tellNotices(state);
    if (state.document?.title !== undefined) {
      this.#frame.root.setAttribute('aria-label', `直播播放器：${state.document.title}`);
    }
    if (state.cover !== before.cover || state.wantsToPlay !== before.wantsToPlay) this.#frame.wake();
  }

  #tellNotices({ document }: LiveState): void {
    const newest = document?.notices[0];
    if (newest === undefined) this.#cover.untell();
    else this.#cover.tell(newest.id, newest.text);
  }

  #attend(): void {
    const control = this.#keyControl();
    this.#frame.hearKeys(this.#options.keys ?? 'focus', (event) => control.press(event));
    this.#video.addEventListener('click', () => this.#frame.root.focus());
    this.#video.addEventListener('dblclick', () => this.#toggleFullscreen());
  }

  // To the keys a class is a lecture that begins at its first picture and ends at its newest.
  #keyControl(): KeyControl {
    const { onBack } = this.#options;
    const read = (): LiveState => this.state;
    const player = {
      get state() {
        const { span, playingMs, volume, isMuted } = read();
        const fromMs = span?.fromMs ?? 0;
        const position = span === undefined || playingMs === undefined ? 0 : (playingMs - fromMs) / 1_000;
        const duration = span === undefined ? 0 : (span.untilMs - fromMs) / 1_000;
        return { position, duration, volume, isMuted, chapters: [], speed: 1 };
      },
      play: () => this.play(),
      pause: () => this.pause(),
      seekTo: (position: number) => {
        const { span } = read();
        if (span !== undefined) this.goTo(span.fromMs + position * 1_000);
      },
      setVolume: (volume: number) => this.setVolume(volume),
      setMuted: (isMuted: boolean) => this.setMuted(isMuted),
      setSpeed: () => undefined,
    };
    return new KeyControl(this.#frame.root, player, {
      speeds: [],
      toggle: () => this.#toggle(),
      toggleCaptions: () => undefined,
      toggleFullscreen: () => this.#toggleFullscreen(),
      focusControls: () => this.#bar.focus(),
      glance: () => undefined,
      ...(onBack === undefined ? {} : { onBack }),
    });
  }
}
