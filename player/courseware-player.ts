import { ControlBar } from './controls/control-bar.ts';
import { element } from './controls/element.ts';
import { Overlay } from './controls/overlay.ts';
import { nearestLanguage } from './caption-choice.ts';
import { CaptionTracks } from './caption-tracks.ts';
import type { PlaybackDescriptor } from './descriptor.ts';
import { deviceStorage } from './device-storage.ts';
import { PlayerError } from './errors.ts';
import { isFullscreen, onFullscreenChange, toggleFullscreen } from './fullscreen.ts';
import { KeyControl } from './key-control.ts';
import { Playback } from './playback.ts';
import { PlayerFrame } from './player-frame.ts';
import type { PlayerState, StateListener } from './player-state.ts';
import { ResumeMemory } from './resume-point.ts';
import type { ResumeStorage } from './resume-point.ts';
import { keepChoices, readChoices } from './viewer-choices.ts';
import { WATCHDOG_TIMES } from './watchdog.ts';
import type { WatchdogTimes } from './watchdog.ts';

/** The speeds on the menu. */
export const SPEEDS: readonly number[] = [0.75, 1, 1.25, 1.5, 1.75, 2];

const REMEMBER_EVERY_SECONDS = 5;

/** All have sensible defaults. */
export interface CoursewarePlayerOptions {
  /** Where `hls.worker.js` is served. Without it segments are parsed on the page's own thread. */
  readonly workerUrl?: string;
  /** Where resume points and the viewer's choices are kept. Default `localStorage`; null keeps nothing. */
  readonly storage?: ResumeStorage | null;
  /** `page`: keys work wherever the focus is, except in text fields. `focus` (default): only inside the player. */
  readonly keys?: 'page' | 'focus';
  /** Asked when the server says the media is gone or forbidden: a fresh descriptor, perhaps with a newer address. */
  readonly findNewAddress?: (descriptor: PlaybackDescriptor) => Promise<PlaybackDescriptor>;
  /** Back on a remote control, when neither a menu, the controls nor the full screen had use for it. */
  readonly onBack?: () => void;
  /** How patient the watchdog is, in milliseconds. */
  readonly watchdog?: Partial<WatchdogTimes>;
}

/** How a lecture begins. */
export interface LoadOptions {
  /** Default true. Where the browser refuses, the viewer is asked to click. */
  readonly autoplay?: boolean;
  /** Seconds. Given: begins there and offers no resume point. */
  readonly startAt?: number;
}

/**
 * A player for lectures: picture, controls and messages in Chinese, inside an element of the page. It heals itself: after
 * any outage it goes on at the same second, without anybody touching it. Needs `player.css` on the page.
 *
 * ```ts
 * const player = new CoursewarePlayer(document.querySelector('#screen'));
 * player.load(descriptor);
 * const stop = player.listen(({ phase, position }) => console.log(phase, position));
 * ```
 */
export class CoursewarePlayer {
  readonly #frame: PlayerFrame;
  readonly #video: HTMLVideoElement;
  readonly #playback: Playback;
  readonly #captions: CaptionTracks;
  readonly #bar: ControlBar;
  readonly #overlay: Overlay;
  readonly #memory: ResumeMemory;
  readonly #storage: ResumeStorage | undefined;
  readonly #options: CoursewarePlayerOptions;
  #descriptor: PlaybackDescriptor | undefined;
  // What the viewer wants; a lecture without captions does not change that.
  #captionChoice: string | undefined;
  #remembered = 0;

