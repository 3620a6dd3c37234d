import { CatalogueError } from '../../catalogue/catalogue-error.ts';
import type { Database } from '../../database/transaction.ts';
import { RequestError } from '../../errors.ts';
import { inOrder, type Attendance, type AttendanceCounts, type AttendanceRow } from './attendance.ts';
import { AttendanceRecords } from './attendance-records.ts';
import { participantOf } from './participant.ts';
import { PresenceBook, type PresenceBookOptions } from './presence-book.ts';
import { QuestionQueue, type Question, type QuestionInput, type QuestionMove } from './question-queue.ts';
import type { QuestionState } from './question-state.ts';
import { Receipts, type OfficeReceiptInput, type Receipt, type ReceiptInput } from './receipts.ts';
import {
  countsPresence,
  isOver,
  onAirTime,
  takesQuestions,
  takesReceipts,
  type RoomClass,
  type RoomClasses,
  type RoomNotice,
} from './room-class.ts';
import { RoomError } from './room-error.ts';
import { common, measureOf, type TimeSpan } from './time-spans.ts';

/** What a room is made over. */
export interface RoomOptions {
  readonly database: Database;
  readonly classes: RoomClasses;
  readonly writing?: PresenceBookOptions;
  /** Days after which a room forgets who was in it. Default 180. */
  readonly keptDays?: number;
}

/** What a player hears of its beat. */
export interface BeatAnswer {
  /** False where the class is not going on: nothing was written, and no further beat is wanted. */
  readonly isCounted: boolean;
  /** Of what was on the air, in milliseconds. */
  readonly watchedMs: number;
  /** When to tell again; undefined: not any more. */
  readonly nextBeatMs: number | undefined;
}

/** What everybody in the room may see; the same for all. */
export interface PublicRoom {
  readonly notices: readonly RoomNotice[];
  readonly questions: readonly Question[];
}

/** A room at a glance. */
export interface Overview {
  readonly onAirMs: number;
  readonly counts: AttendanceCounts;
  /** Who has acknowledged last, the latest first, at most 20. */
  readonly latestReceipts: readonly AttendanceRow[];
}

/** What has changed in a room. */
export type RoomChange = 'presence' | 'questions' | 'receipts';

const BEAT_EVERY_MS = 30_000;
/** Players that began with the bell drift apart, so that their beats do not come together. */
const BEAT_SPREAD_MS = 4000;
const KNOWN_FOR_MS = 1000;
const MOST_KNOWN = 500;
const OVERVIEW_FOR_MS = 2000;
const DAY_MS = 86_400_000;
const CLOSED_AT_ONCE = 20;

/**
 * The room of a live class: who is there, what is asked, who has acknowledged and who came. A viewer is whoever the caller says he
 * is; in the room he has an id of that class alone.
 */
export class Room {
  readonly #classes: RoomClasses;
  readonly #keptMs: number;
  readonly #presence: PresenceBook;
  readonly #questions: QuestionQueue;
  readonly #receipts: Receipts;
  readonly #records: AttendanceRecords;
  readonly #listeners = new Set<(classId: string, change: RoomChange) => void>();
  readonly #known = new Map<
    string,
    { readonly at: number; readonly found: Promise<RoomClass | undefined> }
  >();

  readonly #overviews = new Map<string, { readonly at: number; readonly counted: Promise<Overview> }>();

  constructor({ database, classes, writing, keptDays = 180 }: RoomOptions) {
    this.#classes = classes;
    this.#keptMs = keptDays * DAY_MS;
    this.#presence = new PresenceBook(database, writing);
    this.#questions = new QuestionQueue(database);
    this.#receipts = new Receipts(database);
    this.#records = new AttendanceRecords(database);
  }

