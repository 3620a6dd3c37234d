import { isHlsSupported } from '../hls-engine.ts';
import { isNativeHlsSupported } from '../native-engine.ts';
import { StateCell } from '../player-state.ts';
import type { Listener } from '../player-state.ts';
import { Calm } from './calm.ts';
import { chooseCover } from './cover.ts';
import { Healing } from './healing.ts';
import type { Cure, HealingTimes } from './healing.ts';
import { HlsLiveEngine } from './hls-live-engine.ts';
import type { LiveEngine, LiveEngineEvents } from './live-engine.ts';
import { EMPTY_LIVE_STATE } from './live-state.ts';
import type { LiveState } from './live-state.ts';
import { Motion } from './motion.ts';
import { NativeLiveEngine } from './native-live-engine.ts';
import { mayMove, playlistFor, startAt } from './playable.ts';
import { isEdge, withinSpan } from './rewind.ts';
import type { RewindSpan } from './rewind.ts';
import { ServerClock } from './server-clock.ts';
import { StateFeed } from './state-feed.ts';
import type { FeedReport, StateSource } from './state-feed.ts';
import type { LiveStateDocument } from './state-document.ts';

export interface LivePlaybackOptions {
  readonly workerUrl: string | undefined;
  readonly times: HealingTimes;
  /** An operator's preview also shows what only operators may see. */
  readonly showsRehearsal: boolean;
  /** Undefined: as the class itself is set up. */
  readonly latency: 'low' | 'ordinary' | undefined;
}

const TICK_MS = 500;
// After a longer pause it goes on where it was paused, not where the class is by now.
const LONG_PAUSE_MS = 10_000;
// An operator waits in front of it for what he has just done.
const OPERATOR_LOOKS_MS = 2_500;

/** One video element and one class: the viewer's wish outlives interruptions, outages and any number of engines. */
export class LivePlayback {
  readonly #video: HTMLVideoElement;
  readonly #options: LivePlaybackOptions;
  readonly #cell = new StateCell<LiveState>(EMPTY_LIVE_STATE);
  readonly #clock = new ServerClock();
  readonly #feed: StateFeed;
  readonly #timer: ReturnType<typeof setInterval>;
  #healing: Healing;
  readonly #motion = new Motion(performance.now());
  #calm = new Calm();
  #engine: LiveEngine | undefined;
  #playlistUrl: string | undefined;
  #latencyChoice: 'low' | 'ordinary' | undefined;
  #refusal: 'missing' | 'forbidden' | undefined;
  #isReachable = true;
  #hasPicture = false;
  #isBlocked = false;
  #isUnsupported = false;
  #isOpening = false;
  #pausedAt: number | undefined;
  #rebuildAt: number | undefined;
  #isHopeless = false;
  #isRebuilding = false;
  #edgeMs: number | undefined;

