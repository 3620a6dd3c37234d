import { apiPath, callApi } from './api.ts';
import type { ProductionRecord } from './api.ts';

/** Called with each report. */
export type ProductionListener = (production: ProductionRecord) => void;

const POLL_MS = 4_000;
// Browsers open six connections to one server over HTTP/1.1; the upload and the pages need the others.
const MOST_STREAMS = 2;

/** Tells how the making of several lectures goes on: by server-sent events for a few, by asking for the rest. */
export class ProductionFeed {
  readonly #follows = new Map<string, Follow>();

  /** Follows one item until {@link drop}. Following it again replaces the listener. */
  follow(coursewareId: string, listener: ProductionListener): void {
    const known = this.#follows.get(coursewareId);
    if (known !== undefined) {
      known.listener = listener;
      return;
    }
    const follow = new Follow(coursewareId, listener);
    this.#follows.set(coursewareId, follow);
    this.#share();
    if (!follow.isStreaming) follow.poll();
  }

  drop(coursewareId: string): void {
    this.#follows.get(coursewareId)?.stop();
    this.#follows.delete(coursewareId);
    this.#share();
  }

  #share(): void {
    const follows = Array.from(this.#follows.values());
    let streams = follows.filter(({ isStreaming }) => isStreaming).length;
    for (const follow of follows) {
      if (streams >= MOST_STREAMS) return;
      if (follow.isStreaming || follow.hasLostStream) continue;
      follow.stream();
      streams += 1;
    }
  }
}

class Follow {
  listener: ProductionListener;
  hasLostStream = false;
  readonly #coursewareId: string;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(coursewareId: string, listener: ProductionListener) {
    this.#coursewareId = coursewareId;
    this.listener = listener;
  }

  get isStreaming(): boolean {
    return this.#source !== undefined;
  }

  stream(): void {
    clearTimeout(this.#timer);
    const source = new EventSource(apiPath('courseware', this.#coursewareId, 'production', 'events'));
    this.#source = source;
    source.addEventListener('production', (event) => {
      if (!this.#isStopped)
        this.listener(JSON.parse((event as MessageEvent<string>).data) as ProductionRecord);
    });
    source.addEventListener('error', () => {
      // CONNECTING: it comes back by itself. CLOSED: the server or a proxy will not have it; ask instead.
      if (source.readyState !== EventSource.CLOSED || this.#isStopped) return;
      this.#source = undefined;
      this.hasLostStream = true;
      this.poll();
    });
  }

  poll(): void {
    void this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    try {
      const production = await callApi<ProductionRecord>(
        apiPath('courseware', this.#coursewareId, 'production'),
      );
      if (!this.#isStopped) this.listener(production);
    } catch {
      // The next question may get an answer.
    }
    if (!this.#isStopped && !this.isStreaming) this.#timer = setTimeout(() => this.poll(), POLL_MS);
  }
}
