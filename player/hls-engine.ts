import HlsJs, { ErrorDetails, ErrorTypes, Events, XhrLoader } from 'hls.js';
import type {
  ErrorData,
  Fragment,
  HlsConfig,
  Level,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
} from 'hls.js';
import type { EngineEvents, PlaybackEngine } from './engine.ts';
import type { Rendition } from './player-state.ts';
import { renditionNames } from './rendition-names.ts';

/** True where hls.js can work. Asked before the browser's own HLS, which new Chromium also has. */
export function isHlsSupported(): boolean {
  // oxlint-disable-next-line import/no-named-as-default-member -- the name is exported, but not by its types
  return HlsJs.isSupported();
}

// For a hall on 2 Mbit/s with a set-top box of little memory: half a minute ahead, ten seconds back.
const SETTINGS: Partial<HlsConfig> = {
  maxBufferLength: 20,
  maxMaxBufferLength: 30,
  maxBufferSize: 20e6,
  backBufferLength: 10,
  // The first guess before anything was measured: starts on 360p at once instead of stalling on 720p.
  abrEwmaDefaultEstimate: 900_000,
  capLevelOnFPSDrop: true,
  lowLatencyMode: false,
  enableInterstitialPlayback: false,
  // A growing lecture counts as live for hls.js. Waiting at its end with the playhead a hair beyond it, hls.js would jump
  // back three segments to its "live sync position"; a position that is no number switches that off.
  liveSyncDuration: Number.NaN,
  // A lecture that is being encoded may not grow for minutes; that is not a fault.
  liveMaxUnchangedPlaylistRefresh: Infinity,
  // Few retries of its own: the watchdog knows better when to come back.
  fragLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 10_000,
      maxLoadTimeMs: 120_000,
      timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: { maxNumRetry: 3, retryDelayMs: 500, maxRetryDelayMs: 2_000 },
    },
  },
};

// Captions are tracks of the page: each engine would add those of the playlist once more, and none takes its own away again.
const WITHOUT_CAPTIONS = {
  subtitleStreamController: undefined,
  subtitleTrackController: undefined,
  timelineController: undefined,
} as object;

/**
 * Refuses a range that arrives cut short, so that it is fetched again. hls.js only warns of it: it would take such a segment for a
 * gap, and keep such a head of a rendition for as long as it lives, so that nothing of that rendition can be shown any more.
 */
class WholeRangeLoader extends XhrLoader {
  override load(
    context: LoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<LoaderContext>,
  ): void {
    const wanted = (context.rangeEnd ?? 0) - (context.rangeStart ?? 0);
    const isShort = (data: unknown): boolean => data instanceof ArrayBuffer && data.byteLength < wanted;
    super.load(context, config, {
      ...callbacks,
      onProgress: (stats, its, data, details) => {
        if (!isShort(data)) callbacks.onProgress?.(stats, its, data, details);
      },
      onSuccess: (response, stats, its, details) => {
        if (!isShort(response.data)) callbacks.onSuccess(response, stats, its, details);
        else callbacks.onError({ code: response.code ?? 0, text: 'cut short' }, its, details, stats);
      },
    });
  }
}

/** hls.js behind our words. It translates level → rendition and fragment → segment, and reports only what is final. */
export class HlsEngine implements PlaybackEngine {
  readonly #video: HTMLVideoElement;
  readonly #events: EngineEvents;
  readonly #hls: HlsJs;
  #names: readonly string[] = [];
  #choice = 'auto';
  #soundChoice: string | undefined;
  #received = 0;
  #underWay = new Set<Fragment>();
  #playlists = new Set<string>();

