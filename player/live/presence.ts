import type { ResumeStorage } from '../resume-point.ts';
import { PlayedRanges, unionOf } from './played-ranges.ts';
import type { PlayedRange } from './played-ranges.ts';

/** What one beat tells the server. */
export interface PresenceBeat {
  /** What was on the screen since the last beat that was acknowledged, in order, without overlap; at most forty. */
  readonly played: readonly PlayedRange[];
}

/** What the server answers. */
export interface BeatAnswer {
  /** When it wants to hear again, in milliseconds; none while the class is not going on. */
  readonly nextBeatMs?: number | null | undefined;
}

/** @returns once the server has kept it; rejects when it has not */
export type SendBeat = (beat: PresenceBeat) => Promise<BeatAnswer>;

const KEY = 'yuanjiao.presence.';
const EVERY_MS = 20_000;
const SHORTEST_PAUSE_MS = 5_000;
const IDLE_PAUSE_MS = 60_000;
const MOST_RANGES = 40;
// A class is over within a day, and its attendance is counted soon after.
const KEPT_MS = 2 * 24 * 3_600_000;

interface Kept {
  readonly keptAt: number;
  readonly played: readonly PlayedRange[];
}

/**
 * The pause before the next beat: what the server wants; after a failure about twenty seconds, and about a minute while there
 * is nothing to tell, spread so that halls do not speak with one voice. Pure.
 */
export function beatPause(answer: BeatAnswer | undefined, chance: number): number {
  if (answer === undefined) return EVERY_MS * (0.75 + chance / 2);
  const { nextBeatMs } = answer;
  if (typeof nextBeatMs === 'number') return Math.max(SHORTEST_PAUSE_MS, nextBeatMs);
  return IDLE_PAUSE_MS * (0.75 + chance / 2);
}

function isRange({ fromMs, toMs }: PlayedRange): boolean {
  return Number.isFinite(fromMs) && Number.isFinite(toMs);
}

/** Reads what was left untold; whatever is missing, spoilt or days old counts as nothing. */
export function readUntold(
  storage: Pick<ResumeStorage, 'getItem'> | undefined,
  classId: string,
  nowMs: number = Date.now(),
): readonly PlayedRange[] {
  try {
    const kept = JSON.parse(storage?.getItem(KEY + classId) ?? '{}') as Partial<Kept>;
    const isFresh = typeof kept.keptAt === 'number' && Math.abs(nowMs - kept.keptAt) < KEPT_MS;
    if (!isFresh || !Array.isArray(kept.played)) return [];
    return unionOf(kept.played.filter(isRange));
  } catch {
    return [];
  }
}

/**
 * Tells the server what of a class was really on this screen. Nothing is forgotten until the server has kept it: it waits in
 * this device's storage over an outage, a reload and the end of the class.
 */
export class Presence {
  readonly #classId: string;
  readonly #storage: ResumeStorage | undefined;
  readonly #send: SendBeat;
  readonly #ranges: PlayedRanges;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = true;

  constructor(classId: string, storage: ResumeStorage | undefined, send: SendBeat) {
    this.#classId = classId;
    this.#storage = storage;
    this.#send = send;
    this.#ranges = new PlayedRanges(readUntold(storage, classId));
  }

  /** Begins to beat; what an earlier visit left untold goes out at once. */
  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    void this.#beat();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#keep();
  }

  /** The moving picture taken at this moment is on the screen; undefined while none moves. About once a second. */
  sample(playingMs: number | undefined): void {
    if (playingMs === undefined) this.#ranges.rest();
    else this.#ranges.sample(playingMs);
  }

  /**
   * The page goes away: tells what is untold without waiting for an answer, and keeps it on this device all the same. Told
   * twice it counts once.
   */
  leave(): void {
    this.#keep();
    const played = this.#ranges.untold.slice(0, MOST_RANGES);
    if (this.#isStopped || played.length === 0) return;
    this.#send({ played }).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    const played = this.#ranges.untold.slice(0, MOST_RANGES);
    this.#keep();
    let answer: BeatAnswer | undefined;
    try {
      answer = await this.#send({ played });
      this.#ranges.acknowledge(played);
      this.#keep();
    } catch {
      // It stays untold, and goes with the next beat.
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#beat(), beatPause(answer, Math.random()));
  }

  #keep(): void {
    const kept: Kept = { keptAt: Date.now(), played: this.#ranges.untold };
    try {
      if (kept.played.length === 0) this.#storage?.removeItem(KEY + this.#classId);
      else this.#storage?.setItem(KEY + this.#classId, JSON.stringify(kept));
    } catch {
      // Full or forbidden: it stays in memory.
    }
  }
}
