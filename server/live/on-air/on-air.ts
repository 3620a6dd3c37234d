import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { FlvTag } from '../../../transcoder/live/index.ts';
import { ifFound } from '../../catalogue/catalogue-error.ts';
import type { Log } from '../../log.ts';
import type { BroadcastShelf } from '../broadcast-shelf.ts';
import type { ClassBook } from '../class-book.ts';
import type { Ingest, PublishSession } from '../ingest/ingest.ts';
import type { GoneReason } from '../ingest/endings.ts';
import type { MoveFacts } from '../live-class-moves.ts';
import {
  OVER_STATES,
  RUNNING_STATES,
  TIMETABLE_STATES,
  type LiveClass,
  type LiveClassId,
  type LiveClassState,
} from '../live-class.ts';
import { SERVER_RESTARTED } from '../publish-log.ts';
import type { KeyRole } from '../stream-key.ts';
import { REHEARSALS } from './class-broadcasts.ts';
import { ClassRun, type ClassRunOptions } from './class-run.ts';
import { JournalDisk, type DiskFault } from './journal-disk.ts';
import type { RecordingDesk } from './recording-desk.ts';

/** What holds the classes together that may be seen. */
export interface OnAirOptions {
  readonly book: ClassBook;
  readonly shelf: BroadcastShelf;
  /** `undefined` where the settings take no encoders. */
  readonly ingest: Pick<Ingest, 'admit' | 'kick'> | undefined;
  readonly recordings: RecordingDesk;
  readonly folder: string;
  readonly log: Log;
  readonly now?: () => number;
  readonly openLower?: ClassRunOptions['openLower'];
  readonly openPlayOut: ClassRunOptions['openPlayOut'];
  readonly longestOverrunMs: ClassRunOptions['longestOverrunMs'];
  /** How often the clock is looked at. Default 500 ms. */
  readonly tickMs?: number;
}

const TICK_MS = 500;
/** An operator who ends a class waits no longer for a slow disk. */
const END_MS = 3_000;
/** How often changes of other processes, and keys that come into force, are looked for. */
const LOOK_MS = 2_000;
/** Keys that come into force until the look after next. */
const KEYS_AHEAD_MS = 10_000;

/**
 * All classes that may be seen, now or soon: takes what encoders send to the class it is for, lets the clock move them, and hands
 * out their broadcasts. What was on the air when a process ended is on the air again when the next has started.
 */