  /**
   * What is known of a class; at most a second old, because every beat asks.
   *
   * @throws {CatalogueError} `not-found`
   */
  async class(classId: string): Promise<RoomClass> {
    const now = performance.now();
    let known = this.#known.get(classId);
    if (known === undefined || now - known.at > KNOWN_FOR_MS) {
      known = { at: now, found: this.#classes.find(classId) };
      this.#known.delete(classId);
      this.#known.set(classId, known);
      const [oldest] = this.#known.keys();
      if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
      // A failure is told to all who wait for it, and to nobody else.
      known.found.catch(() => this.#known.delete(classId));
    }
    const found = await known.found;
    if (found === undefined) throw new CatalogueError('not-found', `There is no live class ${classId}`);
    return found;
  }

  /** Forgets what is known of a class: it has changed. */
  forget(classId: string): void {
    this.#known.delete(classId);
  }

  /**
   * Calls `listener` after each change of a room, until the function that is returned is called. What other servers over the same
   * database change is not heard.
   */
  onChange(listener: (classId: string, change: RoomChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(classId: string, change: RoomChange): void {
    for (const listener of this.#listeners) listener(classId, change);
  }

  /**
   * Counts what a viewer's player has played; on disk when it resolves. Told twice it counts once, and all browsers and tabs of a viewer count
   * as one.
   *
   * @param played - since the last acknowledged beat, by the wall clock of the pictures; empty at the start, in the lobby and in a pause
   * @throws {CatalogueError} `not-found`
   * @throws {RequestError} `busy`
   */
  async beat(
    classId: string,
    viewer: string,
    played: readonly TimeSpan[],
    now: number = Date.now(),
  ): Promise<BeatAnswer> {
    const known = await this.class(classId);
    if (!countsPresence(known, now)) return { isCounted: false, watchedMs: 0, nextBeatMs: undefined };
    const participant = participantOf(classId, viewer);
    const participation = await this.#presence.record({ classId, participant, claimed: played }, now);
    if (participation === undefined) {
      throw new RequestError('busy', `Live class ${classId} takes no more participants`, {
        retryAfterSeconds: 60,
      });
    }
    this.#tell(classId, 'presence');
    return {
      isCounted: true,
      watchedMs: measureOf(common(participation.played, onAirTime(known, now))),
      nextBeatMs: Math.round(BEAT_EVERY_MS - BEAT_SPREAD_MS / 2 + Math.random() * BEAT_SPREAD_MS),
    };
  }

  /** Who came, up to now: the whole list, in order. @throws {CatalogueError} `not-found` */
  async attendance(classId: string, now: number = Date.now()): Promise<Attendance> {
    return inOrder(await this.#records.read(await this.class(classId), now));
  }

  /**
   * Who is there, in numbers, and who has acknowledged last. Counted once for all operators who ask within two seconds.
   *
   * @throws {CatalogueError} `not-found`
   */
  overview(classId: string): Promise<Overview> {
    const now = performance.now();
    const known = this.#overviews.get(classId);
    if (known !== undefined && now - known.at < OVERVIEW_FOR_MS) return known.counted;
    const counted = this.#countOverview(classId);
    this.#overviews.set(classId, { at: now, counted });
    // Nobody looks any more, or it has failed.
    setTimeout(() => {
      if (this.#overviews.get(classId)?.counted === counted) this.#overviews.delete(classId);
    }, OVERVIEW_FOR_MS).unref();
    return counted;
  }

  async #countOverview(classId: string): Promise<Overview> {
    const { onAirMs, counts, rows } = await this.#records.read(await this.class(classId), Date.now());
    const acknowledged = rows
      .filter((row) => row.acknowledgedAt !== undefined)
      .toSorted((left, right) => (right.acknowledgedAt ?? 0) - (left.acknowledgedAt ?? 0));
    return { onAirMs, counts, latestReceipts: acknowledged.slice(0, 20) };
  }

  /**
   * Takes a viewer's question, or shows the hand he raises.
   *
   * @throws {RoomError} `room-closed`, `asked-too-often`, `queue-full`
   * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict`
   */
  async ask(
    classId: string,
    viewer: string,
    input: QuestionInput,
    now: number = Date.now(),
  ): Promise<Question> {
    if (!takesQuestions(await this.class(classId), now)) {
      throw new RoomError('room-closed', 'Questions are taken while the class goes on');
    }
    const question = await this.#questions.ask(classId, participantOf(classId, viewer), input, now);
    this.#tell(classId, 'questions');
    return question;
  }

  /** Takes a viewer's question back, or lowers his hand. @throws {CatalogueError} `not-found`, `invalid-move` */
  async takeBack(classId: string, viewer: string, questionId: string): Promise<void> {
    await this.#questions.takeBack(classId, participantOf(classId, viewer), questionId);
    this.#tell(classId, 'questions');
  }

  /** What a viewer has asked, the latest first. */
  asked(classId: string, viewer: string): Promise<readonly Question[]> {
    return this.#questions.asked(classId, participantOf(classId, viewer));
  }

  /** The operator's queue: all questions and hands of one state. @throws {CatalogueError} `not-found` */
  async questions(classId: string, state: QuestionState): Promise<readonly Question[]> {
    return this.#questions.list((await this.class(classId)).id, state);
  }

  /** Moves a question as the operator. @throws {CatalogueError} `not-found`, `conflict`, `invalid-move`, `invalid-input` */
  async moveQuestion(
    classId: string,
    questionId: string,
    move: QuestionMove,
    actor: string,
  ): Promise<Question> {
    const question = await this.#questions.move(classId, questionId, move, actor);
    this.#tell(classId, 'questions');
    return question;
  }

  /** Takes the last move of a question back. @throws {CatalogueError} `not-found`, `conflict`, `invalid-move` */
  async undoMove(classId: string, questionId: string, seen: QuestionState, actor: string): Promise<Question> {
    const question = await this.#questions.undo(classId, questionId, seen, actor);
    this.#tell(classId, 'questions');
    return question;
  }

  /** What everybody in the room may see. @throws {CatalogueError} `not-found` */
  async publicRoom(classId: string): Promise<PublicRoom> {
    const { notices } = await this.class(classId);
    return { notices, questions: await this.#questions.publicOnes(classId) };
  }

  /**
   * Takes a viewer's receipt; the latest counts.
   *
   * @throws {RoomError} `room-closed` before the class is announced and a day after its end
   * @throws {CatalogueError} `not-found`, `invalid-input`
   */
  async acknowledge(
    classId: string,
    viewer: string,
    input: ReceiptInput,
    now: number = Date.now(),
  ): Promise<Receipt> {
    if (!takesReceipts(await this.class(classId), now)) {
      throw new RoomError(
        'room-closed',
        'Receipts are taken from the announcement until a day after the class',
      );
    }
    const receipt = await this.#receipts.acknowledge(classId, participantOf(classId, viewer), input, now);
    this.#tell(classId, 'receipts');
    return receipt;
  }

  /**
   * Enters the receipt of a hall for it, or corrects its head-count, also later than the hall itself may.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when the attendance is closed
   */
  async enterReceipt(classId: string, input: OfficeReceiptInput, actor: string): Promise<Receipt> {
    const receipt = await this.#receipts.enter(classId, input, actor);
    this.#tell(classId, 'receipts');
    return receipt;
  }

  /** A viewer's receipt. */
  receiptOf(classId: string, viewer: string): Promise<Receipt | undefined> {
    return this.#receipts.find(classId, participantOf(classId, viewer));
  }

  /** Says which halls are expected. @throws {CatalogueError} `not-found`, `invalid-input` */
  async invite(classId: string, halls: readonly string[]): Promise<readonly string[]> {
    const names = await this.#receipts.invite(classId, halls);
    this.#tell(classId, 'receipts');
    return names;
  }

  /** The halls that are expected. @throws {CatalogueError} `not-found` */
  async invited(classId: string): Promise<readonly string[]> {
    return this.#receipts.invited((await this.class(classId)).id);
  }

  /** Expected halls whose names contain a text, at most 8. */
  matchingHalls(classId: string, text: string): Promise<readonly string[]> {
    return this.#receipts.matching(classId, text);
  }

  /**
   * Forgets who was in rooms that nobody has used for the days that were set; what halls have watched is kept.
   *
   * @returns the classes whose rooms were closed
   */
  async sweep(now: number = Date.now(), signal?: AbortSignal): Promise<readonly string[]> {
    const closed: string[] = [];
    for (const classId of await this.#records.due(now - this.#keptMs, CLOSED_AT_ONCE)) {
      if (signal?.aborted === true) break;
      const known = await this.#classes.find(classId);
      if (known === undefined) continue;
      if (!isOver(known)) {
        // Announced half a year ahead, and still to come.
        await this.#records.keepOn(classId, now);
        continue;
      }
      await this.#records.close(known, now);
      closed.push(classId);
    }
    return closed;
  }
}