  /** @param workerUrl where `hls.worker.js` is served; without it segments are parsed on the page's own thread */
  constructor(video: HTMLVideoElement, events: EngineEvents, workerUrl: string | undefined) {
    this.#video = video;
    this.#events = events;
    this.#hls = new HlsJs({
      ...SETTINGS,
      loader: WholeRangeLoader,
      ...WITHOUT_CAPTIONS,
      ...(workerUrl === undefined ? { enableWorker: false } : { workerPath: workerUrl }),
    });
  }

  get bytesReceived(): number {
    let underWay = 0;
    for (const segment of this.#underWay) underWay += segment.stats.loaded;
    return this.#received + underWay;
  }

  open(playlistUrl: string, position: number): void {
    const hls = this.#hls;
    hls.on(Events.MANIFEST_PARSED, (_event, { levels }) => {
      this.#names = renditionNames(levels);
      const renditions = levels.map((level, index) => this.#rendition(level, index));
      this.#events.onRenditions(renditions.sort((one, other) => other.bitrate - one.bitrate));
      this.#applyChoice();
    });
    hls.on(Events.AUDIO_TRACKS_UPDATED, (_event, { audioTracks }) => {
      const tracks = audioTracks.map(({ name, lang }) => Object.freeze({ name, language: lang }));
      this.#events.onSoundTracks(tracks);
      this.#applySoundChoice();
    });
    hls.on(Events.AUDIO_TRACK_SWITCHING, (_event, { name }) => this.#events.onSoundTrack(name));
    hls.on(Events.FRAG_CHANGED, (_event, { frag }) => {
      const name = this.#names[frag.level];
      if (name !== undefined) this.#events.onRendition(name);
    });
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#events.onExtent(details.live ? 'growing' : 'complete', details.edge);
    });
    hls.on(Events.FRAG_LOADING, (_event, { frag }) => {
      this.#underWay.add(frag);
    });
    hls.on(Events.FRAG_LOADED, (_event, { frag }) => this.#finish(frag));
    hls.on(Events.FRAG_LOAD_EMERGENCY_ABORTED, (_event, { frag }) => this.#finish(frag));
    hls.on(Events.LEVEL_LOADED, (_event, { details }) => {
      // Only the first one counts: an engine that reloads playlists for ever and fetches no segment is a dead engine.
      if (!this.#playlists.has(details.url)) this.#received += 1;
      this.#playlists.add(details.url);
    });
    hls.on(Events.ERROR, (_event, data) => this.#onError(data));
    // An explicit position: a growing playlist counts as live for hls.js, which would jump to its end.
    hls.config.startPosition = position;
    hls.attachMedia(this.#video);
    hls.loadSource(playlistUrl);
  }

  chooseRendition(choice: string): void {
    this.#choice = choice;
    this.#applyChoice();
  }

  chooseSoundTrack(name: string | undefined): void {
    this.#soundChoice = name;
    this.#applySoundChoice();
  }

  resumeFetching(position: number): void {
    this.#hls.startLoad(position);
  }

  close(): void {
    this.#hls.destroy();
    this.#underWay.clear();
  }

  #applyChoice(): void {
    if (this.#names.length === 0) return;
    const level = this.#names.indexOf(this.#choice);
    // `nextLevel` drops what is buffered ahead in the old rendition, so the viewer sees the choice at the next segment.
    if (level !== this.#hls.manualLevel) this.#hls.nextLevel = level;
  }

  #applySoundChoice(): void {
    const track = this.#hls.audioTracks.findIndex(({ name }) => name === this.#soundChoice);
    if (track !== -1 && track !== this.#hls.audioTrack) this.#hls.audioTrack = track;
  }

  #rendition(level: Level, index: number): Rendition {
    return Object.freeze({
      name: this.#names[index] ?? String(index),
      width: level.width,
      height: level.height,
      bitrate: level.bitrate,
    });
  }

  #finish(segment: Fragment): void {
    if (this.#underWay.delete(segment)) this.#received += segment.stats.loaded;
  }

  #onError(data: ErrorData): void {
    if (data.frag !== undefined) this.#finish(data.frag);
    if (!data.fatal) return;
    // Not `recoverMediaError`: it keeps what it has read wrongly, and leaves the picture paused.
    const isMedia = data.type === ErrorTypes.MEDIA_ERROR || data.type === ErrorTypes.MUX_ERROR;
    this.#events.onFault({
      kind: isMedia || data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR ? 'media' : 'line',
      message: `${data.details}: ${data.error.message}`,
      status: data.response?.code === 0 ? undefined : data.response?.code,
    });
  }
}
