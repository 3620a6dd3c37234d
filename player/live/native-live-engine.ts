import { CatchUp, ORDINARY_RULE, OwnDistance, playAt, readySeconds } from './catch-up.ts';
import type { LiveEngine, LiveEngineEvents, LiveStart } from './live-engine.ts';

/** Safari's own: when the start of a playlist was taken. */
interface DatedVideo extends HTMLVideoElement {
  getStartDate?: () => Date;
}

/** The browser's own HLS, for iPhones without Media Source Extensions. Renditions and latency are the browser's affair. */
export class NativeLiveEngine implements LiveEngine {
  readonly #video: DatedVideo;
  readonly #events: LiveEngineEvents;
  readonly #catchUp = new CatchUp(ORDINARY_RULE);
  readonly #distance = new OwnDistance();
  #isAtEdge = false;
  #isClosed = false;

  constructor(video: HTMLVideoElement, events: LiveEngineEvents) {
    this.#video = video;
    this.#events = events;
  }

  get playingMs(): number | undefined {
    return this.#dateOf(this.#video.currentTime);
  }

  get edgeMs(): number | undefined {
    return this.#dateOf(this.#edge);
  }

  open(playlistUrl: string, start: LiveStart): void {
    const video = this.#video;
    this.#isAtEdge = start.kind === 'edge';
    if (start.kind === 'date') {
      const seek = (): void => {
        video.removeEventListener('loadedmetadata', seek);
        if (this.#isClosed || this.seekToDate(start.dateMs)) return;
        video.currentTime = Math.max(0, (start.dateMs - start.sinceMs) / 1_000);
      };
      video.addEventListener('loadedmetadata', seek);
    }
    video.addEventListener('error', this.#onError);
    video.addEventListener('waiting', this.#onWaiting);
    video.src = playlistUrl;
  }

  chooseRendition(): void {
    // The browser decides alone.
  }

  seekToDate(dateMs: number): boolean {
    const first = this.#dateOf(0);
    if (first === undefined) return false;
    this.#video.currentTime = Math.min(Math.max(0, (dateMs - first) / 1_000), this.#edge);
    return true;
  }

  restoreLatency(): void {
    this.#distance.forgetStalls();
  }

  catchUp(): void {
    if (this.#edge <= 0) return;
    this.#video.currentTime = this.#edge;
    this.#distance.moved();
  }

  keepPace(nowMs: number): void {
    const edge = this.#edge;
    if (!this.#isAtEdge || !Number.isFinite(edge) || edge <= 0) return;
    const behind = this.#distance.behindAt(nowMs, edge - this.#video.currentTime);
    if (behind === undefined) return;
    const pace = this.#catchUp.paceAt({ behind, ready: readySeconds(this.#video) });
    if (pace.kind === 'rate') playAt(this.#video, pace.rate);
    else {
      this.#video.currentTime = edge - (this.#distance.chosen ?? 0);
      this.#distance.moved();
    }
  }

  resume(): void {
    const address = this.#video.src;
    this.#video.src = address;
  }

  recover(): void {
    this.resume();
  }

  close(): void {
    this.#isClosed = true;
    playAt(this.#video, 1);
    this.#video.removeEventListener('error', this.#onError);
    this.#video.removeEventListener('waiting', this.#onWaiting);
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  get #edge(): number {
    const { seekable } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
  }

  #dateOf(position: number): number | undefined {
    const startMs = this.#video.getStartDate?.().getTime();
    return startMs === undefined || Number.isNaN(startMs) ? undefined : startMs + position * 1_000;
  }

  readonly #onWaiting = (): void => {
    this.#distance.stalled();
    this.#events.onStall();
  };

  readonly #onError = (): void => {
    const { code = 0, message = '' } = this.#video.error ?? {};
    this.#events.onTrouble('broken', `the video element reports error ${code}: ${message}`);
  };
}