export class OnAir {
  readonly #options: OnAirOptions;
  readonly #now: () => number;
  readonly #disk: JournalDisk;
  readonly #runs = new Map<LiveClassId, ClassRun>();
  readonly #classOfSession = new Map<string, LiveClassId>();
  #timers: readonly NodeJS.Timeout[] = [];
  #endListening: (() => void) | undefined;
  #latestChange = -1;
  #following: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(options: OnAirOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#disk = new JournalDisk({
      folder: join(options.folder, REHEARSALS),
      now: this.#now,
      onFault: (error) => options.log.error({ error }, 'the disk takes no live class'),
      onRecovered: () => {
        options.log.warn('the disk takes live classes again');
        for (const run of this.#runs.values()) run.diskRecovered();
      },
    });
  }

  /** Restores what was on the air, and begins. */
  async start(): Promise<void> {
    const { book, folder, tickMs = TICK_MS } = this.#options;
    await rm(join(folder, REHEARSALS), { recursive: true, force: true });
    await book.sessions.closeStray([], this.#now(), SERVER_RESTARTED);
    this.#endListening = book.onChange((id, part) => {
      if (part === 'class' || part === 'removed') this.#follow(() => this.#load(id));
      if (part !== 'marks' && part !== 'slides' && part !== 'on-air') this.#follow(() => this.#admit());
    });
    await this.#disk.look();
    await this.#look();
    const tick = setInterval(() => {
      for (const run of this.#runs.values()) run.tick();
    }, tickMs);
    const look = setInterval(() => {
      void this.#disk.look();
      this.#follow(() => this.#look());
    }, LOOK_MS);
    this.#timers = [tick, look];
  }

  /** Lets go of every class, as a killed process would; those on the air can be restored. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endListening?.();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#following;
    await this.#disk.close();
    for (const run of this.#runs.values()) await run.close();
    this.#runs.clear();
  }

  /** An encoder whose key was accepted begins to send. */
  publish(session: PublishSession): void {
    const { book, ingest } = this.#options;
    const run = this.#runs.get(session.classId);
    if (run === undefined) {
      ingest?.kick(session.id, 'key-withdrawn');
      return;
    }
    this.#classOfSession.set(session.id, session.classId);
    run.add(session);
    this.#follow(() => book.sessions.open(session));
  }

  /** Takes what an encoder sent. */
  take(sessionId: string, tag: FlvTag): void {
    this.#runOf(sessionId)?.push(sessionId, tag);
  }

  /** An encoder is gone. */
  lose(sessionId: string, why: GoneReason): void {
    this.#runOf(sessionId)?.remove(sessionId);
    this.#classOfSession.delete(sessionId);
    const atMs = this.#now();
    this.#follow(() => this.#options.book.sessions.close(sessionId, atMs, why));
  }

  /** That the disk takes nothing, whether a class is on the air or not. */
  get diskFault(): DiskFault | undefined {
    return this.#disk.fault;
  }

  /** How many classes are on the air now that the disk does not take. */
  get unkept(): number {
    return [...this.#runs.values()].filter(
      ({ liveClass, diskTrouble }) =>
        RUNNING_STATES.includes(liveClass.state) &&
        diskTrouble !== undefined &&
        diskTrouble.untilMs === undefined,
    ).length;
  }

  /** A class that may be seen now or soon, or was just now. */
  runOf(id: string): ClassRun | undefined {
    return this.#runs.get(id as LiveClassId);
  }

  /**
   * Moves a class as an operator asks. One that has ended has its end in every playlist when this settles, unless the disk keeps
   * it waiting.
   *
   * @throws {CatalogueError} `not-found`, `invalid-move`, `invalid-input`
   * @throws {LiveClassError} `timetable-overlap`
   */
  async move(actor: string, id: string, to: LiveClassState, facts: MoveFacts): Promise<LiveClass> {
    const moved = await this.#options.book.as(actor).move(id, to, facts);
    const run = this.#runs.get(moved.id);
    if (run !== undefined) {
      run.update(moved);
      if (to === 'ended') await Promise.race([run.finish(), pause(END_MS, undefined, { ref: false })]);
    }
    return moved;
  }

  /** Puts a class's other encoder on the air at its next key picture. */
  switchTo(id: string, role: KeyRole): void {
    this.runOf(id)?.switchTo(role);
  }

  /**
   * Deletes the journals of classes that are over and put away, `keptMs` after their end; and those of classes that were removed.
   */
  async sweep(keptMs: number): Promise<void> {
    const { book, folder } = this.#options;
    for (const token of await readdir(folder).catch(() => [])) {
      if (token === REHEARSALS) continue;
      const liveClass = await book.findByToken(token);
      const isKept = liveClass !== undefined && this.#isKept(liveClass, keptMs);
      if (isKept || (liveClass === undefined && this.#options.shelf.of(token) !== undefined)) continue;
      if (liveClass !== undefined) {
        await this.#runs.get(liveClass.id)?.close();
        this.#runs.delete(liveClass.id);
      }
      await rm(join(folder, token), { recursive: true, force: true });
      this.#options.log.info({ classId: liveClass?.id, token }, 'swept the journal of a live class');
    }
  }

  #isKept({ id, state, records, source, endedAt }: LiveClass, keptMs: number): boolean {
    if (!OVER_STATES.includes(state)) return true;
    // Until it is stored and verified the journal is all there is.
    const hasMedia = this.#runs.get(id)?.air?.recording().durationMs !== 0;
    const isStillNeeded = state === 'ended' && records && source === 'rtmp' && hasMedia;
    return isStillNeeded || this.#now() - Date.parse(endedAt ?? '') < keptMs;
  }

  /** Every class of the timetable has its run, so nobody need be asked. */
  #nextInChannel({ id, channel, plannedStart }: LiveClass): LiveClass | undefined {
    if (channel === undefined) return undefined;
    return [...this.#runs.values()]
      .map(({ liveClass }) => liveClass)
      .filter((other) => other.id !== id && other.channel === channel && other.plannedStart > plannedStart)
      .filter(({ state }) => TIMETABLE_STATES.includes(state))
      .toSorted((one, other) => Date.parse(one.plannedStart) - Date.parse(other.plannedStart))
      .at(0);
  }

  #runOf(sessionId: string): ClassRun | undefined {
    const id = this.#classOfSession.get(sessionId);
    return id === undefined ? undefined : this.#runs.get(id);
  }

  /** One after the other, so that an older answer of the database never overtakes a newer one. */
  #follow(step: () => Promise<unknown>): void {
    this.#following = this.#following.then(step).catch((error: unknown) => {
      this.#options.log.error({ error }, 'the live classes cannot be kept in step; tried again');
    });
  }

  /** Looks for what another process has changed, and for keys that come into force. */
  async #look(): Promise<void> {
    const { book } = this.#options;
    const latest = await book.latestChange();
    if (latest !== this.#latestChange) {
      const classes = await book.inStates([...TIMETABLE_STATES, 'ended', 'recorded', 'archived']);
      // Of what is over there is something to see as long as there is its journal; years of classes are not asked for one by one.
      const journals = new Set(await readdir(this.#options.folder).catch(() => []));
      const shown = classes.filter(
        ({ state, token }) => TIMETABLE_STATES.includes(state) || journals.has(token),
      );
      const ids = new Set<LiveClassId>([...this.#runs.keys(), ...shown.map(({ id }) => id)]);
      for (const id of ids) await this.#load(id);
      this.#latestChange = latest;
    }
    await this.#admit();
  }

  async #load(id: LiveClassId): Promise<void> {
    const { book } = this.#options;
    const liveClass = await ifFound(book.get(id));
    const known = this.#runs.get(id);
    const isSeen = liveClass !== undefined && (await this.#isSeen(liveClass));
    if (!isSeen) {
      this.#runs.delete(id);
      await known?.close();
      return;
    }
    if (known !== undefined) {
      known.update(liveClass);
      return;
    }
    const run = new ClassRun(liveClass, {
      ...this.#options,
      now: this.#now,
      diskFault: () => this.#disk.fault,
      nextInChannel: (before) => this.#nextInChannel(before),
      kick: (sessionId, why) => this.#options.ingest?.kick(sessionId, why),
      onOver: (over, facts) => this.#options.recordings.take(over.liveClass, facts),
    });
    if (this.#isStopped) return;
    this.#runs.set(id, run);
    try {
      if (!['scheduled', 'announced'].includes(liveClass.state)) await run.restore();
      if (OVER_STATES.includes(liveClass.state)) await run.finish();
    } catch (error) {
      // One class that cannot be restored must not keep the others off the air.
      this.#options.log.error({ error, classId: id }, 'the journal of a live class cannot be opened');
    }
  }

  /** Of what is over there is something to see as long as there is its journal. */
  async #isSeen({ id, state, token }: LiveClass): Promise<boolean> {
    if (TIMETABLE_STATES.includes(state)) return true;
    if (!OVER_STATES.includes(state)) return false;
    if (this.#runs.has(id)) return true;
    return access(join(this.#options.folder, token)).then(
      () => true,
      () => false,
    );
  }

  async #admit(): Promise<void> {
    const { book, ingest } = this.#options;
    ingest?.admit(await book.keysInForce(this.#now(), KEYS_AHEAD_MS));
  }
}
