import { CatalogueError } from '../../catalogue/catalogue-error.ts';
import type { Database, Statements, Transaction } from '../../database/transaction.ts';
import { shownNameOf, type ParticipantId } from './participant.ts';
import { PUBLIC_STATE, QUESTION_MOVES, type QuestionKind, type QuestionState } from './question-state.ts';
import { RoomError } from './room-error.ts';
import { spokenText, spokenTextOrNone } from './spoken-text.ts';

/** A question or a raised hand, as the operator sees it. */
export interface Question {
  readonly id: string;
  readonly kind: QuestionKind;
  /** What the asker calls himself, or what we call him. */
  readonly name: string;
  readonly text: string;
  readonly state: QuestionState;
  /** Whether the last move can be taken back. */
  readonly canUndo: boolean;
  readonly answer: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly movedAt: number | undefined;
}

/** What somebody asks. */
export interface QuestionInput {
  /** A fresh UUID of the player; said again, it is asked once. */
  readonly id: string;
  readonly kind: QuestionKind;
  /** 1 to 300 characters; a raised hand may go without. */
  readonly text?: string | undefined;
  /** 1 to 20 characters, such as 西白山村. */
  readonly name?: string | undefined;
}

/** What an operator decides. */
export interface QuestionMove {
  /** What he saw; another operator may have been faster. */
  readonly from: QuestionState;
  readonly to: QuestionState;
  /** To be read by the class; only with `answered`. */
  readonly answer?: string | undefined;
}

/** Limits of one participant and of one class. */
export const ASKING_LIMITS = {
  /** Milliseconds between two questions of one participant. */
  pauseMs: 15_000,
  /** Questions of one participant that wait for the operator. */
  waiting: 3,
  /** Questions of one participant in one class. */
  inAll: 30,
  /** Questions of all that wait for the operator. */
  queue: 500,
} as const;

const TEXT_LENGTH = 300;
const NAME_LENGTH = 20;
const ANSWER_LENGTH = 500;

interface QuestionRow {
  readonly id: string;
  readonly participant: ParticipantId | null;
  readonly kind: QuestionKind;
  readonly name: string | null;
  readonly text: string;
  readonly state: QuestionState;
  readonly before_state: QuestionState | null;
  readonly answer: string | null;
  readonly at: number;
  readonly moved_at: number | null;
}

const COLUMNS = 'id, participant, kind, name, text, state, before_state, answer, at, moved_at';