  constructor(video: HTMLVideoElement, source: StateSource, options: LivePlaybackOptions) {
    this.#video = video;
    this.#options = options;
    this.#latencyChoice = options.latency;
    this.#healing = new Healing(options.times);
    const longestMs = options.showsRehearsal ? OPERATOR_LOOKS_MS : undefined;
    this.#feed = new StateFeed(source, this.#clock, (report) => this.#onReport(report), longestMs);
    for (const event of ['timeupdate', 'playing', 'seeked', 'ended', 'volumechange']) {
      video.addEventListener(event, this.#look);
    }
    video.addEventListener('pause', this.#onPause);
    video.addEventListener('play', this.#onPlay);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#feed.start();
  }

  get state(): LiveState {
    return this.#cell.state;
  }

  listen(listener: Listener<LiveState>): () => void {
    return this.#cell.listen(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#feed.stop();
    for (const event of ['timeupdate', 'playing', 'seeked', 'ended', 'volumechange']) {
      this.#video.removeEventListener(event, this.#look);
    }
    this.#video.removeEventListener('pause', this.#onPause);
    this.#video.removeEventListener('play', this.#onPlay);
    this.#dropEngine();
  }

  play(): void {
    const { playingMs, place, document } = this.state;
    const pausedFor = this.#pausedAt === undefined ? 0 : performance.now() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#cell.change({ wantsToPlay: true });
    this.#motion.expect(performance.now());
    if (pausedFor > LONG_PAUSE_MS && place === 'edge' && document?.dvrUrl !== undefined && playingMs) {
      this.goTo(playingMs);
    } else void this.#tryToStart();
    this.#look();
  }

  pause(): void {
    this.#cell.change({ wantsToPlay: false });
    this.#pausedAt ??= performance.now();
    this.#video.pause();
    this.#look();
  }

  /** Shows what was taken at a moment; one near enough to the newest picture means the live edge. */
  goTo(dateMs: number): void {
    const { span, document } = this.state;
    if (span === undefined || document?.dvrUrl === undefined) return;
    const wanted = withinSpan(span, dateMs);
    if (isEdge(span, wanted) && document.playlistUrl !== undefined) {
      this.goLive();
      return;
    }
    this.#cell.change({ wantsToPlay: true, playingMs: wanted });
    this.#pausedAt = undefined;
    this.#motion.expect(performance.now());
    if (this.state.place === 'rewound' && this.#engine?.seekToDate(wanted) === true) {
      void this.#tryToStart();
    } else {
      this.#cell.change({ place: 'rewound' });
      this.#openEngine(wanted);
    }
    this.#look();
  }

  /** Back to the lecturer. */
  goLive(): void {
    this.#pausedAt = undefined;
    this.#cell.change({ wantsToPlay: true });
    this.#motion.expect(performance.now());
    if (this.state.place === 'edge' && this.#engine !== undefined) {
      this.#engine.catchUp();
      void this.#tryToStart();
    } else {
      this.#cell.change({ place: 'edge' });
      this.#openEngine();
    }
    this.#look();
  }

  chooseRendition(choice: string): void {
    this.#cell.change({ renditionChoice: choice });
    this.#engine?.chooseRendition(choice);
  }

  chooseLatency(latency: 'low' | 'ordinary'): void {
    if (latency === this.state.latency) return;
    this.#latencyChoice = latency;
    this.#cell.change({ latency });
    if (this.state.place === 'edge' && this.#engine !== undefined) this.#openEngine();
  }

  setVolume(volume: number): void {
    this.#video.volume = volume;
    this.setMuted(volume === 0);
  }

  setMuted(isMuted: boolean): void {
    this.#video.muted = isMuted;
    this.#cell.change({ isSilenced: false });
    this.#look();
  }

  /** The line may be back, or something has just been changed: look now. */
  hurry(): void {
    void this.#feed.ask();
  }

  #onReport(report: FeedReport): void {
    this.#isReachable = report.kind !== 'unreachable';
    if (report.kind === 'refused') {
      this.#refusal = report.refusal;
      this.#cell.change({ document: undefined });
      this.#dropEngine();
    } else if (report.kind === 'document') this.#onDocument(report.document);
    this.#look();
  }

  #onDocument(document: LiveStateDocument): void {
    const before = this.state.document;
    this.#refusal = undefined;
    this.#cell.change({ document, latency: this.#latencyChoice ?? document.latency });
    if (mayMove(document) !== (before !== undefined && mayMove(before)))
      this.#motion.expect(performance.now());
    if (this.#addressOf(document) === undefined) {
      // The last seconds are still on their way through this player; it ends by itself.
      const isRunning = this.#hasPicture && !this.#video.ended && this.state.isMoving;
      if (this.#engine !== undefined && !isRunning) this.#dropEngine();
    } else if (this.#engine === undefined && this.#rebuildAt === undefined) this.#openEngine();
    else if (this.#playlistUrl !== this.#addressOf(document)) this.#openEngine(this.#placeMs);
  }

  get #placeMs(): number | undefined {
    return this.state.place === 'rewound' ? this.state.playingMs : undefined;
  }

  #addressOf(document: LiveStateDocument): string | undefined {
    return playlistFor(document, this.state.place, this.#options.showsRehearsal);
  }

  #openEngine(dateMs?: number): void {
    const { document, latency } = this.state;
    const address = document === undefined ? undefined : this.#addressOf(document);
    this.#rebuildAt = undefined;
    this.#isHopeless = false;
    this.#isOpening = true;
    this.#engine?.close();
    this.#engine = undefined;
    this.#playlistUrl = address;
    if (address !== undefined) {
      this.#engine = this.#makeEngine();
      this.#isUnsupported = this.#engine === undefined;
      this.#engine?.chooseRendition(this.state.renditionChoice);
      this.#engine?.open(address, startAt(dateMs, latency, document));
      this.#motion.expect(performance.now());
      if (this.state.wantsToPlay) void this.#tryToStart();
    }
    this.#isOpening = false;
  }

  #dropEngine(): void {
    this.#isOpening = true;
    this.#engine?.close();
    this.#engine = undefined;
    this.#playlistUrl = undefined;
    this.#rebuildAt = undefined;
    this.#hasPicture = false;
    this.#motion.forget();
    this.#edgeMs = undefined;
    this.#isOpening = false;
    this.#cell.change({ isMoving: false, playingMs: undefined, place: 'edge', span: undefined });
  }

  #makeEngine(): LiveEngine | undefined {
    const events: LiveEngineEvents = {
      onRenditions: (renditions) => this.#cell.change({ renditions: Object.freeze(Array.from(renditions)) }),
      onRendition: (rendition) => this.#cell.change({ rendition }),
      onStall: () => this.#calm.stalled(performance.now()),
      onTrouble: (trouble) => {
        this.#isHopeless = trouble === 'broken';
        this.#apply(this.#healing.onTrouble(trouble, performance.now(), Math.random()));
      },
    };
    if (isHlsSupported()) return new HlsLiveEngine(this.#video, events, this.#options.workerUrl);
    if (isNativeHlsSupported(this.#video)) return new NativeLiveEngine(this.#video, events);
    return undefined;
  }

  async #tryToStart(): Promise<void> {
    try {
      await this.#video.play();
      this.#isBlocked = false;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      // Better a silent lecturer than a page that waits for a click; the viewer is told how to hear.
      if (this.#video.muted) this.#isBlocked = true;
      else {
        this.#video.muted = true;
        this.#cell.change({ isSilenced: true });
        await this.#tryToStart();
      }
    }
    this.#look();
  }

  #apply(cure: Cure): void {
    if (cure.kind === 'resume') this.#engine?.resume();
    else if (cure.kind === 'recover') {
      this.#engine?.recover();
      if (this.state.wantsToPlay) void this.#tryToStart();
    } else if (cure.kind === 'rebuild') this.#rebuildAt ??= performance.now() + cure.pauseMs;
  }

  #tick(): void {
    this.#look();
    const now = performance.now();
    if (this.#calm.isDue(now)) this.#engine?.restoreLatency();
    if (this.#rebuildAt !== undefined) {
      if (now >= this.#rebuildAt) void this.#rebuild();
      return;
    }
    const { document, wantsToPlay, place } = this.state;
    if (this.#engine === undefined || !wantsToPlay || this.#isBlocked) return;
    if (this.#video.ended) {
      if (document?.state === 'on_air' && place === 'edge') {
        this.#apply(this.#healing.onEarlyEnd(Math.random()));
      }
      return;
    }
    if (place === 'rewound' || (document !== undefined && mayMove(document)))
      this.#apply(this.#healing.onStill(this.#motion.stillMs(now), Math.random()));
  }

  // A new engine only from a fresh document: an origin that is still away, or a class that is over, would only break it again.
  async #rebuild(): Promise<void> {
    if (this.#isRebuilding) return;
    this.#isRebuilding = true;
    const report = await this.#feed.ask();
    this.#isRebuilding = false;
    if (this.#rebuildAt === undefined) return;
    if (report.kind === 'unreachable') {
      this.#rebuildAt = performance.now() + 1_000 + 1_000 * Math.random();
      return;
    }
    if (report.kind === 'document') {
      this.#cell.change({ rebuilds: this.state.rebuilds + 1 });
      this.#openEngine(this.#placeMs);
    }
  }

  readonly #onPlay = (): void => {
    if (!this.state.wantsToPlay) this.play();
  };

  readonly #onPause = (): void => {
    // A key on the keyboard, a headset or the browser paused it; an engine that is changed sends no such event for itself.
    if (!this.#isOpening && !this.#video.ended && this.#engine !== undefined && this.state.wantsToPlay) {
      this.#cell.change({ wantsToPlay: false });
      this.#pausedAt = performance.now();
    }
    this.#look();
  };

  readonly #look = (): void => {
    const video = this.#video;
    const now = performance.now();
    const isRunning = this.#engine !== undefined && !video.paused && !video.ended && !video.seeking;
    if (this.#motion.look(video, isRunning, now)) this.#onMoved(now);
    if (isRunning && this.state.place === 'edge') this.#engine?.keepPace(now);
    const { isMoving } = this.#motion;
    const { document, wantsToPlay } = this.state;
    const serverMs = this.#clock.timeAt(now);
    this.#cell.change({
      isMoving,
      playingMs: this.#playingMs(),
      span: this.#span(),
      serverMs: serverMs === undefined ? undefined : Math.floor(serverMs / 1_000) * 1_000,
      volume: video.volume,
      isMuted: video.muted,
    });
    const cover = chooseCover({
      document,
      refusal: this.#refusal,
      isReachable: this.#isReachable,
      hasPicture: this.#hasPicture,
      stillMs: isMoving ? 0 : this.#motion.stillMs(now),
      wantsToPlay,
      isBlocked: this.#isBlocked,
      isUnsupported: this.#isUnsupported,
      isOver: video.ended,
    });
    this.#cell.change({ cover });
  };

  #onMoved(now: number): void {
    this.#hasPicture = true;
    this.#healing.moved(now);
    if (!this.#isHopeless) this.#rebuildAt = undefined;
  }

  #playingMs(): number | undefined {
    if (!this.#hasPicture || this.#video.seeking || this.#video.readyState < 2) return this.state.playingMs;
    return this.#engine?.playingMs ?? this.state.playingMs;
  }

  // The edge of a playlist from the class's beginning lies a segment behind that of the live one, and never goes back.
  #span(): RewindSpan | undefined {
    const { document } = this.state;
    const fromMs = Date.parse(document?.onAirSince ?? '');
    if (document?.dvrUrl === undefined || Number.isNaN(fromMs)) return undefined;
    const edgeMs = this.#engine?.edgeMs;
    const known = this.#edgeMs ?? 0;
    if (edgeMs !== undefined && edgeMs > known) this.#edgeMs = edgeMs;
    const untilMs = this.#edgeMs;
    const before = this.state.span;
    if (untilMs === undefined || untilMs <= fromMs) return undefined;
    return before?.fromMs === fromMs && before.untilMs === untilMs ? before : { fromMs, untilMs };
  }
}
