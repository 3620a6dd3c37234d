import { setTimeout as pause } from 'node:timers/promises';

import { objectKey, readObject, type ObjectStore } from '../../../storage/index.ts';
import { generationPrefix, PACKAGE_NAME, parsePackageList, storeReader } from '../../../transcoder/index.ts';
import { openStoredTags, type FlvTag } from '../../../transcoder/live/index.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { LIVE_LADDERS, type LiveClass } from '../live-class.ts';
import type { LowerRenditions, LowerRenditionsOptions } from './programme.ts';

/** What an item is played out with. */
export interface PlayOutOptions {
  readonly catalogue: Catalogue;
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly liveClass: LiveClass;
  /** Where in the item it begins: at the last key picture before. */
  readonly fromSeconds: number;
  /** The largest picture with its sound, each tag at its time. */
  onTag(tag: FlvTag): void;
  /** It was played to its end, or something went wrong. Not called after {@link PlayOut.stop}. */
  onEnd(error?: unknown): void;
}

/** Never longer in one go, so that a stop is heard. */
const LONGEST_PAUSE_MS = 250;
/** Sent ahead of their time, since it takes a moment until they are packaged. */
const AHEAD_MS = 20;
/** Tags of lower renditions that wait until the source's size is known. */
const MOST_WAITING_TAGS = 2_000;

/**
 * A finished item sent as an encoder would send it: its stored pictures and sounds, in real time, nothing encoded. All its
 * sizes go out side by side.
 */
export class PlayOut {
  readonly #options: PlayOutOptions;
  readonly #stopping = new AbortController();
  readonly #waiting: { readonly rendition: string; readonly tag: FlvTag }[] = [];
  #lower: LowerRenditionsOptions | undefined;

  constructor(options: PlayOutOptions) {
    this.#options = options;
    void this.#play().then(
      () => this.#end(),
      (error: unknown) => this.#end(error),
    );
  }

  /** Takes the lower renditions over from the encoder's ladder: they are in the store already. */
  openLower(lower: LowerRenditionsOptions): LowerRenditions {
    this.#lower = lower;
    for (const { rendition, tag } of this.#waiting.splice(0)) lower.onTag(rendition, tag);
    return { push: () => {}, stop: () => Promise.resolve() };
  }

  stop(): void {
    this.#stopping.abort();
  }

  #end(error?: unknown): void {
    if (!this.#stopping.signal.aborted) this.#options.onEnd(error);
  }

  async #play(): Promise<void> {
    const { now, fromSeconds } = this.#options;
    const { signal } = this.#stopping;
    const streams = await this.#open();
    const source = streams[0]?.stored;
    if (source === undefined || fromSeconds >= source.duration) return;
    const startMs = 1000 * (source.keySeconds.findLast((key) => key <= fromSeconds) ?? 0);
    const playing = streams.map(({ rendition, stored }) => ({
      rendition,
      tags: stored.tags(startMs / 1000, signal),
      next: undefined as FlvTag | undefined,
    }));
    for (const stream of playing) stream.next = (await stream.tags.next()).value ?? undefined;
    const beganAtMs = now();
    for (;;) {
      // The sort is stable: of tags of one time the source's is the first.
      const due = playing
        .filter(({ next }) => next !== undefined)
        .toSorted((a, b) => (a.next?.timestampMs ?? 0) - (b.next?.timestampMs ?? 0))[0];
      if (due?.next === undefined) break;
      await this.#until(beganAtMs + due.next.timestampMs - startMs - AHEAD_MS);
      signal.throwIfAborted();
      if (due.rendition === undefined) this.#options.onTag(due.next);
      else this.#sendLower(due.rendition, due.next);
      due.next = (await due.tags.next()).value ?? undefined;
    }
    await this.#until(beganAtMs + source.duration * 1000 - startMs);
  }

  async #open(): Promise<
    readonly {
      /** `undefined` for the source. */
      readonly rendition: string | undefined;
      readonly stored: Awaited<ReturnType<typeof openStoredTags>>;
    }[]
  > {
    const { catalogue, store, liveClass } = this.#options;
    const { current } = await catalogue.get(liveClass.coursewareId ?? '');
    if (current?.generation === undefined || current.production !== 'ready')
      throw new Error(`courseware ${liveClass.coursewareId} is not ready to be played`);
    const prefix = generationPrefix(current.generation);
    const list = parsePackageList(await readObject(store, objectKey(`${prefix}/${PACKAGE_NAME}`)));
    const read = storeReader(store, prefix);
    const sizes = list.downloads
      .filter(({ layout, width }) => layout === 'fast-start' && width !== undefined)
      .toSorted((a, b) => (b.width ?? 0) - (a.width ?? 0));
    const [largest] = sizes;
    if (largest === undefined) throw new Error(`courseware ${liveClass.coursewareId} has no picture`);
    const wanted: readonly string[] = LIVE_LADDERS[liveClass.ladder];
    const lower = new Set(sizes.map(({ rendition }) => rendition).filter((name) => wanted.includes(name)));
    lower.delete(largest.rendition);
    const named = [undefined, ...lower];
    return Promise.all(
      named.map(async (rendition) => ({
        rendition,
        stored: await openStoredTags(read, list, rendition ?? largest.rendition),
      })),
    );
  }

  #sendLower(rendition: string, tag: FlvTag): void {
    if (this.#lower !== undefined) this.#lower.onTag(rendition, tag);
    else if (this.#waiting.length < MOST_WAITING_TAGS) this.#waiting.push({ rendition, tag });
  }

  async #until(atMs: number): Promise<void> {
    const { signal } = this.#stopping;
    for (let leftMs = atMs - this.#options.now(); leftMs > 0 && !signal.aborted;) {
      await pause(Math.min(leftMs, LONGEST_PAUSE_MS));
      leftMs = atMs - this.#options.now();
    }
  }
}
