import { LRUCache } from 'lru-cache';

/** How long a cached value counts, and whether it is kept at all. */
export interface Keeping {
  readonly sizeBytes: number;
  /** Milliseconds; kept until it is pushed out when absent. 0 keeps nothing. */
  readonly ttlMs?: number;
}

/**
 * A cache bounded by bytes whose values are loaded once however many ask at the same time. A failed load is told to all
 * who waited for it and is not kept.
 */
export class SharedCache<Value extends object> {
  readonly #kept: LRUCache<string, Value>;
  readonly #loading = new Map<string, Promise<Value>>();
  readonly #keeping: (value: Value) => Keeping;
  readonly #onLook: ((outcome: 'hit' | 'shared' | 'miss') => void) | undefined;
  #epoch = 0;

  constructor(options: {
    readonly maxBytes: number;
    readonly keeping: (value: Value) => Keeping;
    readonly onLook?: (outcome: 'hit' | 'shared' | 'miss') => void;
  }) {
    this.#kept = new LRUCache({ maxSize: options.maxBytes });
    this.#keeping = options.keeping;
    this.#onLook = options.onLook;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#kept.calculatedSize;
  }

  /** The kept value, without loading. */
  peek(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#onLook?.('hit');
    return kept;
  }

  /** The kept value, or the one that `load` gives. */
  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#onLook?.('hit');
      return kept;
    }
    const shared = this.#loading.get(key);
    if (shared !== undefined) {
      this.#onLook?.('shared');
      return shared;
    }
    this.#onLook?.('miss');
    const epoch = this.#epoch;
    const loading = load();
    this.#loading.set(key, loading);
    try {
      const value = await loading;
      // What was loaded before everything was forgotten may be what should be forgotten.
      if (epoch === this.#epoch) this.#keep(key, value);
      return value;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  /** Forgets everything, also what is being loaded now. */
  clear(): void {
    this.#epoch += 1;
    this.#kept.clear();
    this.#loading.clear();
  }

  #keep(key: string, value: Value): void {
    const { sizeBytes, ttlMs } = this.#keeping(value);
    if (ttlMs === 0) return;
    this.#kept.set(key, value, {
      size: Math.max(1, sizeBytes),
      ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    });
  }
}