  /** @param container an empty element; the player fills it and keeps 16:9 unless the page's style says otherwise */
  constructor(container: HTMLElement, options: CoursewarePlayerOptions = {}) {
    this.#options = options;
    this.#storage = options.storage === undefined ? deviceStorage() : (options.storage ?? undefined);
    this.#memory = new ResumeMemory(this.#storage);
    this.#video = element('video', { class: 'yj-video', playsinline: '', preload: 'auto', tabindex: '-1' });
    this.#captions = new CaptionTracks(this.#video, (isAtTop) => {
      this.#frame.root.classList.toggle('yj-caption-at-top', isAtTop);
    });
    this.#playback = new Playback(this.#video, {
      workerUrl: options.workerUrl,
      times: { ...WATCHDOG_TIMES, ...options.watchdog },
      findNewAddress: options.findNewAddress,
    });
    this.#overlay = new Overlay({
      play: () => this.play(),
      resume: () => this.#resume(),
      startOver: () => this.#startOver(),
      retry: () => this.#playback.retry(),
    });
    this.#bar = new ControlBar(
      {
        togglePlaying: () => this.#toggle(),
        seekTo: (position) => this.seekTo(position),
        setVolume: (volume) => this.setVolume(volume),
        toggleMuted: () => this.setMuted(!this.state.isMuted),
        setCaptions: (language) => this.#chooseCaptions(language),
        setSpeed: (speed) => this.setSpeed(speed),
        setRendition: (choice) => this.setRendition(choice),
        setSoundTrack: (name) => this.setSoundTrack(name),
        toggleFullscreen: () => this.#toggleFullscreen(),
      },
      SPEEDS,
    );
    this.#frame = new PlayerFrame(container, {
      label: '播放器',
      style: '',
      parts: [this.#video, this.#overlay.root, this.#bar.root],
      mayHideControls: () => this.state.phase === 'playing' && !this.#bar.isMenuOpen,
      hurry: () => this.#playback.hurry(),
    });
    const choices = readChoices(this.#storage);
    this.#video.volume = choices.volume;
    this.#captionChoice = choices.captionLanguage;
    this.#frame.atEnd(this.#playback.listen((state, before) => this.#show(state, before)));
    this.#frame.atEnd(onFullscreenChange(() => this.#show(this.state, this.state)));
    this.#attend();
    this.#show(this.state, this.state);
  }

  /** The current snapshot; frozen. */
  get state(): PlayerState {
    return this.#playback.state;
  }

  /** The element that shows the picture, for measuring; to change anything use the methods. */
  get video(): HTMLVideoElement {
    return this.#video;
  }

  /** Calls back after each change. @returns the way to stop */
  listen(listener: StateListener): () => void {
    return this.#playback.listen(listener);
  }

  /**
   * Shows a lecture instead of whatever was there. When this device remembers a place in it, the viewer is asked first.
   *
   * @throws {PlayerError} `invalid-argument` for a negative or unreal `startAt`, `destroyed`
   */
  load(descriptor: PlaybackDescriptor, { autoplay = true, startAt }: LoadOptions = {}): void {
    this.#frame.assertPresent();
    if (startAt !== undefined) assertNumber('startAt', startAt, 0, Number.MAX_SAFE_INTEGER);
    this.unload();
    this.#descriptor = descriptor;
    const offer = startAt === undefined ? this.#memory.recall(descriptor.coursewareId)?.position : undefined;
    this.#remembered = offer ?? startAt ?? 0;
    this.#frame.root.setAttribute('aria-label', `播放器：${descriptor.title}`);
    this.#captions.load(descriptor.captions);
    this.#bar.setStoryboard(descriptor.storyboardUrl);
    this.#playback.open(descriptor, startAt ?? 0, offer);
    this.setCaptions(nearestLanguage(descriptor.captions, this.#captionChoice));
    if (autoplay && offer === undefined) this.#playback.play();
  }

  /** Stops and shows nothing; the place is remembered. */
  unload(): void {
    this.#rememberPlace();
    this.#descriptor = undefined;
    this.#playback.close();
    this.#bar.setStoryboard(undefined);
    this.#video.textContent = '';
  }

  /** Unloads and takes everything off the page. May be called twice. */
  destroy(): void {
    if (this.#frame.isRemoved) return;
    this.unload();
    this.#frame.remove();
  }

  /** Begins or goes on. From the remembered place when that was on offer; from the start after the end. */
  play(): void {
    this.#frame.assertPresent();
    this.#playback.play();
  }

  pause(): void {
    this.#frame.assertPresent();
    this.#playback.pause();
    this.#rememberPlace();
  }

  /**
   * @param position seconds; before the start or after the end means the start or the end
   * @throws {PlayerError} `invalid-argument` when it is not a number
   */
  seekTo(position: number): void {
    this.#frame.assertPresent();
    if (Number.isNaN(position)) throw new PlayerError('invalid-argument', 'cannot seek to NaN; pass seconds');
    this.#playback.seekTo(position);
  }

  /** @param choice `auto`, or the name of one of `state.renditions`; an unknown name means `auto` */
  setRendition(choice: string): void {
    this.#frame.assertPresent();
    const isKnown = this.state.renditions.some(({ name }) => name === choice);
    this.#playback.chooseRendition(isKnown ? choice : 'auto');
  }

  /** @param name of one of `state.soundTracks`; anything else changes nothing */
  setSoundTrack(name: string): void {
    this.#frame.assertPresent();
    const isKnown = this.state.soundTracks.some((track) => track.name === name);
    if (isKnown) this.#playback.chooseSoundTrack(name);
  }

  /** @param speed 0.25 to 4; 1 is as recorded @throws {PlayerError} `invalid-argument` */
  setSpeed(speed: number): void {
    this.#frame.assertPresent();
    assertNumber('speed', speed, 0.25, 4);
    this.#playback.setSpeed(speed);
  }

  /** @param volume 0 to 1; unmutes @throws {PlayerError} `invalid-argument` */
  setVolume(volume: number): void {
    this.#frame.assertPresent();
    assertNumber('volume', volume, 0, 1);
    this.#video.volume = volume;
    this.#video.muted = false;
    this.#keepChoices();
  }

  setMuted(isMuted: boolean): void {
    this.#frame.assertPresent();
    this.#video.muted = isMuted;
  }

  /** @param language of one of `state.captions`; anything else, or nothing, turns captions off */
  setCaptions(language: string | undefined): void {
    this.#frame.assertPresent();
    const isKnown = this.state.captions.some((track) => track.language === language);
    this.#playback.showCaptions(isKnown ? language : undefined);
  }

  #resume(): void {
    this.#playback.play();
    this.#frame.root.focus();
  }

  #startOver(): void {
    if (this.#descriptor !== undefined) this.#memory.forget(this.#descriptor.coursewareId);
    this.#playback.seekTo(0);
    this.#playback.play();
    this.#frame.root.focus();
  }

  #toggle(): void {
    const { phase } = this.state;
    if (phase === 'playing' || phase === 'stalled' || phase === 'awaiting-encode') this.pause();
    else this.play();
  }

  #toggleFullscreen(): void {
    toggleFullscreen(this.#frame.root, this.#video);
  }

  #toggleCaptions(): void {
    const { captions, captionLanguage } = this.state;
    if (captions.length === 0) return;
    const wanted = nearestLanguage(captions, this.#captionChoice) ?? captions[0]?.language;
    this.#chooseCaptions(captionLanguage === undefined ? wanted : undefined);
  }

  #chooseCaptions(language: string | undefined): void {
    this.setCaptions(language);
    this.#captionChoice = this.state.captionLanguage;
    this.#keepChoices();
  }

  #keepChoices(): void {
    keepChoices(this.#storage, { volume: this.#video.volume, captionLanguage: this.#captionChoice });
  }

  #rememberPlace(): void {
    const { position, wholeDuration, duration, phase } = this.state;
    if (this.#descriptor === undefined || phase === 'offering-resume' || phase === 'failed' || position === 0)
      return;
    this.#remembered = position;
    this.#memory.remember(this.#descriptor.coursewareId, {
      position,
      duration: Math.max(wholeDuration, duration),
    });
  }

  #show(state: PlayerState, before: PlayerState): void {
    this.#overlay.show(state);
    this.#bar.show(state, isFullscreen(this.#frame.root));
    this.#frame.root.dataset['phase'] = state.phase;
    if (state.captionLanguage !== before.captionLanguage || state.captions !== before.captions) {
      this.#captions.show(state.captionLanguage);
    }
    const isFarther = Math.abs(state.position - this.#remembered) >= REMEMBER_EVERY_SECONDS;
    if (state.phase === 'ended' && before.phase !== 'ended') this.#rememberPlace();
    else if (state.phase === 'playing' && isFarther) this.#rememberPlace();
    if (state.phase !== before.phase) this.#frame.wake();
  }

  #attend(): void {
    const control = this.#keyControl();
    this.#frame.hearKeys(
      this.#options.keys ?? 'focus',
      (event) => this.#descriptor !== undefined && control.press(event),
    );
    this.#frame.on(window, 'pagehide', () => this.#rememberPlace());
    this.#frame.on(document, 'visibilitychange', () => {
      if (document.visibilityState !== 'visible') this.#rememberPlace();
    });
    let isTouch = false;
    this.#video.addEventListener('pointerdown', (event) => {
      isTouch = event.pointerType === 'touch';
    });
    this.#video.addEventListener('click', () => {
      this.#frame.root.focus();
      if (!isTouch) this.#toggle(); // a finger asks for the controls first
    });
    this.#video.addEventListener('dblclick', () => this.#toggleFullscreen());
  }

  #keyControl(): KeyControl {
    const { onBack } = this.#options;
    return new KeyControl(this.#frame.root, this, {
      speeds: SPEEDS,
      toggle: () => this.#toggle(),
      toggleCaptions: () => this.#toggleCaptions(),
      toggleFullscreen: () => this.#toggleFullscreen(),
      focusControls: () => this.#bar.focus(),
      glance: (position) => this.#bar.glance(position),
      ...(onBack === undefined ? {} : { onBack }),
    });
  }
}

function assertNumber(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new PlayerError('invalid-argument', `${name} is ${value}; pass a number from ${least} to ${most}`);
}
