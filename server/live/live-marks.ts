import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { lineOf } from '../catalogue/courseware-text.ts';
import type { Change } from '../catalogue/history.ts';
import { newId } from '../database/new-id.ts';
import { once, type RepeatableRequest } from '../catalogue/repeated-creation.ts';
import type { Database, SqlValue, Statements, Transaction } from '../database/transaction.ts';
import type { ClassListener } from './class-listener.ts';
import { recordLiveChanges } from './live-history.ts';
import { getClass, lockClass } from './live-class-rows.ts';
import type { LiveClass, LiveClassId, MarkId, SlideId } from './live-class.ts';
import { mediaTimeOf } from './media-time.ts';
import { momentOf } from './moment.ts';
import { listIntervals } from './on-air-intervals.ts';

/**
 * What a mark says of its moment:
 *
 * - `section`: a part of the class begins (the lecture, the discussion).
 * - `chapter`: a subject begins; becomes a chapter of the recording.
 * - `slide`: a page of the slides is shown from now on, or, without one, none.
 * - `notice`: something was told to everybody who watches.
 */
export type MarkKind = (typeof MARK_KINDS)[number];

/** Every {@link MarkKind}. */
export const MARK_KINDS = ['section', 'chapter', 'slide', 'notice'] as const;

/** A moment of a class that somebody marked. */
export interface LiveMark {
  readonly id: MarkId;
  readonly kind: MarkKind;
  /** ISO 8601, by the server's clock: what players compare with the picture's own time. */
  readonly at: string;
  /** Of a slide, its title. */
  readonly text: string | undefined;
  readonly slideId: SlideId | undefined;
  /** The picture of the slide, under `imagePath`. */
  readonly image: string | undefined;
  /** Where it is in the recording, in milliseconds; undefined before there is one. */
  readonly mediaMs: number | undefined;
}

/** What a mark is to be. */
export interface MarkInput {
  readonly kind: MarkKind;
  /** ISO 8601. Default: now, by the server's clock. */
  readonly at?: string | undefined;
  /** 1 to 500 characters; a slide needs none. */
  readonly text?: string | undefined;
  /** The page a `slide` shows. */
  readonly slideId?: string | undefined;
}

/** Marks a class may have. */
export const MOST_MARKS = 2000;

interface MarkRow {
  readonly id: MarkId;
  readonly kind: MarkKind;
  readonly at: number;
  readonly text: string | null;
  readonly slide_id: SlideId | null;
  readonly image: string | null;
  readonly title: string | null;
}

/** A mark, and what of it is new. */
interface ChangedMark {
  readonly mark: LiveMark;
  readonly changes: readonly Change[];
}

/** The marks of the classes. */
export class LiveMarks {
  readonly #database: Database;
  readonly #actor: string;
  readonly #tell: ClassListener;

  constructor(database: Database, options: { readonly actor: string; readonly tell: ClassListener }) {
    this.#database = database;
    this.#actor = options.actor;
    this.#tell = options.tell;
  }