/** The questions and raised hands of classes, moderated: an operator decides what the class sees. */
export class QuestionQueue {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Takes a question, or shows a raised hand; who has raised it already has raised it once.
   *
   * @throws {RoomError} `asked-too-often`, `queue-full`
   * @throws {CatalogueError} `invalid-input`, `not-found` of the class, `conflict` for an id that somebody else has used
   */
  async ask(
    classId: string,
    participant: ParticipantId,
    input: QuestionInput,
    now: number = Date.now(),
  ): Promise<Question> {
    const { id, kind } = input;
    const text =
      kind === 'hand'
        ? (spokenTextOrNone(input.text, 'text', TEXT_LENGTH) ?? '')
        : spokenText(input.text ?? '', 'text', TEXT_LENGTH);
    const name = spokenTextOrNone(input.name, 'name', NAME_LENGTH);
    return this.#database.write(async (transaction) => {
      await lockRoom(transaction, classId, now);
      const repeated = await findRepeated(transaction, classId, participant, { id, kind });
      if (repeated !== undefined) return repeated;
      await refuseTooMany(transaction, { classId, participant, kind, now });
      await transaction.rows(
        `INSERT INTO live_question (id, class_id, participant, kind, name, text, state, at)
         VALUES ($1, $2, $3, $4, $5, $6, 'new', $7)`,
        ...[id, classId, participant, kind, name, text, now],
      );
      return getQuestion(transaction, classId, id);
    });
  }

  /**
   * Takes a question back, or lowers a hand, as its asker: it is gone. What the operator has dealt with stays.
   *
   * @throws {CatalogueError} `not-found`, also for somebody else's; `invalid-move` for what was dealt with
   */
  async takeBack(classId: string, participant: ParticipantId, id: string): Promise<void> {
    await this.#database.write(async (transaction) => {
      const [row] = await transaction.rows<QuestionRow>(
        `SELECT ${COLUMNS} FROM live_question WHERE class_id = $1 AND id = $2 AND participant = $3${transaction.words.forUpdate}`,
        ...[classId, id, participant],
      );
      if (row === undefined) throw unknownQuestion(id);
      if (row.state !== 'new' && !(row.kind === 'hand' && row.state === 'accepted')) {
        throw new CatalogueError('invalid-move', `Question ${id} was ${row.state} already`);
      }
      await transaction.rows('DELETE FROM live_question WHERE id = $1', id);
    });
  }

  /** What a participant has asked, the latest first, with what became of it. */
  async asked(classId: string, participant: ParticipantId): Promise<readonly Question[]> {
    return this.#list('AND participant = $2 ORDER BY at DESC, id DESC LIMIT 50', classId, participant);
  }

  /** All of one state in the order they were asked, at most 500; the latest first where they were dealt with. */
  async list(classId: string, state: QuestionState): Promise<readonly Question[]> {
    const order = state === 'new' || state === 'accepted' ? 'at, id' : 'at DESC, id DESC';
    return this.#list(`AND state = $2 ORDER BY ${order} LIMIT ${ASKING_LIMITS.queue}`, classId, state);
  }

  /** What everybody may see, the latest first: questions that were answered, and no hands. */
  async publicOnes(classId: string): Promise<readonly Question[]> {
    return this.#list(
      "AND state = $2 AND kind = 'question' ORDER BY at DESC, id DESC LIMIT 100",
      classId,
      PUBLIC_STATE,
    );
  }

  async #list(condition: string, ...values: readonly string[]): Promise<readonly Question[]> {
    const rows = await this.#database.read((statements) =>
      statements.rows<QuestionRow>(
        `SELECT ${COLUMNS} FROM live_question WHERE class_id = $1 ${condition}`,
        ...values,
      ),
    );
    return rows.map(questionOf);
  }

  /**
   * Moves a question as the operator.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when it does not stand where he saw it, `invalid-move`, `invalid-input`
   */
  async move(classId: string, id: string, move: QuestionMove, actor: string): Promise<Question> {
    const { from, to } = move;
    const answer = spokenTextOrNone(move.answer, 'answer', ANSWER_LENGTH);
    if (answer !== undefined && to !== 'answered') {
      throw new CatalogueError('invalid-input', 'Only an answered question has an answer', {
        field: 'answer',
      });
    }
    if (!QUESTION_MOVES[from].includes(to)) {
      throw new CatalogueError('invalid-move', `A question cannot go from ${from} to ${to}`);
    }
    return this.#database.write(async (transaction) => {
      const moved = await transaction.rows(
        `UPDATE live_question SET state = $4, before_state = state, answer = COALESCE($5, answer),
           moved_at = ${transaction.words.now}, moved_by = $6
          WHERE class_id = $1 AND id = $2 AND state = $3 RETURNING id`,
        ...[classId, id, from, to, answer, actor],
      );
      const question = await getQuestion(transaction, classId, id);
      if (moved.length === 0) throw movedMeanwhile(question);
      return question;
    });
  }

  /**
   * Takes the last move of a question back, once.
   *
   * @throws {CatalogueError} `not-found`, `conflict` when it does not stand where the operator saw it, `invalid-move` when there is
   * nothing to take back
   */
  async undo(classId: string, id: string, seen: QuestionState, actor: string): Promise<Question> {
    return this.#database.write(async (transaction) => {
      const undone = await transaction.rows(
        `UPDATE live_question SET state = before_state, before_state = NULL, moved_at = ${transaction.words.now}, moved_by = $4
          WHERE class_id = $1 AND id = $2 AND state = $3 AND before_state IS NOT NULL RETURNING id`,
        ...[classId, id, seen, actor],
      );
      const question = await getQuestion(transaction, classId, id);
      if (undone.length > 0) return question;
      if (question.state !== seen) throw movedMeanwhile(question);
      throw new CatalogueError('invalid-move', `There is nothing to take back for question ${id}`);
    });
  }
}

