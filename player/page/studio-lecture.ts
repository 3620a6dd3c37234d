import { apiPath, callApi, newestAsking } from './api.ts';
import type { CoursewareRecord, ProductionRecord, PublicationWord } from './api.ts';
import type { Notice } from './notice.ts';
import { problemWords } from './problem-words.ts';
import type { ProductionFeed } from './production-feed.ts';
import { isInProduction, movesTo, productionOf } from './state-words.ts';

/** What may be asked of the making of a lecture. */
export type ProductionOrder = 'retry' | 'cancel' | 'reprocess' | 'discard' | 'urgency';

/** What a {@link StudioLecture} tells. */
export interface StudioLectureEvents {
  /** Anything may be different now. */
  onChanged(): void;
  /** The making went on; what may be done about the lecture is as before. */
  onProgress(): void;
  onRemoved(): void;
}

/** One lecture as the studio knows it: the newest of what the server told, and the orders that change it. */
export class StudioLecture {
  readonly #notice: Notice;
  readonly #feed: ProductionFeed;
  readonly #events: StudioLectureEvents;
  readonly #reloads = newestAsking();
  #courseware: CoursewareRecord;
  #production: ProductionRecord;
  /** Counts what this page changed: a record read before that is no longer true. */
  #changes = 0;
  #isOrdering = false;

  constructor(
    courseware: CoursewareRecord,
    house: { readonly notice: Notice; readonly feed: ProductionFeed },
    events: StudioLectureEvents,
  ) {
    this.#courseware = courseware;
    this.#production = productionOf(courseware);
    this.#notice = house.notice;
    this.#feed = house.feed;
    this.#events = events;
  }

  get id(): string {
    return this.#courseware.id;
  }

  get courseware(): CoursewareRecord {
    return this.#courseware;
  }

  get production(): ProductionRecord {
    return this.#production;
  }

  /** True while a version is in the making behind the one that is watched. */
  get isNewer(): boolean {
    const { upcoming } = this.#courseware;
    return upcoming !== null && upcoming !== undefined;
  }

  get isWatchable(): boolean {
    const { state, isPlayable } = this.#production;
    return isPlayable || state === 'ready' || this.#courseware.current?.isPlayable === true;
  }

  /** Hears of the making for as long as it goes on, and of what the record does not tell. */
  follow(): void {
    const { state, failure } = this.#production;
    if (isInProduction(state)) this.#feed.follow(this.id, (production) => this.#hear(production));
    else this.#feed.drop(this.id);
    if (state === 'failed' && failure?.job === undefined) void this.askMore();
  }

  /** Asks for what the record does not tell: which part failed, which ladder it had. */
  async askMore(): Promise<void> {
    try {
      const production = await callApi<ProductionRecord>(apiPath('courseware', this.id, 'production'));
      if (production.state === this.#production.state) this.#production = production;
    } catch {
      // What is shown stays.
    }
    this.#events.onProgress();
  }

  /** @param heard what the feed just told, which may be newer than the record */
  async reload(heard?: ProductionRecord): Promise<void> {
    const isNewest = this.#reloads();
    try {
      let changes: number;
      let courseware: CoursewareRecord;
      do {
        changes = this.#changes;
        courseware = await callApi<CoursewareRecord>(apiPath('courseware', this.id));
        if (!isNewest()) return; // a newer answer is there, or on its way
      } while (changes !== this.#changes);
      this.#courseware = courseware;
      this.#production = heard ?? productionOf(courseware);
    } catch {
      // What is shown stays; the next report or click asks again.
    }
    this.#show();
  }

  /** Takes what a change of this page made of the record. */
  take(courseware: CoursewareRecord): void {
    this.#keep(courseware);
    this.#show();
  }

  /** Publishes, suspends, withdraws; says that it is done and offers the way back. */
  async move(to: PublicationWord, done: string): Promise<void> {
    const from = this.#courseware.publication;
    const undo = (): void => void this.#once(() => this.#walk(from, '已撤销。'));
    await this.#once(() => this.#walk(to, done, undo));
  }

  async order(order: ProductionOrder, done: string, body?: object): Promise<void> {
    await this.#once(() => this.#carryOut(order, done, body));
  }

  async remove(): Promise<void> {
    await this.#once(() => this.#remove());
  }

  #hear(production: ProductionRecord): void {
    const before = this.#production;
    const hasTurned = production.state !== before.state || production.isPlayable !== before.isPlayable;
    const isOtherUrgency = (production.isUrgent === true) !== (before.isUrgent === true);
    this.#production = production;
    if (hasTurned) void this.reload(production);
    else if (isOtherUrgency) this.#events.onChanged();
    else this.#events.onProgress();
  }

  #keep(courseware: CoursewareRecord): void {
    this.#courseware = courseware;
    this.#changes += 1;
  }

  #show(): void {
    this.#events.onChanged();
    this.follow();
  }

  async #walk(to: PublicationWord, done: string, undo?: () => void): Promise<void> {
    try {
      for (const move of movesTo(this.#courseware.publication, to)) {
        const path = apiPath('courseware', this.id, 'publication');
        this.#keep(await callApi<CoursewareRecord>(path, { method: 'POST', body: { to: move } }));
      }
      this.#show();
      this.#notice.say(done, undo);
    } catch (error) {
      this.#notice.say(problemWords(error));
      await this.reload();
    }
  }

  async #carryOut(order: ProductionOrder, done: string, body: object | undefined): Promise<void> {
    let heard: ProductionRecord | undefined;
    try {
      const path = apiPath('courseware', this.id, 'production', order);
      const call = { method: 'POST', ...(body === undefined ? {} : { body }) } as const;
      heard = await callApi<ProductionRecord>(path, call);
      this.#notice.say(done);
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
    await this.reload(heard);
  }

  async #remove(): Promise<void> {
    const { title, revision } = this.#courseware;
    try {
      await callApi(apiPath('courseware', this.id), { method: 'DELETE', revision });
    } catch (error) {
      this.#notice.say(problemWords(error));
      await this.reload();
      return;
    }
    this.#feed.drop(this.id);
    this.#notice.say(`已删除《${title}》。`);
    this.#events.onRemoved();
  }

  /** Does nothing while something is under way: a second click would be told that it comes too late. */
  async #once(step: () => Promise<void>): Promise<void> {
    if (this.#isOrdering) return;
    this.#isOrdering = true;
    try {
      await step();
    } finally {
      this.#isOrdering = false;
    }
  }
}
