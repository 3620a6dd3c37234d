import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { refuseOverwriting } from '../catalogue/expected-revision.ts';
import type { HistoryEntry } from '../catalogue/history.ts';
import { once, type RepeatableRequest } from '../catalogue/repeated-creation.ts';
import type { Database } from '../database/transaction.ts';
import type { ChangedPart, ClassListener } from './class-listener.ts';
import { planClasses, writePlan, type NewLiveClass } from './class-planning.ts';
import { checkedFields, type LiveClassFields } from './live-class-input.ts';
import { liveFieldsChangedSince, liveHistoryOf, recordLiveChanges } from './live-history.ts';
import { listClasses, type LiveClassPage, type LiveClassQuery } from './live-class-list.ts';
import { moveClass, type MoveFacts } from './live-class-moves.ts';
import { getClass, lockClass, selectClasses } from './live-class-rows.ts';
import {
  followersOf,
  REMOVABLE_STATES,
  removeClass,
  type ClassLeftovers,
  refuseUnknownItem,
  refuseUnplayable,
  shiftOf,
  writeClass,
} from './live-class-writing.ts';
import { TIMETABLE_STATES, type LiveClass, type LiveClassId, type LiveClassState } from './live-class.ts';
import { LiveMarks } from './live-marks.ts';
import type { OnAirInterval } from './media-time.ts';
import { listIntervals, writeInterval } from './on-air-intervals.ts';
import { PublishLog } from './publish-log.ts';
import { SlideDeck } from './slide-deck.ts';
import { issueKey, keysInForce, listKeys, revokeKey, type IssuedKey } from './stream-key-rows.ts';
import type { AdmittedKey, KeyRole } from './stream-key.ts';
import { holdTimetable } from './timetable.ts';

/** Whether a change is of one class, or of all that follow it in its recurrence too. */
export type ChangeScope = 'one' | 'following';

interface Shared {
  readonly listeners: Set<ClassListener>;
  readonly now: () => number;
}

/**
 * The live classes: timetable, keys, time on the air, marks and slides. Every change is one transaction and is recorded with who made
 * it; two classes never take the same lecturer, host or channel at once. Every method may throw a `DatabaseError` too.
 */
export class ClassBook {
  /** Sections, chapters, slides and notices on the classes' time lines. */
  readonly marks: LiveMarks;
  /** The slides that may be shown. */
  readonly slides: SlideDeck;
  /** Who published what, and who was refused. */
  readonly sessions: PublishLog;
  readonly #database: Database;
  readonly #actor: string;
  readonly #shared: Shared;

  constructor(
    database: Database,
    /** `now` gives epoch milliseconds; tests have a clock of their own. */
    options: { readonly actor?: string; readonly now?: () => number } = {},
    shared: Shared = { listeners: new Set(), now: options.now ?? Date.now },
  ) {
    this.#database = database;
    this.#actor = options.actor ?? 'system';
    this.#shared = shared;
    const tell: ClassListener = (id, part) => this.#tell(id, part);
    this.marks = new LiveMarks(database, { actor: this.#actor, tell });
    this.slides = new SlideDeck(database, { actor: this.#actor, tell });
    this.sessions = new PublishLog(database);
  }

  /** The same, whose changes are recorded as made by `actor`. */
  as(actor: string): ClassBook {
    return new ClassBook(this.#database, { actor }, this.#shared);
  }

  /**
   * Hears of the changes made through this book in this process; of those of others `latestChange` tells.
   *
   * @returns ends it
   */
  onChange(listener: ClassListener): () => void {
    this.#shared.listeners.add(listener);
    return () => this.#shared.listeners.delete(listener);
  }

  /**
   * How many changes there were to all classes, their time on the air left out: for whoever has to keep up with other processes. It
   * is counted by revisions, because entries of the history do not become visible in the order of their numbers.
   */
  latestChange(): Promise<number> {
    return this.#database.read(async (statements) => {
      const [row] = await statements.rows<{ changes: number }>(
        `SELECT (SELECT COALESCE(SUM(revision), 0) FROM live_class)
           + (SELECT COALESCE(SUM(revision), 0) FROM live_history WHERE field = 'removed') AS changes`,
      );
      return row?.changes ?? 0;
    });
  }

  /** @throws {CatalogueError} `not-found` */
  get(id: string): Promise<LiveClass> {
    return this.#database.read((statements) => getClass(statements, id));
  }

  /** The class whose media has a name. */
  findByToken(token: string): Promise<LiveClass | undefined> {
    return this.#database.read(async (statements) =>
      (await selectClasses(statements, 'WHERE l.token = $1', token.slice(0, 60))).at(0),
    );
  }

  /** The class whose recording an item of the catalogue is. */
  findByRecording(coursewareId: string): Promise<LiveClass | undefined> {
    return this.#database.read(async (statements) =>
      (await selectClasses(statements, 'WHERE l.recording_id = $1', coursewareId)).at(0),
    );
  }

  /** Every class in one of these states, by the time of beginning. */
  inStates(states: readonly LiveClassState[]): Promise<readonly LiveClass[]> {
    return this.#database.read((statements) =>
      selectClasses(
        statements,
        `WHERE l.state IN (${states.map((_, index) => `$${index + 1}`).join(', ')}) ORDER BY l.planned_start, l.id`,
        ...states,
      ),
    );
  }

