import type { ServerClock } from './server-clock.ts';
import type { LiveClassState, LiveStateDocument } from './state-document.ts';

/** What a question for the state document brought. */
export type FeedReport =
  | { readonly kind: 'document'; readonly document: LiveStateDocument }
  | { readonly kind: 'refused'; readonly refusal: 'missing' | 'forbidden' }
  | { readonly kind: 'unreachable' };

const TIMEOUT_MS = 8_000;
const SOON_MS = 60 * 60_000;
const NOW_MS = 30_000;

/**
 * How long to wait before asking again: often where something may change at any moment, and each hall at its own time.
 *
 * @param leftMs until the planned start; negative after it; undefined when the server's time is not known
 * @param failures questions in a row that got no answer
 * @param chance 0 to 1
 */
export function feedPause(
  document: LiveStateDocument | undefined,
  leftMs: number | undefined,
  failures: number,
  chance: number,
): number {
  if (failures > 0) return Math.min(10_000, 2_000 * failures) * (0.5 + chance);
  return pauseOf(document, leftMs) * (0.75 + chance / 2);
}

// Milliseconds; `undefined` depends on how near the start is.
const PAUSES: Readonly<Record<LiveClassState, number | undefined>> = {
  draft: undefined,
  scheduled: undefined,
  announced: undefined,
  postponed: undefined,
  rehearsing: 2_000,
  on_air: 2_000, // slides and notices come by it
  interrupted: 2_000,
  ended: 5_000, // the replay appears seconds after the bell
  recorded: 20_000,
  archived: 60_000,
  cancelled: 60_000,
};

function pauseOf(document: LiveStateDocument | undefined, leftMs: number | undefined): number {
  if (document === undefined) return 15_000;
  const fixed = PAUSES[document.state];
  if (fixed !== undefined) return fixed;
  if (leftMs === undefined || leftMs > SOON_MS) return 20_000;
  return leftMs > NOW_MS ? 5_000 : 2_000;
}

/** Asks the server once how a class stands. It never rejects. */
export type StateSource = () => Promise<FeedReport>;

/** The usual source: the class's state document, which caches may hold. */
export function documentAt(url: string): StateSource {
  return async () => {
    const abort = new AbortController();
    const timeout = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const reply = await fetch(url, { cache: 'no-store', signal: abort.signal });
      if (reply.status === 404 || reply.status === 410) return { kind: 'refused', refusal: 'missing' };
      if (reply.status === 401 || reply.status === 403) return { kind: 'refused', refusal: 'forbidden' };
      if (!reply.ok) return { kind: 'unreachable' };
      return { kind: 'document', document: (await reply.json()) as LiveStateDocument };
    } catch {
      return { kind: 'unreachable' };
    } finally {
      clearTimeout(timeout);
    }
  };
}

/** Asks how one class stands again and again. */
export class StateFeed {
  readonly #source: StateSource;
  readonly #longestMs: number;
  readonly #clock: ServerClock;
  readonly #onReport: (report: FeedReport) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<FeedReport> | undefined;
  #document: LiveStateDocument | undefined;
  #failures = 0;
  #isStopped = true;

  /** @param longestMs the longest pause between two questions, however little may change */
  constructor(
    source: StateSource,
    clock: ServerClock,
    onReport: (report: FeedReport) => void,
    longestMs: number = Infinity,
  ) {
    this.#source = source;
    this.#longestMs = longestMs;
    this.#clock = clock;
    this.#onReport = onReport;
  }

  start(): void {
    this.#isStopped = false;
    void this.ask();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Asks now instead of in a while; whoever asks while a question is under way shares its answer. */
  async ask(): Promise<FeedReport> {
    clearTimeout(this.#timer);
    this.#asking ??= this.#fetch();
    const report = await this.#asking;
    return report;
  }

  async #fetch(): Promise<FeedReport> {
    const report = await this.#source();
    this.#asking = undefined;
    if (report.kind === 'document') {
      this.#document = report.document;
      this.#clock.learn(Date.parse(report.document.now), performance.now());
    }
    this.#failures = report.kind === 'unreachable' ? this.#failures + 1 : 0;
    if (this.#isStopped) return report;
    const nowMs = this.#clock.timeAt(performance.now());
    const startMs = Date.parse(this.#document?.plannedStart ?? '');
    const leftMs = nowMs === undefined || Number.isNaN(startMs) ? undefined : startMs - nowMs;
    clearTimeout(this.#timer);
    const pause = feedPause(this.#document, leftMs, this.#failures, Math.random());
    this.#timer = setTimeout(() => void this.ask(), Math.min(pause, this.#longestMs));
    this.#onReport(report);
    return report;
  }
}
