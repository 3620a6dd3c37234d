import HlsJs, { ErrorDetails, ErrorTypes, Events } from 'hls.js';
import type { ErrorData, HlsConfig, Level, LevelDetails, LoadPolicy } from 'hls.js';
import type { Rendition } from '../player-state.ts';
import { renditionNames } from '../rendition-names.ts';
import { CatchUp, LOW_LATENCY_RULE, ORDINARY_RULE, playAt, readySeconds } from './catch-up.ts';
import type { LiveEngine, LiveEngineEvents, LiveStart } from './live-engine.ts';
import { positionOfDate } from './rewind.ts';
import type { DatedStretch } from './rewind.ts';

// An origin that is away for a minute is no end: hls.js by default is dead after three seconds without one, for good.
const policy = (timeouts: number, errors: number, maxRetryDelayMs: number): LoadPolicy => ({
  default: {
    maxTimeToFirstByteMs: 10_000,
    maxLoadTimeMs: 20_000,
    timeoutRetry: { maxNumRetry: timeouts, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: errors, retryDelayMs: 500, maxRetryDelayMs },
  },
});

/** Of every mode: boxes with little memory, and lines that come back. */
const SETTINGS: Partial<HlsConfig> = {
  backBufferLength: 30,
  maxBufferLength: 20,
  maxMaxBufferLength: 30,
  maxBufferSize: 20e6,
  abrEwmaDefaultEstimate: 900_000,
  capLevelOnFPSDrop: true,
  enableInterstitialPlayback: false,
  playlistLoadPolicy: policy(20, 240, 1_000),
  fragLoadPolicy: policy(20, 30, 2_000),
  manifestLoadPolicy: policy(3, 6, 2_000),
};

/** A little more than the three parts that a player should keep (RFC 8216bis, PART-HOLD-BACK). */
const LOW_LATENCY_SECONDS = 1.6;

/**
 * Some two seconds behind the lecturer. A stall raises the wanted latency by half a second, and nothing in hls.js lowers it
 * again: see {@link LiveEngine.restoreLatency}. The rate is not left to hls.js: farther behind than twice its place and a
 * segment it takes for going back, and stays there all lesson.
 */
const LOW_LATENCY: Partial<HlsConfig> = {
  lowLatencyMode: true,
  liveSyncDuration: LOW_LATENCY_SECONDS,
  liveMaxLatencyDuration: 15,
  maxLiveSyncPlaybackRate: 1,
  liveSyncOnStallIncrease: 0.5,
};

const ORDINARY_SECONDS = 6;

/** Six to eight seconds behind, from the same playlist: its parts are ignored. */
const ORDINARY: Partial<HlsConfig> = {
  lowLatencyMode: false,
  liveSyncDuration: ORDINARY_SECONDS,
  liveMaxLatencyDuration: 20,
};

/** From the class's beginning: nothing pulls the viewer back to the edge. */
const REWOUND: Partial<HlsConfig> = {
  lowLatencyMode: false,
  // A number would be a live edge to go to; a position that is no number switches that off.
  liveSyncDuration: Number.NaN,
};

// Less than this between where a moment was thought to lie and where it does lie: nobody sees it.
const NEAR_SECONDS = 0.5;

/** hls.js in its live modes, behind our words. */
export class HlsLiveEngine implements LiveEngine {
  readonly #video: HTMLVideoElement;
  readonly #events: LiveEngineEvents;
  readonly #workerUrl: string | undefined;
  #hls: HlsJs | undefined;
  #names: readonly string[] = [];
  #choice = 'auto';
  #start: LiveStart = { kind: 'edge', latency: 'ordinary' };
  #catchUp = new CatchUp(ORDINARY_RULE);

  /** @param workerUrl where `hls.worker.js` is served; without it segments are parsed on the page's own thread */
  constructor(video: HTMLVideoElement, events: LiveEngineEvents, workerUrl: string | undefined) {
    this.#video = video;
    this.#events = events;
    this.#workerUrl = workerUrl;
  }

  get playingMs(): number | undefined {
    return this.#hls?.playingDate?.getTime();
  }

  get edgeMs(): number | undefined {
    const details = this.#hls?.latestLevelDetails;
    const last = stretchesOf(details).pop();
    if (details === null || details === undefined || last === undefined) return undefined;
    return last.dateMs + (details.edge - last.start) * 1_000;
  }