  /** @throws {CatalogueError} `invalid-input` */
  list(query: LiveClassQuery = {}): Promise<LiveClassPage> {
    return this.#database.read((statements) => listClasses(statements, query, this.#shared.now()));
  }

  /** Everything that happened to a class, oldest first; also after its removal. */
  history(id: string): Promise<readonly HistoryEntry[]> {
    return this.#database.read((statements) => liveHistoryOf(statements, id));
  }

  /**
   * Plans a class, or all classes of a recurrence: every one or none.
   *
   * @param request - whose sender may ask again: the same within a day gives the same class
   * @returns the first
   * @throws {CatalogueError} `invalid-input`, `not-found` when the item to be played does not exist
   * @throws {LiveClassError} `timetable-overlap`, for what takes a place in the timetable
   */
  async create(wanted: NewLiveClass, request?: RepeatableRequest): Promise<LiveClass> {
    const plan = planClasses(wanted);
    const made = await this.#database.write(async (transaction) => {
      await holdTimetable(transaction);
      return once(transaction, request, {
        make: () => writePlan(transaction, this.#actor, plan),
        idOf: ([first]) => first?.id ?? '',
        again: async (id) => [await getClass(transaction, id)],
      });
    });
    for (const { id } of made) this.#tell(id, 'class');
    return made[0] as LiveClass;
  }

  /**
   * Changes what is written about a class. With `expectedRevision`, a field that was changed after it is not overwritten. With
   * `following`, those that come after it in its recurrence are changed too, if they have not begun: texts become the same, times
   * are shifted by as much.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`, `revision-mismatch`, `invalid-move` for what cannot change any more
   * @throws {LiveClassError} `timetable-overlap`
   */
  async change(
    id: string,
    wanted: LiveClassFields,
    options: { readonly expectedRevision?: number | undefined; readonly scope?: ChangeScope } = {},
  ): Promise<LiveClass> {
    const checked = checkedFields(wanted);
    const changed = await this.#database.write(async (transaction) => {
      await holdTimetable(transaction);
      const before = await lockClass(transaction, id);
      const fields = checked.map(({ field }) => field);
      const changedSince = (revision: number): Promise<readonly string[]> =>
        liveFieldsChangedSince(transaction, before.id, revision, fields);
      const revised = { name: `Live class ${before.id}`, revision: before.revision, changedSince };
      await refuseOverwriting(revised, options.expectedRevision);
      await refuseUnknownItem(transaction, checked);
      const shift = shiftOf(before, checked);
      const rest = checked.filter(({ field }) => field !== 'plannedStart' && field !== 'plannedEnd');
      const all = [before, ...(options.scope === 'following' ? await followersOf(transaction, before) : [])];
      const after: LiveClass[] = [];
      for (const one of all)
        after.push(await writeClass(transaction, this.#actor, one, [...rest, ...shift(one)]));
      const touched = after.filter((one, index) => one !== all[index]);
      await refuseUnplayable(
        transaction,
        touched.filter(({ state }) => TIMETABLE_STATES.includes(state)),
      );
      return { touched, first: after[0] as LiveClass };
    });
    for (const one of changed.touched) this.#tell(one.id, 'class');
    return changed.first;
  }

  /**
   * Moves a class to another state; one that is there already stays as it is.
   *
   * @throws {CatalogueError} `not-found`, `invalid-move`, `invalid-input`
   * @throws {LiveClassError} `timetable-overlap`
   */
  async move(id: string, to: LiveClassState, facts: MoveFacts = {}): Promise<LiveClass> {
    const moved = await this.#database.write(async (transaction) => {
      if (TIMETABLE_STATES.includes(to) || to === 'postponed') await holdTimetable(transaction);
      const before = await lockClass(transaction, id);
      return moveClass(transaction, this.#actor, before, to, facts, this.#shared.now());
    });
    this.#tell(moved.id, 'class');
    return moved;
  }

  /**
   * Moves a class and all that come after it in its recurrence, those left out that cannot go there; all of it or nothing.
   *
   * @returns those that were moved, the first of all first
   * @throws {CatalogueError} `not-found`, `invalid-move` when the first cannot, `invalid-input`
   * @throws {LiveClassError} `timetable-overlap`
   */
  async moveFollowing(
    id: string,
    to: LiveClassState,
    facts: Omit<MoveFacts, 'plannedStart' | 'plannedEnd'> = {},
  ): Promise<readonly LiveClass[]> {
    const nowMs = this.#shared.now();
    const moved = await this.#database.write(async (transaction) => {
      await holdTimetable(transaction);
      const first = await lockClass(transaction, id);
      const done = [await moveClass(transaction, this.#actor, first, to, facts, nowMs)];
      for (const one of await followersOf(transaction, first)) {
        const after = await moveClass(transaction, this.#actor, one, to, facts, nowMs).catch(
          (error: unknown) => {
            if (error instanceof CatalogueError && error.code === 'invalid-move') return undefined;
            throw error;
          },
        );
        if (after !== undefined) done.push(after);
      }
      return done;
    });
    for (const one of moved) this.#tell(one.id, 'class');
    return moved;
  }

  /** Sets the picture of the slate, which lies under {@link imageKey} already, or takes it away. @throws {CatalogueError} `not-found` */
  async setSlateImage(
    id: string,
    name: string | undefined,
  ): Promise<{ readonly item: LiveClass; readonly replaced: string | undefined }> {
    const done = await this.#database.write(async (transaction) => {
      const before = await lockClass(transaction, id);
      await transaction.rows('UPDATE live_class SET slate_image = $2 WHERE id = $1', before.id, name);
      await recordLiveChanges(transaction, before.id, this.#actor, [
        { field: 'slateImage', before: before.slateImage, after: name },
      ]);
      return { item: await getClass(transaction, before.id), replaced: before.slateImage };
    });
    this.#tell(done.item.id, 'class');
    return done;
  }

  /**
   * Removes a class with its slides and marks; its history stays. What everybody was told of has to be cancelled first, and the
   * records of what took place are kept.
   *
   * @throws {CatalogueError} `not-found`, `conflict`
   */
  async remove(id: string): Promise<ClassLeftovers> {
    const [gone] = await this.#remove(id, false);
    return gone as ClassLeftovers;
  }

  /**
   * Removes a class and all that come after it in its recurrence, those left out that cannot be.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when the first cannot
   */
  removeFollowing(id: string): Promise<readonly ClassLeftovers[]> {
    return this.#remove(id, true);
  }

  async #remove(id: string, withFollowing: boolean): Promise<readonly ClassLeftovers[]> {
    const gone = await this.#database.write(async (transaction) => {
      await holdTimetable(transaction);
      const first = await lockClass(transaction, id);
      const followers = withFollowing ? await followersOf(transaction, first, REMOVABLE_STATES) : [];
      const done: { readonly id: LiveClassId; readonly leftovers: ClassLeftovers }[] = [];
      for (const one of [first, ...followers]) {
        done.push({ id: one.id, leftovers: await removeClass(transaction, this.#actor, one) });
      }
      return done;
    });
    for (const one of gone) this.#tell(one.id, 'removed');
    return gone.map(({ leftovers }) => leftovers);
  }

  /**
   * Makes a key for one of a class's encoders, in place of the one before, which is good for nothing from now on.
   *
   * @param request - whose sender may ask again: what it has made stays in force, and is not shown again
   * @returns the key; it is shown this once and kept nowhere
   * @throws {CatalogueError} `not-found`, `invalid-move` for a class that takes no encoder, `conflict` for a repeated request
   */
  async issueKey(id: string, role: KeyRole, request?: RepeatableRequest): Promise<string> {
    const { key, classId } = await this.#database.write((transaction) =>
      once(transaction, request, {
        make: () => issueKey(transaction, this.#actor, id, role),
        idOf: (made) => made.classId,
        again: (classOfKey) => {
          throw new CatalogueError(
            'conflict',
            `The ${role} key of live class ${classOfKey} was made for this request and shown once; ` +
              'if it was not seen, make another with a fresh Idempotency-Key',
          );
        },
      }),
    );
    this.#tell(classId, 'keys');
    return key;
  }

  /** Makes a key good for nothing at once; whoever publishes with it is to be cut off. @throws {CatalogueError} `not-found` */
  async revokeKey(id: string, role: KeyRole): Promise<void> {
    const classId = await this.#database.write((transaction) =>
      revokeKey(transaction, this.#actor, id, role),
    );
    this.#tell(classId, 'keys');
  }

  /** Which keys of a class there are. @throws {CatalogueError} `not-found` */
  keys(id: string): Promise<readonly IssuedKey[]> {
    return this.#database.read((statements) => listKeys(statements, id));
  }

  /**
   * The keys that are good at a moment, or will be within `aheadMs` of it; each says from when until when it is good, which the
   * ingest has to heed.
   */
  keysInForce(nowMs: number, aheadMs = 0): Promise<readonly AdmittedKey[]> {
    return this.#database.read((statements) => keysInForce(statements, nowMs, aheadMs));
  }

  /**
   * Writes down when pictures began to reach everybody, and, told again with the same `fromMs`, when they stopped. What everybody's
   * attendance is measured by.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when it overlaps another interval
   */
  async noteOnAir(id: string, interval: OnAirInterval): Promise<void> {
    const classId = await this.#database.write(async (transaction) => {
      const before = await lockClass(transaction, id);
      await writeInterval(transaction, before.id, interval);
      return before.id;
    });
    this.#tell(classId, 'on-air');
  }

  /** When pictures reached everybody, in order; the last is open while they do. */
  onAirIntervals(id: string): Promise<readonly OnAirInterval[]> {
    return this.#database.read((statements) => listIntervals(statements, id));
  }

  #tell(id: LiveClassId, part: ChangedPart): void {
    for (const listener of this.#shared.listeners) listener(id, part);
  }
}
