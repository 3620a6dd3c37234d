import type { Broadcast } from '../../transcoder/live/index.ts';

/** A broadcast that players may ask for. */
export interface ShelvedBroadcast {
  readonly broadcast: Broadcast;
  /** True when everybody may watch it; a rehearsal is for the administrator alone. */
  readonly isPublic: boolean;
}

/** Where a viewer's page learns what a class is doing. */
export type LiveStateSource = (classId: string) => Promise<object | undefined>;

/** The broadcasts at hand, by the token in their addresses, and the states of classes: what stands between those who run classes and HTTP. */
export class BroadcastShelf {
  readonly #shelved = new Map<string, ShelvedBroadcast>();
  #stateOf: LiveStateSource = async () => undefined;

  /** Makes a broadcast available, or says anew who may watch it. */
  put(broadcast: Broadcast, isPublic: boolean): void {
    this.#shelved.set(broadcast.token, { broadcast, isPublic });
  }

  /** Its addresses lead nowhere from now on. */
  take(token: string): void {
    this.#shelved.delete(token);
  }

  of(token: string): ShelvedBroadcast | undefined {
    return this.#shelved.get(token);
  }

  /** From where the state documents of all classes come. */
  tellStates(source: LiveStateSource): void {
    this.#stateOf = source;
  }

  /** What a viewer's page may know of a class; `undefined` when it may know nothing. */
  stateOf(classId: string): Promise<object | undefined> {
    return this.#stateOf(classId);
  }

  /** Requests that are parked until something comes. */
  get waiting(): number {
    let count = 0;
    for (const { broadcast } of this.#shelved.values()) count += broadcast.waiting;
    return count;
  }
}
