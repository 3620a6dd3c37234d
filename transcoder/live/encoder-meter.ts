import type { AudioConfig } from './audio-config.ts';
import type { EncoderFacts } from './encoder-light.ts';
import type { VideoConfig } from './video-config.ts';

/** Rates and orders are taken over so many milliseconds of media. */
const WINDOW_MS = 10_000;
/** Of one track, in that time; garbage may have no time in it. */
const MOST_ARRIVALS = 5000;
/** Jumps and damages are remembered for so long, by the arrival's clock. */
const MEMORY_MS = 60_000;
/** The best arrival is looked for in the last one or two of these. */
const BASELINE_MS = 600_000;
/** Groups of pictures of which the longest is told. */
const REMEMBERED_GOPS = 5;

interface Arrival {
  readonly ms: number;
  readonly bytes: number;
  readonly compositionMs: number;
}

/** Measures what an encoder sends, as it comes. */
export class EncoderMeter {
  readonly #now: () => number;
  readonly #pictures = new Window();
  readonly #sounds = new Window();
  #firstMs: number | undefined;
  #lastKeyMs: number | undefined;
  #gopsMs: number[] = [];
  #unsupported: { video?: string; audio?: string } = {};
  #troubles: { readonly kind: 'jump' | 'damage'; readonly at: number }[] = [];
  /** How much later than its stamp the latest arrival was, and the least of that in this stretch of time and in the one before. */
  #delay = Number.NEGATIVE_INFINITY;
  #least = {
    since: Number.NEGATIVE_INFINITY,
    delay: Number.POSITIVE_INFINITY,
    before: Number.POSITIVE_INFINITY,
  };

  /** @param now - milliseconds, of any clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param ms - of decoding, by the encoder's clock set straight */
  sawPicture(ms: number, compositionMs: number, isKey: boolean, bytes: number): void {
    this.#arrived(ms);
    this.#pictures.add({ ms, bytes, compositionMs });
    if (!isKey) return;
    if (this.#lastKeyMs !== undefined)
      this.#gopsMs = [...this.#gopsMs, ms - this.#lastKeyMs].slice(-REMEMBERED_GOPS);
    this.#lastKeyMs = ms;
  }

  sawSound(ms: number, bytes: number): void {
    this.#arrived(ms);
    this.#sounds.add({ ms, bytes, compositionMs: 0 });
  }

  sawUnsupported(track: 'video' | 'audio', codec: string): void {
    this.#unsupported[track] = codec;
  }

  sawTrouble(kind: 'jump' | 'damage'): void {
    this.#troubles.push({ kind, at: this.#now() });
    // A stream of garbage must not fill the memory with its own count.
    if (this.#troubles.length > 1000) this.#troubles.shift();
    if (kind === 'jump') this.#forgetDelays();
  }

  /** What was seen up to now. */
  facts(video: VideoConfig | undefined, audio: AudioConfig | undefined): EncoderFacts {
    const latest = Math.max(this.#pictures.latestMs, this.#sounds.latestMs);
    const since = this.#now() - MEMORY_MS;
    this.#troubles = this.#troubles.filter(({ at }) => at >= since);
    const { video: unsupportedVideo, audio: unsupportedAudio } = this.#unsupported;
    return {
      seconds: this.#firstMs === undefined ? 0 : (latest - this.#firstMs) / 1000,
      ...(video === undefined ? {} : { video: this.#videoFacts(video, latest) }),
      ...(audio === undefined || this.#sounds.isEmpty ? {} : { audio: this.#audioFacts(audio, latest) }),
      ...(unsupportedVideo === undefined ? {} : { unsupportedVideo }),
      ...(unsupportedAudio === undefined ? {} : { unsupportedAudio }),
      behindSeconds: this.#behindSeconds,
      jumps: this.#troubles.filter(({ kind }) => kind === 'jump').length,
      damagedTags: this.#troubles.filter(({ kind }) => kind === 'damage').length,
    };
  }

  #videoFacts({ codecs, codec, format }: VideoConfig, latest: number): NonNullable<EncoderFacts['video']> {
    const { width, height, mayBeInterlaced, bitDepth, chromaFormat } = format;
    const gopMs = this.#gopsMs.length === 0 ? undefined : Math.max(...this.#gopsMs);
    return {
      codecs,
      width,
      height,
      isInterlaced: mayBeInterlaced,
      isHevc: codec === 'hevc',
      isCommon: bitDepth === 8 && chromaFormat === 1,
      frameRate: this.#pictures.perSecond,
      ...(gopMs === undefined ? {} : { gopSeconds: gopMs / 1000 }),
      sinceKeySeconds: Math.max(0, latest - (this.#lastKeyMs ?? this.#firstMs ?? latest)) / 1000 || 0,
      hasBFrames: this.#pictures.isReordered,
      bitrate: this.#pictures.bitrate,
      lagSeconds: lag(latest, this.#pictures.isEmpty ? this.#firstMs : this.#pictures.latestMs),
    };
  }

  #audioFacts(
    { codecs, sampleRate, channels }: AudioConfig,
    latest: number,
  ): NonNullable<EncoderFacts['audio']> {
    return {
      codecs,
      sampleRate,
      channels,
      bitrate: this.#sounds.bitrate,
      lagSeconds: lag(latest, this.#sounds.latestMs),
    };
  }

  get #behindSeconds(): number {
    const least = Math.min(this.#least.delay, this.#least.before);
    return Number.isFinite(least) ? Math.max(0, this.#delay - least) / 1000 : 0;
  }

  #arrived(ms: number): void {
    const now = this.#now();
    this.#firstMs ??= ms;
    this.#delay = now - ms;
    // What is old is forgotten: the encoder's clock and ours drift apart by seconds in a day.
    if (now - this.#least.since > BASELINE_MS) {
      this.#least = { since: now, delay: Number.POSITIVE_INFINITY, before: this.#least.delay };
    }
    this.#least.delay = Math.min(this.#least.delay, this.#delay);
  }

  #forgetDelays(): void {
    this.#least = { since: this.#now(), delay: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY };
  }
}

function lag(latest: number, own: number | undefined): number {
  return own === undefined ? 0 : Math.max(0, latest - own) / 1000;
}

/** What came of one track in the last {@link WINDOW_MS} of its stamps. */
class Window {
  readonly #arrivals: Arrival[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#arrivals.length === 0;
  }

  get latestMs(): number {
    return this.#arrivals.at(-1)?.ms ?? Number.NEGATIVE_INFINITY;
  }

  get perSecond(): number {
    const spanMs = this.#spanMs;
    return spanMs === 0 ? 0 : ((this.#arrivals.length - 1) * 1000) / spanMs;
  }

  get bitrate(): number {
    const spanMs = this.#spanMs;
    // The last one's time has not passed yet.
    const bytes = this.#bytes - (this.#arrivals.at(-1)?.bytes ?? 0);
    return spanMs === 0 ? 0 : Math.round((bytes * 8000) / spanMs);
  }

  /** Whether some are shown in another order than they are decoded in: the distance between the two then varies. */
  get isReordered(): boolean {
    const [first] = this.#arrivals;
    return this.#arrivals.some(
      ({ compositionMs }) => Math.abs(compositionMs - (first?.compositionMs ?? 0)) > 2,
    );
  }

  get #spanMs(): number {
    return this.#arrivals.length < 2 ? 0 : Math.max(1, this.latestMs - (this.#arrivals[0]?.ms ?? 0));
  }

  add(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#bytes += arrival.bytes;
    while (
      this.#arrivals.length > MOST_ARRIVALS ||
      (this.#arrivals[0]?.ms ?? arrival.ms) < arrival.ms - WINDOW_MS
    ) {
      this.#bytes -= this.#arrivals.shift()?.bytes ?? 0;
    }
  }
}
