import type { PlaybackDescriptor } from './descriptor.ts';
import { isRefusal } from './engine.ts';
import type { EngineEvents, EngineFault, PlaybackEngine } from './engine.ts';
import { PlayerError } from './errors.ts';
import type { PlayerErrorCode } from './errors.ts';
import { HlsEngine, isHlsSupported } from './hls-engine.ts';
import { NativeEngine, isNativeHlsSupported } from './native-engine.ts';
import { EMPTY_STATE, StateCell } from './player-state.ts';
import type { PlayerPhase, PlayerState, StateListener } from './player-state.ts';
import { Watchdog } from './watchdog.ts';
import type { WatchdogTimes } from './watchdog.ts';

export interface PlaybackOptions {
  readonly workerUrl: string | undefined;
  readonly times: WatchdogTimes;
  readonly findNewAddress: ((descriptor: PlaybackDescriptor) => Promise<PlaybackDescriptor>) | undefined;
}

/** True where the browser plays HLS itself, with the captions that the playlist names. */
export function readsCaptionsFromPlaylist(): boolean {
  return !isHlsSupported();
}

// Nearer to the end of what is encoded than this, a standstill is the encoder's, not the line's.
const GROWING_EDGE_SECONDS = 2;
// The sound may be encoded farther than the picture, and would play on over a standing one.
const HOLD_SECONDS = 0.3;
const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;