  /** The marks of a class, by time. @throws {CatalogueError} `not-found` */
  list(id: string, kind?: MarkKind): Promise<readonly LiveMark[]> {
    return this.#database.read(async (statements) => {
      const found = await getClass(statements, id);
      return selectMarks(
        statements,
        found.id,
        kind === undefined ? '' : 'AND m.kind = $2',
        ...(kind === undefined ? [] : [kind]),
      );
    });
  }

  /**
   * Adds a mark.
   *
   * @param request - whose sender may ask again: the same within a day gives the same mark
   * @throws {CatalogueError} `not-found` for a class or slide that is not there, `invalid-input`, `conflict` when there are too many
   */
  async add(id: string, input: MarkInput, request?: RepeatableRequest): Promise<LiveMark> {
    const atMs = input.at === undefined ? undefined : momentOf(input.at, 'at');
    return this.#change(id, (transaction, before) =>
      once<ChangedMark>(transaction, request, {
        make: async () => {
          const { text, slideId } = await checkedMark(transaction, before.id, input);
          await refuseMore(transaction, before.id);
          const markId = newId() as MarkId;
          await transaction.rows(
            `INSERT INTO live_mark (id, class_id, kind, at, text, slide_id, created_at)
             VALUES ($1, $2, $3, COALESCE($4, ${transaction.words.now}), $5, $6, ${transaction.words.now})`,
            markId,
            before.id,
            input.kind,
            atMs,
            text,
            slideId,
          );
          const mark = await getMark(transaction, before.id, markId);
          return { mark, changes: [{ field: input.kind, after: shown(mark) }] };
        },
        idOf: ({ mark }) => mark.id,
        again: async (markId) => ({ mark: await getMark(transaction, before.id, markId), changes: [] }),
      }),
    );
  }

  /**
   * Corrects a mark: what it says, or when it was.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`
   */
  async edit(id: string, markId: string, input: Omit<MarkInput, 'kind'>): Promise<LiveMark> {
    const atMs = input.at === undefined ? undefined : momentOf(input.at, 'at');
    return this.#change(id, async (transaction, before) => {
      const was = await getMark(transaction, before.id, markId);
      const { text, slideId } = await checkedMark(transaction, before.id, {
        kind: was.kind,
        text: input.text ?? was.text,
        slideId: input.slideId ?? was.slideId,
      });
      await transaction.rows(
        'UPDATE live_mark SET at = COALESCE($2, at), text = $3, slide_id = $4 WHERE id = $1',
        was.id,
        atMs,
        text,
        slideId,
      );
      const mark = await getMark(transaction, before.id, markId);
      return { mark, changes: [{ field: was.kind, before: shown(was), after: shown(mark) }] };
    });
  }

  /** Takes a mark away; a notice is no longer shown. @throws {CatalogueError} `not-found` */
  async remove(id: string, markId: string): Promise<void> {
    await this.#change(id, async (transaction, before) => {
      const mark = await getMark(transaction, before.id, markId);
      await transaction.rows('DELETE FROM live_mark WHERE id = $1', mark.id);
      return { mark, changes: [{ field: mark.kind, before: shown(mark) }] };
    });
  }

  async #change(
    id: string,
    work: (transaction: Transaction, before: LiveClass) => Promise<ChangedMark>,
  ): Promise<LiveMark> {
    const { mark, classId } = await this.#database.write(async (transaction) => {
      const before = await lockClass(transaction, id);
      const done = await work(transaction, before);
      await recordLiveChanges(transaction, before.id, this.#actor, done.changes);
      return { mark: done.mark, classId: before.id };
    });
    this.#tell(classId, 'marks');
    return mark;
  }
}

const shown = ({ at, text, slideId }: LiveMark): string =>
  [at, text ?? slideId ?? ''].filter((part) => part !== '').join(' ');

async function selectMarks(
  statements: Statements,
  id: LiveClassId,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly LiveMark[]> {
  const rows = await statements.rows<MarkRow>(
    `SELECT m.id, m.kind, m.at, m.text, m.slide_id, s.image, s.title FROM live_mark m
       LEFT JOIN live_slide s ON s.id = m.slide_id WHERE m.class_id = $1 ${rest} ORDER BY m.at, m.id`,
    id,
    ...values,
  );
  const intervals = await listIntervals(statements, id);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    at: new Date(row.at).toISOString(),
    text: row.text ?? row.title ?? undefined,
    slideId: row.slide_id ?? undefined,
    image: row.image ?? undefined,
    mediaMs: mediaTimeOf(intervals, row.at),
  }));
}

async function getMark(statements: Statements, id: LiveClassId, markId: string): Promise<LiveMark> {
  const [found] = await selectMarks(statements, id, 'AND m.id = $2', markId.slice(0, 40));
  if (found === undefined) {
    throw new CatalogueError(
      'not-found',
      `Live class ${id} has no mark ${JSON.stringify(markId.slice(0, 40))}`,
    );
  }
  return found;
}

async function checkedMark(
  transaction: Transaction,
  id: LiveClassId,
  { kind, text, slideId }: MarkInput,
): Promise<{ readonly text: string | undefined; readonly slideId: string | undefined }> {
  if (kind !== 'slide') {
    if (slideId !== undefined) {
      throw new CatalogueError('invalid-input', `A ${kind} has no slide`, { field: 'slideId' });
    }
    return { text: lineOf(text ?? '', 'text', 500), slideId: undefined };
  }
  if (slideId !== undefined) {
    const rows = await transaction.rows(
      'SELECT id FROM live_slide WHERE id = $1 AND class_id = $2',
      slideId.slice(0, 40),
      id,
    );
    if (rows.length === 0) {
      throw new CatalogueError(
        'not-found',
        `Live class ${id} has no slide ${JSON.stringify(slideId.slice(0, 40))}`,
        {
          field: 'slideId',
        },
      );
    }
  }
  return { text: text === undefined ? undefined : lineOf(text, 'text', 500), slideId };
}

async function refuseMore(transaction: Transaction, id: LiveClassId): Promise<void> {
  const [row] = await transaction.rows<{ n: number }>(
    'SELECT COUNT(*) AS n FROM live_mark WHERE class_id = $1',
    id,
  );
  if ((row?.n ?? 0) >= MOST_MARKS) {
    throw new CatalogueError(
      'conflict',
      `Live class ${id} has ${MOST_MARKS} marks already; remove some first`,
    );
  }
}
