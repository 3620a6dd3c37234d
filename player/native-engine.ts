import type { EngineEvents, PlaybackEngine } from './engine.ts';

/** True where the browser plays HLS itself; asked only after Media Source Extensions were found missing. */
export function isNativeHlsSupported(video: HTMLVideoElement): boolean {
  return video.canPlayType('application/vnd.apple.mpegurl') !== '';
}

/** The browser's own HLS, for iPhones, which have no Media Source Extensions. Renditions are the browser's affair. */
export class NativeEngine implements PlaybackEngine {
  readonly #video: HTMLVideoElement;
  readonly #events: EngineEvents;
  readonly #abort = new AbortController();
  #received = 0;

  constructor(video: HTMLVideoElement, events: EngineEvents) {
    this.#video = video;
    this.#events = events;
  }

  get bytesReceived(): number {
    return this.#received;
  }

  open(playlistUrl: string, position: number): void {
    const video = this.#video;
    this.#on('progress', () => {
      this.#received += 1; // the browser tells that bytes came, not how many
    });
    this.#on('durationchange', () => {
      const end = video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : 0;
      if (Number.isFinite(video.duration)) this.#events.onExtent('complete', video.duration);
      else this.#events.onExtent('growing', end);
    });
    this.#on('loadedmetadata', () => {
      video.currentTime = position;
    });
    this.#on('error', () => {
      const code = video.error?.code;
      this.#events.onFault({
        kind: code === 2 ? 'line' : 'media',
        message: `the video element reports error ${code ?? 'unknown'}: ${video.error?.message ?? ''}`,
        status: undefined,
      });
    });
    video.src = playlistUrl;
  }

  chooseRendition(): void {
    // The browser decides alone.
  }

  chooseSoundTrack(): void {
    // The browser has a menu of its own.
  }

  resumeFetching(position: number): void {
    const address = this.#video.src;
    this.#video.src = address;
    this.#video.currentTime = position;
  }

  close(): void {
    this.#abort.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  // Chromium 67 and old Safari ignore the `signal` option of addEventListener, hence the check.
  #on(event: string, listener: () => void): void {
    this.#video.addEventListener(event, () => {
      if (!this.#abort.signal.aborted) listener();
    });
  }
}
