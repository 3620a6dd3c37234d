/** Where a viewer stopped, in seconds, and how long the lecture is. */
export interface ResumePoint {
  readonly position: number;
  readonly duration: number;
}

/** The three calls of `Storage` that are needed; `localStorage` fits. */
export type ResumeStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'yuanjiao.resume';
const LECTURES_KEPT = 200;
const SHORTEST_OFFER = 30;
const NEAR_END_SHARE = 0.95;
const NEAR_END_SECONDS = 30;

/** Whether a place is worth remembering: not the first half minute, and not the closing words. */
export function isWorthResuming({ position, duration }: ResumePoint): boolean {
  if (!(position > Math.min(SHORTEST_OFFER, duration * 0.1))) return false;
  return (
    position < duration * NEAR_END_SHARE && position < duration - Math.min(NEAR_END_SECONDS, duration * 0.1)
  );
}

/**
 * The viewer's own memory, one place per lecture, on this device. Storage that is full, forbidden or spoilt means
 * forgetting, never a failure.
 */
export class ResumeMemory {
  readonly #storage: ResumeStorage | undefined;

  constructor(storage: ResumeStorage | undefined) {
    this.#storage = storage;
  }

  recall(coursewareId: string): ResumePoint | undefined {
    const kept = this.#read().find(([id]) => id === coursewareId);
    if (kept === undefined) return undefined;
    const point = { position: kept[1], duration: kept[2] };
    return isWorthResuming(point) ? point : undefined;
  }

  /** Remembers the place, or forgets the lecture when the place is near its start or end. */
  remember(coursewareId: string, point: ResumePoint): void {
    const others = this.#read().filter(([id]) => id !== coursewareId);
    const mine: Entry[] = isWorthResuming(point) ? [[coursewareId, point.position, point.duration]] : [];
    this.#write(mine.concat(others).slice(0, LECTURES_KEPT));
  }

  forget(coursewareId: string): void {
    this.#write(this.#read().filter(([id]) => id !== coursewareId));
  }

  #read(): Entry[] {
    try {
      const entries: unknown = JSON.parse(this.#storage?.getItem(KEY) ?? '[]');
      return Array.isArray(entries) ? entries.filter(isEntry) : [];
    } catch {
      return [];
    }
  }

  #write(entries: readonly Entry[]): void {
    try {
      if (entries.length === 0) this.#storage?.removeItem(KEY);
      else this.#storage?.setItem(KEY, JSON.stringify(entries));
    } catch {
      // Full or forbidden: the lecture plays all the same.
    }
  }
}

/** Id, position, duration; the most recent first. */
type Entry = [string, number, number];

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [id, position, duration] = value as unknown[];
  return typeof id === 'string' && Number.isFinite(position) && Number.isFinite(duration);
}