/** One video element and whatever feeds it: the intention of the viewer outlives any number of engines. */
export class Playback {
  readonly #video: HTMLVideoElement;
  readonly #options: PlaybackOptions;
  readonly #cell = new StateCell(EMPTY_STATE);
  readonly #watchdog: Watchdog;
  #engine: PlaybackEngine | undefined;
  #descriptor: PlaybackDescriptor | undefined;
  #wantsToPlay = false;
  #isBlocked = false;
  #isOut = false;
  #hasPicture = false;
  // Where the viewer is or wants to be; the element's own time falls to 0 at each rebuild.
  #place = 0;
  #isOpening = false;
  #isHeld = false;
  // Until the first picture the engine still means to jump to where it was opened.
  #isFresh = false;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    this.#video = video;
    this.#options = options;
    this.#watchdog = new Watchdog(
      {
        sample: () => ({
          position: this.#isFresh ? this.#place : video.currentTime,
          bytesReceived: this.#engine?.bytesReceived ?? 0,
          shouldMove: this.#shouldMove(),
          ahead: this.#isFresh ? 0 : this.#bufferedUntil() - video.currentTime,
        }),
        onOutage: (isOut) => {
          this.#isOut = isOut;
          this.#refresh();
        },
        resumeFetching: () => this.#engine?.resumeFetching(this.#place),
        rebuild: (skip) => {
          this.#place = Math.min(this.#place + skip, Math.max(0, this.state.duration - 1));
          this.#openEngine();
        },
        onRefusal: (code, status) => void this.#onRefusal(code, status),
        onUnplayable: () => this.#fail('media-unplayable', 'the browser cannot decode the media'),
      },
      options.times,
    );
    const events = [
      'timeupdate',
      'progress',
      'waiting',
      'stalled',
      'playing',
      'seeking',
      'seeked',
      'canplay',
    ];
    for (const event of events) video.addEventListener(event, () => this.#refresh());
    for (const event of ['ended', 'volumechange', 'ratechange', 'loadeddata', 'durationchange'])
      video.addEventListener(event, () => this.#refresh());
    video.addEventListener('play', () => {
      this.#wantsToPlay = true;
      this.#refresh();
    });
    video.addEventListener('pause', () => {
      // A key on the keyboard, a headset or the browser paused it; a rebuild sends no such event for itself.
      if (!this.#isOpening && !this.#isHeld && !video.ended) this.#wantsToPlay = false;
      this.#refresh();
    });
  }

  get state(): PlayerState {
    return this.#cell.state;
  }

  listen(listener: StateListener): () => void {
    return this.#cell.listen(listener);
  }

  open(descriptor: PlaybackDescriptor, position: number, offer: number | undefined): void {
    this.close();
    this.#descriptor = descriptor;
    this.#place = offer ?? position;
    const { volume, isMuted, speed } = this.state;
    this.#cell.change({
      ...EMPTY_STATE,
      phase: 'loading',
      title: descriptor.title,
      extent: descriptor.extent,
      wholeDuration: descriptor.duration,
      duration: descriptor.extent === 'complete' ? descriptor.duration : 0,
      position: this.#place,
      captions: Object.freeze(Array.from(descriptor.captions)),
      chapters: Object.freeze(Array.from(descriptor.chapters ?? [])),
      resumePosition: offer,
      volume,
      isMuted,
      speed,
    });
    this.#watchdog.start(descriptor.playlistUrl);
    this.#openEngine();
  }

  close(): void {
    this.#watchdog.stop();
    this.#engine?.close();
    this.#engine = undefined;
    this.#descriptor = undefined;
    this.#wantsToPlay = false;
    this.#isBlocked = false;
    this.#isOut = false;
    this.#isHeld = false;
    this.#hasPicture = false;
    this.#place = 0;
    const { volume, isMuted, speed } = this.state;
    this.#cell.change({ ...EMPTY_STATE, volume, isMuted, speed });
  }

  play(): void {
    if (this.#descriptor === undefined || this.state.phase === 'failed') return;
    this.#cell.change({ resumePosition: undefined });
    if (this.#video.ended) this.seekTo(0);
    this.#wantsToPlay = true;
    void this.#tryToStart();
    this.#refresh();
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.#isBlocked = false;
    this.#video.pause();
    this.#refresh();
  }

  seekTo(position: number): void {
    if (this.#descriptor === undefined) return;
    const { duration } = this.state;
    const place = Math.max(0, duration > 0 ? Math.min(position, duration - 0.1) : position);
    this.#place = place;
    this.#cell.change({ resumePosition: undefined, position: place });
    if (this.#isFresh) this.#openEngine();
    else this.#video.currentTime = place;
    this.#refresh();
  }

  chooseRendition(choice: string): void {
    this.#cell.change({ renditionChoice: choice });
    this.#engine?.chooseRendition(choice);
  }

  chooseSoundTrack(name: string): void {
    this.#cell.change({ soundTrack: name });
    this.#engine?.chooseSoundTrack(name);
  }

  showCaptions(language: string | undefined): void {
    this.#cell.change({ captionLanguage: language });
  }

  setSpeed(speed: number): void {
    // The default too: a rebuild resets the element to it.
    this.#video.defaultPlaybackRate = speed;
    this.#video.playbackRate = speed;
    this.#refresh();
  }

  /** After a failure: from the same place, with everything new. */
  retry(): void {
    if (this.#descriptor === undefined) return;
    this.#cell.change({ error: undefined });
    this.#wantsToPlay = true;
    this.#watchdog.start(this.#descriptor.playlistUrl);
    this.#openEngine();
  }

  /** The line may be back. */
  hurry(): void {
    this.#watchdog.hurry();
  }

  #openEngine(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#isOpening = true;
    this.#isFresh = true;
    this.#engine?.close();
    this.#engine = this.#makeEngine();
    if (this.#engine === undefined) {
      this.#fail('unsupported-browser', 'neither Media Source Extensions nor native HLS is available');
      return;
    }
    this.#engine.chooseRendition(this.state.renditionChoice);
    this.#engine.chooseSoundTrack(this.state.soundTrack);
    this.#engine.open(descriptor.playlistUrl, this.#place);
    if (this.#wantsToPlay) void this.#tryToStart();
    this.#isOpening = false;
    this.#refresh();
  }

  #makeEngine(): PlaybackEngine | undefined {
    const events: EngineEvents = {
      onRenditions: (renditions) => this.#cell.change({ renditions: Object.freeze(Array.from(renditions)) }),
      onRendition: (rendition) => this.#cell.change({ rendition }),
      onSoundTracks: (tracks) => this.#cell.change({ soundTracks: Object.freeze(Array.from(tracks)) }),
      onSoundTrack: (soundTrack) => this.#cell.change({ soundTrack }),
      onExtent: (extent, duration) => {
        this.#cell.change({ extent, duration });
        this.#refresh();
      },
      onFault: (fault) => this.#onFault(fault),
    };
    if (isHlsSupported()) return new HlsEngine(this.#video, events, this.#options.workerUrl);
    if (isNativeHlsSupported(this.#video)) return new NativeEngine(this.#video, events);
    return undefined;
  }

  async #tryToStart(): Promise<void> {
    try {
      await this.#video.play();
      this.#isBlocked = false;
    } catch (error) {
      // Any other rejection is a rebuild or a pause that came in between.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      this.#isBlocked = true;
      this.#wantsToPlay = false;
    }
    this.#refresh();
  }

  #onFault(fault: EngineFault): void {
    // A segment that is gone is like one that cannot be decoded: no waiting brings it back.
    const isLost = fault.kind === 'media' || isRefusal(fault.status ?? 0);
    this.#watchdog.report(isLost ? 'media' : 'line');
  }

  async #onRefusal(code: PlayerErrorCode, status: number): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    const fresh = await this.#options.findNewAddress?.(descriptor).catch(() => undefined);
    if (this.#descriptor !== descriptor) return;
    if (fresh !== undefined && fresh.playlistUrl !== descriptor.playlistUrl) {
      this.#descriptor = fresh;
      this.#watchdog.start(fresh.playlistUrl);
      this.#openEngine();
      return;
    }
    this.#fail(code, `the server answers ${status} for ${descriptor.playlistUrl}`);
  }

  #fail(code: PlayerErrorCode, message: string): void {
    this.#watchdog.stop();
    this.#engine?.close();
    this.#engine = undefined;
    this.#isOpening = false;
    this.#cell.change({ phase: 'failed', error: new PlayerError(code, message) });
  }

  #shouldMove(): boolean {
    return this.#wantsToPlay && !this.#video.ended && !this.#isAtGrowingEdge();
  }

  #isAtGrowingEdge(): boolean {
    const { extent, duration } = this.state;
    return extent === 'growing' && duration > 0 && this.#video.currentTime > duration - GROWING_EDGE_SECONDS;
  }

  #bufferedUntil(): number {
    const { buffered, currentTime } = this.#video;
    for (let range = 0; range < buffered.length; range += 1) {
      if (buffered.start(range) <= currentTime + 0.2 && buffered.end(range) > currentTime)
        return buffered.end(range);
    }
    return currentTime;
  }

  #refresh(): void {
    if (this.#descriptor === undefined || this.state.error !== undefined || this.#isOpening) return;
    const video = this.#video;
    const hasData = video.readyState >= HAVE_CURRENT_DATA;
    if (hasData) {
      this.#hasPicture = true;
      this.#isFresh = false;
      if (!video.seeking) this.#place = video.currentTime;
    }
    this.#holdAtGrowingEdge();
    this.#cell.change({
      phase: this.#phase(),
      position: this.#place,
      bufferedUntil: hasData ? this.#bufferedUntil() : this.#place,
      volume: video.volume,
      isMuted: video.muted,
      speed: video.playbackRate,
    });
  }

  // The element pauses, the viewer's wish to play stays; it goes on when enough was added.
  #holdAtGrowingEdge(): void {
    const video = this.#video;
    const { extent, duration } = this.state;
    const isGrowing = extent === 'growing' && duration > 0;
    if (isGrowing && video.currentTime > duration - HOLD_SECONDS) {
      if (video.paused) return;
      this.#isHeld = true;
      video.pause();
    } else if (this.#isHeld && !this.#isAtGrowingEdge()) {
      this.#isHeld = false;
      if (this.#wantsToPlay) void this.#tryToStart();
    }
  }

  #phase(): PlayerPhase {
    const video = this.#video;
    if (this.state.resumePosition !== undefined) return 'offering-resume';
    if (video.ended) return 'ended';
    const isMoving = video.readyState >= HAVE_FUTURE_DATA && !video.seeking;
    if (this.#isBlocked) return 'blocked';
    if (!this.#wantsToPlay && this.#hasPicture && !this.#isOut) return 'paused';
    if (this.#isHeld) return 'awaiting-encode';
    if (isMoving) return this.#wantsToPlay ? 'playing' : 'paused';
    if (this.#isOut) return 'reconnecting';
    if (!this.#hasPicture) return 'loading';
    return this.#isAtGrowingEdge() ? 'awaiting-encode' : 'stalled';
  }
}