/**
 * Lets one writer at a time count what is in a room, and remembers that the room is in use.
 *
 * @throws {CatalogueError} `not-found` where there is no such class
 */
export async function lockRoom(transaction: Transaction, classId: string, now: number): Promise<void> {
  const locked = await transaction.rows(
    `INSERT INTO live_room (class_id, touched_at) SELECT id, $2 FROM live_class WHERE id = $1
       ON CONFLICT (class_id) DO UPDATE SET touched_at = excluded.touched_at RETURNING class_id`,
    classId,
    now,
  );
  if (locked.length === 0) throw new CatalogueError('not-found', `There is no live class ${classId}`);
}

async function findRepeated(
  transaction: Transaction,
  classId: string,
  participant: ParticipantId,
  { id, kind }: Pick<QuestionInput, 'id' | 'kind'>,
): Promise<Question | undefined> {
  const [same] = await transaction.rows<QuestionRow & { readonly class_id: string }>(
    `SELECT class_id, ${COLUMNS} FROM live_question WHERE id = $1`,
    id,
  );
  if (same !== undefined) {
    if (same.class_id === classId && same.participant === participant) return questionOf(same);
    throw new CatalogueError('conflict', 'This id belongs to another question; take a fresh one');
  }
  if (kind === 'question') return undefined;
  const [raised] = await transaction.rows<QuestionRow>(
    `SELECT ${COLUMNS} FROM live_question
      WHERE class_id = $1 AND participant = $2 AND kind = 'hand' AND state IN ('new', 'accepted')`,
    ...[classId, participant],
  );
  return raised === undefined ? undefined : questionOf(raised);
}

async function refuseTooMany(
  transaction: Transaction,
  {
    classId,
    participant,
    kind,
    now,
  }: {
    readonly classId: string;
    readonly participant: ParticipantId;
    readonly kind: QuestionKind;
    readonly now: number;
  },
): Promise<void> {
  const { pauseMs, waiting, inAll, queue } = ASKING_LIMITS;
  const [own] = await transaction.rows<{ n: number; waits: number | null; latest: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END) AS waits, MAX(at) AS latest
       FROM live_question WHERE class_id = $1 AND participant = $2 AND kind = $3`,
    ...[classId, participant, kind],
  );
  const pauseLeftMs = (own?.latest ?? 0) + pauseMs - now;
  if (pauseLeftMs > 0) {
    const seconds = Math.ceil(pauseLeftMs / 1000);
    throw new RoomError('asked-too-often', `Wait ${seconds} s before the next question`, seconds);
  }
  if ((own?.waits ?? 0) >= waiting) {
    throw new RoomError('asked-too-often', `${waiting} of your questions wait already; let them be answered`);
  }
  if ((own?.n ?? 0) >= inAll) {
    throw new RoomError('asked-too-often', `At most ${inAll} questions are taken from one participant`);
  }
  const [all] = await transaction.rows<{ n: number }>(
    "SELECT COUNT(*) AS n FROM live_question WHERE class_id = $1 AND state = 'new'",
    classId,
  );
  if ((all?.n ?? 0) >= queue) {
    throw new RoomError('queue-full', `${queue} questions wait for the operator already`, 60);
  }
}

async function getQuestion(statements: Statements, classId: string, id: string): Promise<Question> {
  const [row] = await statements.rows<QuestionRow>(
    `SELECT ${COLUMNS} FROM live_question WHERE class_id = $1 AND id = $2`,
    classId,
    id,
  );
  if (row === undefined) throw unknownQuestion(id);
  return questionOf(row);
}

function unknownQuestion(id: string): CatalogueError {
  return new CatalogueError('not-found', `There is no question ${id} in this class`);
}

function movedMeanwhile({ id, state }: Question): CatalogueError {
  return new CatalogueError('conflict', `Question ${id} is ${state} now; somebody else has moved it`);
}

function questionOf(row: QuestionRow): Question {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name ?? (row.participant === null ? '观众' : shownNameOf(row.participant)),
    text: row.text,
    state: row.state,
    canUndo: row.before_state !== null,
    answer: row.answer ?? undefined,
    at: row.at,
    movedAt: row.moved_at ?? undefined,
  };
}
