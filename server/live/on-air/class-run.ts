import type { Broadcast, FlvTag, RecordingFacts } from '../../../transcoder/live/index.ts';
import type { Log } from '../../log.ts';
import type { BroadcastShelf } from '../broadcast-shelf.ts';
import type { ClassBook } from '../class-book.ts';
import { OVER_STATES, RUNNING_STATES, type LiveClass } from '../live-class.ts';
import type { KeyRole } from '../stream-key.ts';
import { ClassBroadcasts, type DiskTrouble } from './class-broadcasts.ts';
import { dueMove, type ClassHours, type DueMove } from './class-hours.ts';
import { overrunLimit, type OverrunLimit } from './overrun.ts';
import type { FeedSession } from './encoder-feed.ts';
import type { DiskFault } from './journal-disk.ts';
import type { PlayOut, PlayOutOptions } from './play-out.ts';
import {
  Programme,
  type LowerRenditions,
  type LowerRenditionsOptions,
  type ProgrammeOutput,
} from './programme.ts';

/** What the running of a class works with. */
export interface ClassRunOptions {
  readonly book: Pick<ClassBook, 'move' | 'noteOnAir' | 'onAirIntervals'>;
  /** Where players find what they may watch. */
  readonly shelf: BroadcastShelf;
  readonly log: Log;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the journals of all classes lie. */
  readonly folder: string;
  /** What was found about their disk. */
  readonly diskFault: () => DiskFault | undefined;
  /** How long after its end a class may go on while pictures come; undefined: for as long as they do. */
  readonly longestOverrunMs: number | undefined;
  /** The next class that needs the same channel. */
  nextInChannel(liveClass: LiveClass): LiveClass | undefined;
  readonly openLower?:
    ((liveClass: LiveClass, options: LowerRenditionsOptions) => LowerRenditions | undefined) | undefined;
  /** Plays an item of the catalogue out. */
  readonly openPlayOut: (
    options: Pick<PlayOutOptions, 'liveClass' | 'fromSeconds' | 'onTag' | 'onEnd'>,
  ) => PlayOut;
  /** Cuts an encoder off. */
  kick(sessionId: string, why: 'class-over' | 'kicked'): void;
  /** It has ended, and every playlist of it has its end. */
  onOver(run: ClassRun, facts: RecordingFacts): void;
}

/** A class that goes on though it should be over. */
export interface Overrun {
  /** Epoch milliseconds: since when. */
  readonly sinceMs: number;
  readonly overMs: number;
  /** Undefined where nothing but an operator ends it. */
  readonly end:
    { readonly atMs: number; readonly leftMs: number; readonly nextClass: LiveClass | undefined } | undefined;
}

/** Without a picture for so long viewers see the slate; players have shown the last picture until then. */
const SLATE_AFTER_MS = 3_000;
/** Tags that wait while the journal is opened; that takes milliseconds. */
const MOST_WAITING_TAGS = 5_000;
/** How long to rest when an item cannot be played on. */
const PLAY_AGAIN_MS = 2_000;
/** The one encoder of a class that plays an item. */
const PLAY_OUT_SESSION = 'simulive';

/**
 * A class that may be seen now or soon: its encoders, its broadcast, and what the clock does with it. The state itself is the book's;
 * this carries out what it says, and tells it what has happened.
 *
 * What is sent before the class is on the air goes to a broadcast of its own, which only operators see and nobody keeps.
 */
export class ClassRun {
  readonly #options: ClassRunOptions;
  readonly #programme: Programme;
  readonly #broadcasts: ClassBroadcasts;
  #class: LiveClass;
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #waitingTags: { readonly sessionId: string; readonly tag: FlvTag }[] = [];
  #lastInputAtMs: number | undefined;
  #noting: Promise<unknown> = Promise.resolve();
  #moving: Promise<unknown> | undefined;
  #finishing: Promise<void> | undefined;
  #playOut: PlayOut | undefined;
  #playAgainAtMs = 0;
  #isClosed = false;