  open(playlistUrl: string, start: LiveStart): void {
    const hls = new HlsJs({
      ...SETTINGS,
      ...settingsOf(start),
      ...(this.#workerUrl === undefined ? { enableWorker: false } : { workerPath: this.#workerUrl }),
    });
    this.#hls = hls;
    this.#start = start;
    const isLow = start.kind === 'edge' && start.latency === 'low';
    this.#catchUp = new CatchUp(isLow ? LOW_LATENCY_RULE : ORDINARY_RULE);
    hls.on(Events.MANIFEST_PARSED, (_event, { levels }) => this.#nameRenditions(levels));
    // A rendition may be taken away while the class runs.
    hls.on(Events.LEVELS_UPDATED, (_event, { levels }) => this.#nameRenditions(levels));
    hls.on(Events.FRAG_CHANGED, (_event, { frag }) => {
      const name = this.#names[frag.level];
      if (name !== undefined) this.#events.onRendition(name);
    });
    hls.on(Events.ERROR, (_event, data) => this.#onError(data));
    if (start.kind === 'date') {
      hls.once(Events.LEVEL_UPDATED, (_event, { details }) => this.#correctStart(details, start.dateMs));
    }
    hls.attachMedia(this.#video);
    hls.loadSource(playlistUrl);
  }

  chooseRendition(choice: string): void {
    this.#choice = choice;
    this.#applyChoice();
  }

  seekToDate(dateMs: number): boolean {
    const position = positionOfDate(stretchesOf(this.#hls?.latestLevelDetails), dateMs);
    if (position === undefined) return false;
    this.#video.currentTime = position;
    return true;
  }

  restoreLatency(): void {
    if (this.#hls === undefined || this.#start.kind !== 'edge') return;
    this.#hls.targetLatency = this.#start.latency === 'low' ? LOW_LATENCY_SECONDS : ORDINARY_SECONDS;
  }

  catchUp(): void {
    const place = this.#place;
    if (place !== undefined && this.#video.currentTime < place) this.#video.currentTime = place;
  }

  keepPace(): void {
    const place = this.#place;
    if (place === undefined) return;
    const ready = readySeconds(this.#video);
    const pace = this.#catchUp.paceAt({ behind: place - this.#video.currentTime, ready });
    if (pace.kind === 'rate') playAt(this.#video, pace.rate);
    else this.catchUp();
  }

  resume(): void {
    this.#hls?.startLoad();
  }

  recover(): void {
    this.#hls?.recoverMediaError();
  }

  close(): void {
    this.#hls?.destroy();
    this.#hls = undefined;
    playAt(this.#video, 1);
  }

  // Where a viewer of the live edge should be. While no playlist comes it stands: nobody hurries to the end of what is there.
  get #place(): number | undefined {
    const position = this.#hls?.liveSyncPosition;
    if (this.#start.kind !== 'edge' || typeof position !== 'number') return undefined;
    return Number.isFinite(position) ? position : undefined;
  }

  #nameRenditions(levels: readonly Level[]): void {
    this.#names = renditionNames(levels);
    const renditions = levels.map((level, index): Rendition => {
      const { width, height, bitrate } = level;
      return Object.freeze({ name: this.#names[index] ?? String(index), width, height, bitrate });
    });
    this.#events.onRenditions(renditions.sort((one, other) => other.bitrate - one.bitrate));
    this.#applyChoice();
  }

  #applyChoice(): void {
    const hls = this.#hls;
    if (hls === undefined || this.#names.length === 0) return;
    const level = this.#names.indexOf(this.#choice);
    if (level !== hls.manualLevel) hls.nextLevel = level;
  }

  // Before the playlist is here the moment is looked for as if nothing had ever been interrupted.
  #correctStart(details: LevelDetails, dateMs: number): void {
    const position = positionOfDate(stretchesOf(details), dateMs);
    const hls = this.#hls;
    if (hls === undefined || position === undefined) return;
    if (Math.abs(position - hls.config.startPosition) > NEAR_SECONDS) hls.startLoad(position);
  }

  #onError(data: ErrorData): void {
    if (data.details === ErrorDetails.BUFFER_STALLED_ERROR) this.#events.onStall();
    if (!data.fatal) return;
    const message = `${data.details}: ${data.error.message}`;
    const isOfManifest =
      data.details === ErrorDetails.MANIFEST_LOAD_ERROR ||
      data.details === ErrorDetails.MANIFEST_LOAD_TIMEOUT ||
      data.details === ErrorDetails.MANIFEST_PARSING_ERROR ||
      data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR;
    const isOfPlaylist = data.details === ErrorDetails.LEVEL_PARSING_ERROR;
    if (isOfManifest || isOfPlaylist) this.#events.onTrouble('broken', message);
    else if (data.type === ErrorTypes.NETWORK_ERROR) this.#events.onTrouble('line', message);
    else if (data.type === ErrorTypes.MEDIA_ERROR) this.#events.onTrouble('media', message);
    else this.#events.onTrouble('broken', message);
  }
}

function settingsOf(start: LiveStart): Partial<HlsConfig> {
  if (start.kind === 'edge') return start.latency === 'low' ? LOW_LATENCY : ORDINARY;
  return { ...REWOUND, startPosition: Math.max(0, (start.dateMs - start.sinceMs) / 1_000) };
}

function stretchesOf(details: LevelDetails | null | undefined): DatedStretch[] {
  const stretches: DatedStretch[] = [];
  for (const { start, duration, programDateTime } of details?.fragments ?? []) {
    if (programDateTime !== null) stretches.push({ start, duration, dateMs: programDateTime });
  }
  return stretches;
}
