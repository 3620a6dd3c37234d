import { permanentCode } from './engine.ts';
import type { PlayerErrorCode } from './errors.ts';

/** What the watchdog sees once a second. */
export interface PlaybackSample {
  /** Seconds of media. */
  readonly position: number;
  readonly bytesReceived: number;
  /** False when a person paused it, when it ended, or when it waits for the encoder. */
  readonly shouldMove: boolean;
  /** Seconds buffered ahead of the position. */
  readonly ahead: number;
}

/** What the watchdog decides; the player does it. */
export interface WatchdogActions {
  sample(): PlaybackSample;
  /** The line is gone (true) or the picture moves again (false). */
  onOutage(isOut: boolean): void;
  /** Fetch on with the same engine: what is buffered stays on the screen. */
  resumeFetching(): void;
  /** Throw the engine away and make a new one, `skip` seconds after where it stood. */
  rebuild(skip: number): void;
  /** The server answers, and the answer is no. */
  onRefusal(code: PlayerErrorCode, status: number): void;
  /** The media arrives and cannot be played, also after rebuilding and skipping. */
  onUnplayable(): void;
}

/** Milliseconds; tests pass shorter ones. */
export interface WatchdogTimes {
  readonly tickMs: number;
  /** How long nothing may move before it counts as stuck. */
  readonly patienceMs: number;
  readonly probeTimeoutMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** The defaults: 3,000 halls that lost one server come back spread over ten seconds. */
export const WATCHDOG_TIMES: WatchdogTimes = {
  tickMs: 1_000,
  patienceMs: 8_000,
  probeTimeoutMs: 5_000,
  firstPauseMs: 1_000,
  longestPauseMs: 10_000,
};

const REBUILDS_BEFORE_SKIP = 2;
const REBUILDS_BEFORE_GIVING_UP = 8;
const SKIP_SECONDS = 6;
const ENOUGH_AHEAD = 2;

/** The pause before probe `attempt` (from 0): doubling, capped, with half of it left to chance. */
export function probePause(attempt: number, times: WatchdogTimes, chance: number): number {
  const full = Math.min(times.longestPauseMs, times.firstPauseMs * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * chance;
}

/**
 * Stands outside the engine, because hls.js left alone never returns after an outage. One timer looks whether the picture
 * moves or bytes arrive. When neither does, or the engine reports a fault, the playlist is probed until the server answers,
 * and then fetching is resumed or the engine is made anew at the same second.
 */
export class Watchdog {
  readonly #actions: WatchdogActions;
  readonly #times: WatchdogTimes;
  #playlistUrl = '';
  #timer: ReturnType<typeof setInterval> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #probe: AbortController | undefined;
  #movedAt = 0;
  #last: PlaybackSample | undefined;
  #attempt = 0;
  #isOut = false;
  #softTried = false;
  #rebuilds = 0;
  #rebuiltAt = 0;
  #isMediaFault = false;

  constructor(actions: WatchdogActions, times: WatchdogTimes) {
    this.#actions = actions;
    this.#times = times;
  }

  /** Watches over this playlist from now on. */
  start(playlistUrl: string): void {
    this.stop();
    this.#playlistUrl = playlistUrl;
    this.#movedAt = Date.now();
    this.#rebuilds = 0;
    this.#timer = setInterval(() => this.#tick(), this.#times.tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#pause);
    this.#probe?.abort();
    this.#timer = undefined;
    this.#pause = undefined;
    this.#probe = undefined;
    this.#last = undefined;
    this.#isOut = false;
    this.#softTried = false;
    this.#isMediaFault = false;
  }

  /** The engine gave up: look now instead of waiting for the picture to stop. */
  report(kind: 'line' | 'media'): void {
    if (this.#timer === undefined) return;
    this.#isMediaFault = kind === 'media';
    this.#lookInto();
  }

  /** The line may be back (the browser says online, the page is shown again): probe at once. */
  hurry(): void {
    if (this.#pause === undefined) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    void this.#ask();
  }

  #tick(): void {
    const sample = this.#actions.sample();
    const last = this.#last;
    this.#last = sample;
    const now = Date.now();
    const hasMoved = last !== undefined && Math.abs(sample.position - last.position) > 0.01;
    const hasReceived = last !== undefined && sample.bytesReceived !== last.bytesReceived;
    if (hasMoved && this.#isOut && !this.#isProbing) this.#settle();
    if (hasReceived && hasMoved) this.#softTried = false;
    if (!sample.shouldMove || hasMoved || hasReceived) {
      this.#movedAt = now;
      return;
    }
    if (now - this.#movedAt >= this.#times.patienceMs) {
      this.#movedAt = now;
      this.#lookInto();
    }
  }

  get #isProbing(): boolean {
    return this.#probe !== undefined || this.#pause !== undefined;
  }

  #lookInto(): void {
    if (this.#isProbing) return;
    const rebuilds = this.#isSamePlace(this.#actions.sample()) ? this.#rebuilds : 0;
    this.#attempt = rebuilds;
    if (rebuilds === 0) {
      void this.#ask();
      return;
    }
    // The playlist answers and the media does not: without a pause this would circle as fast as the line allows.
    this.#isOut = true;
    this.#actions.onOutage(true);
    this.#wait();
  }

  #isSamePlace(sample: PlaybackSample): boolean {
    return this.#rebuilds > 0 && Math.abs(sample.position - this.#rebuiltAt) < SKIP_SECONDS;
  }

  async #ask(): Promise<void> {
    const probe = new AbortController();
    this.#probe = probe;
    const timeout = setTimeout(() => probe.abort(), this.#times.probeTimeoutMs);
    let status = 0;
    try {
      const reply = await fetch(this.#playlistUrl, { cache: 'no-store', signal: probe.signal });
      status = reply.status;
    } catch {
      status = 0;
    }
    clearTimeout(timeout);
    if (this.#probe !== probe) return; // stopped meanwhile
    probe.abort(); // the answer is enough; the body would only take line from the viewer
    this.#probe = undefined;
    if (status >= 200 && status < 300) this.#heal();
    else this.#refuseOrWait(status);
  }

  #refuseOrWait(status: number): void {
    const code = permanentCode(status);
    if (code !== undefined) {
      this.#actions.onRefusal(code, status);
      return;
    }
    this.#isOut = true;
    this.#actions.onOutage(true);
    this.#wait();
  }

  #wait(): void {
    const pause = probePause(this.#attempt, this.#times, Math.random());
    this.#attempt += 1;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      void this.#ask();
    }, pause);
  }

  #heal(): void {
    const sample = this.#actions.sample();
    this.#movedAt = Date.now();
    if (!this.#isMediaFault && !this.#softTried && sample.ahead > ENOUGH_AHEAD) {
      this.#softTried = true;
      this.#actions.resumeFetching();
      return;
    }
    this.#softTried = false;
    this.#rebuilds = this.#isSamePlace(sample) ? this.#rebuilds + 1 : 1;
    this.#rebuiltAt = sample.position;
    if (this.#isMediaFault && this.#rebuilds > REBUILDS_BEFORE_GIVING_UP) {
      this.#actions.onUnplayable();
      return;
    }
    const fruitless = this.#isMediaFault ? this.#rebuilds - 1 - REBUILDS_BEFORE_SKIP : -1;
    this.#isMediaFault = false;
    this.#actions.rebuild(fruitless >= 0 ? SKIP_SECONDS : 0);
  }

  #settle(): void {
    this.#isOut = false;
    this.#softTried = false;
    this.#actions.onOutage(false);
  }
}