  constructor(liveClass: LiveClass, options: ClassRunOptions) {
    this.#class = liveClass;
    this.#options = options;
    this.#broadcasts = new ClassBroadcasts({
      now: options.now,
      liveClass: () => this.#class,
      shelf: options.shelf,
      folder: options.folder,
      diskFault: options.diskFault,
      onTrouble: (error) =>
        this.#log('error', { error }, 'the disk does not take a live class; it goes on from memory'),
      onRecovered: (lostParts) =>
        this.#log('warn', { lostParts }, 'the disk takes the live class again; the recording has a hole'),
    });
    this.#programme = new Programme({
      now: options.now,
      output: () => this.#output(),
      openLower: (lower) => this.#playOut?.openLower(lower) ?? options.openLower?.(this.#class, lower),
      onBegin: (output, input) => this.#began(output, input),
      onEnd: (output, input) => this.#ended(output, input),
      onTrouble: (what, error) => this.#log('warn', { error }, `trouble with ${what} of a live class`),
    });
  }

  get liveClass(): LiveClass {
    return this.#class;
  }

  get programme(): Programme {
    return this.#programme;
  }

  /** What everybody sees; undefined before anything was sent. */
  get air(): Broadcast | undefined {
    return this.#broadcasts.air;
  }

  /** That the disk does not take what everybody sees, or would not, or the last time it did not; undefined when it always has. */
  get diskTrouble(): DiskTrouble | undefined {
    return this.#broadcasts.diskTrouble;
  }

  /** What only operators see. */
  get rehearsal(): Broadcast | undefined {
    return this.#broadcasts.rehearsal;
  }

  /** Whether pictures reach everybody at this moment, as far as players can tell; for the slate. */
  get hasPicture(): boolean {
    return this.#options.now() - (this.#latestInputAtMs ?? 0) < SLATE_AFTER_MS;
  }

  /** How far it is over its time, and what becomes of it; undefined while it is not. */
  get overrun(): Overrun | undefined {
    const limit = this.#limit;
    const nowMs = this.#options.now();
    if (limit === undefined || nowMs < limit.sinceMs || !RUNNING_STATES.includes(this.#class.state))
      return undefined;
    const { sinceMs, endsAt } = limit;
    const next = endsAt?.why === 'next-class' ? this.#options.nextInChannel(this.#class) : undefined;
    return {
      sinceMs,
      overMs: nowMs - sinceMs,
      end: endsAt && { atMs: endsAt.ms, leftMs: Math.max(0, endsAt.ms - nowMs), nextClass: next },
    };
  }

  /**
   * Opens what the journal has of the class; of one that was on the air when the process ended, everything goes on from there.
   *
   * @throws {Error} what the system says when the folder cannot be made or read
   */
  async restore(): Promise<void> {
    await this.#open();
    if (!RUNNING_STATES.includes(this.#class.state)) return;
    const { wallMs } = this.air?.position ?? { wallMs: 0 };
    this.#lastInputAtMs = wallMs > 0 ? wallMs : Date.parse(this.#class.onAirAt ?? this.#class.plannedStart);
    // An encoder may send ahead of the clock.
    this.#broadcasts.resume(Math.min(this.#lastInputAtMs, this.#options.now()));
    const last = (await this.#options.book.onAirIntervals(this.#class.id)).at(-1);
    if (last !== undefined && last.untilMs === undefined)
      this.#note({ fromMs: last.fromMs, untilMs: Math.max(last.fromMs, wallMs) });
  }

  /** Carries out what the book says now. */
  update(liveClass: LiveClass): void {
    const before = this.#class.state;
    this.#class = liveClass;
    if (RUNNING_STATES.includes(liveClass.state) && !RUNNING_STATES.includes(before))
      this.#lastInputAtMs ??= this.#options.now();
    this.#broadcasts.shelve();
    if (OVER_STATES.includes(liveClass.state)) void this.finish();
  }

  /** The disk takes what is written again. */
  diskRecovered(): void {
    this.#broadcasts.diskRecovered();
  }

  /** An encoder whose key was accepted begins to send. */
  add(session: FeedSession): void {
    this.#programme.add(session);
    this.#open().catch((error: unknown) => {
      this.#log('error', { error }, 'the journal of a live class cannot be opened; its encoders are cut off');
      for (const feed of this.#programme.feeds) this.#options.kick(feed.session.id, 'kicked');
    });
  }

  /** Takes what an encoder sent. */
  push(sessionId: string, tag: FlvTag): void {
    if (this.#isOpen) this.#programme.push(sessionId, tag);
    else if (this.#waitingTags.length < MOST_WAITING_TAGS) this.#waitingTags.push({ sessionId, tag });
  }

  /** An encoder is gone. */
  remove(sessionId: string): void {
    this.#waitingTags = this.#waitingTags.filter((waiting) => waiting.sessionId !== sessionId);
    this.#programme.remove(sessionId);
  }

  /** Puts the encoder with this key on the air at its next key picture. */
  switchTo(role: KeyRole): void {
    this.#programme.switchTo(role);
  }

  /** Does what the clock says is due. */
  tick(): void {
    if (this.#isClosed || this.#finishing !== undefined || this.#moving !== undefined) return;
    this.#keepPlaying();
    this.#lastInputAtMs = this.#latestInputAtMs;
    const due = dueMove(this.#hours(this.#isFed), this.#options.now());
    if (due !== undefined) this.#move(due);
  }

  /** Plays the item of a class that has one, from where it would be by now. */
  #keepPlaying(): void {
    const { source, state, onAirAt } = this.#class;
    const nowMs = this.#options.now();
    if (source !== 'simulive' || this.#playOut !== undefined || nowMs < this.#playAgainAtMs) return;
    const isRunning = RUNNING_STATES.includes(state);
    if (!isRunning && dueMove(this.#hours(true), nowMs)?.to !== 'on_air') return;
    const sinceMs = isRunning && onAirAt !== undefined ? nowMs - Date.parse(onAirAt) : 0;
    this.add({ id: PLAY_OUT_SESSION, role: 'main', address: '', startedAt: nowMs });
    this.#playOut = this.#options.openPlayOut({
      liveClass: this.#class,
      fromSeconds: Math.max(0, sinceMs / 1000),
      onTag: (tag) => this.push(PLAY_OUT_SESSION, tag),
      onEnd: (error) => {
        this.#playOut = undefined;
        this.remove(PLAY_OUT_SESSION);
        if (error === undefined) {
          this.#move({ to: 'ended', reason: 'played-out' });
          return;
        }
        this.#playAgainAtMs = this.#options.now() + PLAY_AGAIN_MS;
        this.#log('error', { error }, 'an item cannot be played on as a live class; it is tried again');
      },
    });
  }

  /**
   * Ends the broadcast of a class that the book has ended. Called again, waits for the same.
   */
  finish(): Promise<void> {
    return (this.#finishing ??= this.#finish());
  }

  /** Lets go of everything; a class on the air can be restored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#playOut?.stop();
    await this.#opening?.catch(() => {});
    await this.#programme.stop();
    await this.air?.interrupt();
    await this.#finishing;
    await this.#noting;
    await this.#moving?.catch(() => {});
    await this.#broadcasts.close();
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openBoth().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openBoth(): Promise<void> {
    await this.#broadcasts.open();
    this.#isOpen = true;
    const tags = this.#waitingTags;
    this.#waitingTags = [];
    for (const { sessionId, tag } of tags) this.push(sessionId, tag);
  }

  /** Whether an encoder is on the air. */
  get #isFed(): boolean {
    return this.air !== undefined && this.#programme.isFeeding(this.air);
  }

  /** When something to be seen or heard came last while the class was on the air. */
  get #latestInputAtMs(): number | undefined {
    return (this.#isFed ? this.#programme.onAir?.lastMediaAtMs : undefined) ?? this.#lastInputAtMs;
  }

  #output(): ProgrammeOutput {
    const isOnAir =
      RUNNING_STATES.includes(this.#class.state) ||
      dueMove(this.#hours(true), this.#options.now())?.to === 'on_air';
    const output = isOnAir ? this.air : this.rehearsal;
    if (output === undefined) throw new Error('the journal of a live class is not open');
    return output;
  }

  /** An item that is played ends with itself. */
  get #limit(): OverrunLimit | undefined {
    const { source, plannedStart, plannedEnd, onAirAt } = this.#class;
    if (source !== 'rtmp') return undefined;
    const next = this.#options.nextInChannel(this.#class);
    return overrunLimit({
      plannedStartMs: Date.parse(plannedStart),
      plannedEndMs: Date.parse(plannedEnd),
      onAirAtMs: onAirAt === undefined ? undefined : Date.parse(onAirAt),
      longestOverrunMs: this.#options.longestOverrunMs,
      nextStartMs: next && Date.parse(next.plannedStart),
    });
  }

  #hours(hasInput: boolean): ClassHours {
    const { state, plannedStart, plannedEnd, graceSeconds, overrunMinutes } = this.#class;
    return {
      state: state === 'on_air' || state === 'interrupted' ? state : 'waiting',
      plannedStartMs: Date.parse(plannedStart),
      plannedEndMs: Date.parse(plannedEnd),
      startsByItself: state === 'announced' || state === 'scheduled',
      hasInput,
      lastInputAtMs: this.#lastInputAtMs,
      graceMs: graceSeconds * 1000,
      overrunMs: overrunMinutes * 60_000,
      limit: this.#limit,
    };
  }

  #began(output: ProgrammeOutput, { wallMs, mediaMs }: { wallMs: number; mediaMs: number }): void {
    if (output !== this.air) return;
    this.#note({ fromMs: wallMs, mediaStartMs: mediaMs });
    this.#lastInputAtMs = this.#options.now();
    // Not with the tick: everybody is to see at once that it has begun.
    queueMicrotask(() => this.tick());
  }

  #ended(output: ProgrammeOutput, { wallMs, untilWallMs }: { wallMs: number; untilWallMs: number }): void {
    if (output !== this.air) return;
    this.#lastInputAtMs = Math.max(this.#lastInputAtMs ?? 0, Math.min(untilWallMs, this.#options.now()));
    this.#note({ fromMs: wallMs, untilMs: Math.max(wallMs, untilWallMs) });
  }

  #note(interval: Parameters<ClassBook['noteOnAir']>[1]): void {
    this.#noting = this.#noting
      .then(() => this.#options.book.noteOnAir(this.#class.id, interval))
      .catch((error: unknown) => this.#log('error', { error, interval }, 'time on the air was not noted'));
  }

  #move({ to, reason }: DueMove): void {
    this.#moving = this.#options.book
      .move(this.#class.id, to, { reason })
      .then((moved) => {
        this.#log('info', { to, reason }, 'the clock moves a live class');
        this.update(moved);
      })
      .catch((error: unknown) => this.#log('error', { error, to, reason }, 'a live class cannot be moved'))
      .finally(() => {
        this.#moving = undefined;
      });
  }

  async #finish(): Promise<void> {
    await this.#open();
    const feeds = this.#programme.feeds;
    this.#playOut?.stop();
    this.#programme.end();
    const facts = await this.air?.end();
    for (const { session } of feeds) this.#options.kick(session.id, 'class-over');
    await this.#noting;
    if (facts !== undefined) this.#options.onOver(this, facts);
    await this.#programme.stop();
    await this.#broadcasts.closeRehearsal();
  }

  #log(level: 'info' | 'warn' | 'error', facts: object, message: string): void {
    this.#options.log[level]({ classId: this.#class.id, ...facts }, message);
  }
}
