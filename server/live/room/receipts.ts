import { CatalogueError } from '../../catalogue/catalogue-error.ts';
import { patternFor } from '../../catalogue/courseware-text.ts';
import { givenTexts } from '../../database/row-list.ts';
import type { Database, Transaction } from '../../database/transaction.ts';
import { participantOf, type ParticipantId } from './participant.ts';
import { lockRoom } from './question-queue.ts';
import { spokenText, spokenTextOrNone } from './spoken-text.ts';

/** How many sit in a hall, by the groups that are counted. */
export interface HeadCount {
  /** 党员 */
  readonly members: number;
  /** 村干部 */
  readonly cadres: number;
  /** 入党积极分子 */
  readonly activists: number;
  /** 群众 */
  readonly masses: number;
}

/** 收看回执: somebody confirms that the class is watched, for himself or for a hall. */
export interface Receipt {
  /** The hall by its own account; halls that say the same name are one, shown as the first has written it. */
  readonly hall: string | undefined;
  readonly headCount: HeadCount | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly changedAt: number;
  /** Who of the office has entered it, for a hall that could not; undefined for a hall's own. */
  readonly enteredBy: string | undefined;
}

/** What a receipt says. */
export interface ReceiptInput {
  readonly hall?: string | undefined;
  /** Groups that are left out count as nobody. */
  readonly headCount?: { readonly [Group in keyof HeadCount]?: number | undefined } | undefined;
}

/** A receipt that the office enters for a hall, or corrects. */
export interface OfficeReceiptInput extends ReceiptInput {
  readonly hall: string;
  /** Such as 电话补报; 1 to 200 characters. */
  readonly reason: string;
}

/** Most people of one group in one hall. */
export const LARGEST_COUNT = 99_999;
/** Halls that one class may be announced to. */
export const MOST_INVITED = 10_000;
const HALL_LENGTH = 60;
const REASON_LENGTH = 200;

/** A receipt as it lies in the database. */
export interface ReceiptRow {
  readonly participant: ParticipantId;
  readonly hall: string | null;
  readonly members: number | null;
  readonly cadres: number | null;
  readonly activists: number | null;
  readonly masses: number | null;
  readonly at: number;
  readonly changed_at: number;
  readonly entered_by: string | null;
}

/** The columns of a {@link ReceiptRow}. */
export const RECEIPT_COLUMNS =
  'participant, hall, members, cadres, activists, masses, at, changed_at, entered_by';

/** Receipts of viewers and halls, and the halls that are expected. */
export class Receipts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Takes a participant's receipt; a later one takes the place of an earlier one.
   *
   * @throws {CatalogueError} `invalid-input`, `not-found` of the class
   */
  async acknowledge(
    classId: string,
    participant: ParticipantId,
    input: ReceiptInput,
    now: number = Date.now(),
  ): Promise<Receipt> {
    return this.#write(classId, participant, input, now, {});
  }

  /**
   * Enters the receipt of a hall that could not, or corrects its head-count: it goes before what the hall itself has said. Who has entered it,
   * and why, is kept beside it.
   *
   * @throws {CatalogueError} `invalid-input`, `not-found` of the class, `conflict` when nobody is known any more
   */
  async enter(
    classId: string,
    input: OfficeReceiptInput,
    actor: string,
    now: number = Date.now(),
  ): Promise<Receipt> {
    const hall = spokenText(input.hall, 'hall', HALL_LENGTH);
    const reason = spokenText(input.reason, 'reason', REASON_LENGTH);
    const desk = participantOf(classId, `office for ${hallKeyOf(hall)}`);
    return this.#write(classId, desk, input, now, { actor, reason });
  }

  async #write(
    classId: string,
    participant: ParticipantId,
    input: ReceiptInput,
    now: number,
    { actor, reason }: { readonly actor?: string; readonly reason?: string },
  ): Promise<Receipt> {
    const hall = hallOf(input.hall);
    const counts = input.headCount === undefined ? undefined : headCountOf(input.headCount);
    return this.#database.write(async (transaction) => {
      await lockRoom(transaction, classId, now);
      await refuseClosed(transaction, classId);
      const [row] = await transaction.rows<ReceiptRow>(
        `INSERT INTO live_receipt (class_id, participant, hall, members, cadres, activists, masses, at, changed_at,
           entered_by, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)
           ON CONFLICT (class_id, participant) DO UPDATE SET hall = excluded.hall, members = excluded.members,
             cadres = excluded.cadres, activists = excluded.activists, masses = excluded.masses,
             changed_at = excluded.changed_at, entered_by = excluded.entered_by, reason = excluded.reason
         RETURNING ${RECEIPT_COLUMNS}`,
        ...[classId, participant, hall],
        ...[counts?.members, counts?.cadres, counts?.activists, counts?.masses, now],
        ...[actor, reason],
      );
      if (row === undefined) throw new Error('a receipt was not written');
      return receiptOf(row);
    });
  }

  /** The receipt of a participant. */
  async find(classId: string, participant: ParticipantId): Promise<Receipt | undefined> {
    const [row] = await this.#database.read((statements) =>
      statements.rows<ReceiptRow>(
        `SELECT ${RECEIPT_COLUMNS} FROM live_receipt WHERE class_id = $1 AND participant = $2`,
        classId,
        participant,
      ),
    );
    return row === undefined ? undefined : receiptOf(row);
  }

  /**
   * Says which halls are expected, all of them at once. Who was expected already keeps the time he was told.
   *
   * @returns the halls, each once, in the order of their names
   * @throws {CatalogueError} `invalid-input`, `not-found` of the class
   */
  async invite(
    classId: string,
    halls: readonly string[],
    now: number = Date.now(),
  ): Promise<readonly string[]> {
    if (halls.length > MOST_INVITED) {
      throw new CatalogueError('invalid-input', `At most ${MOST_INVITED} halls can be invited`, {
        field: 'halls',
      });
    }
    const names = [...new Set(halls.map((hall) => spokenText(hall, 'halls', HALL_LENGTH)))];
    await this.#database.write(async (transaction) => {
      await lockRoom(transaction, classId, now);
      const given = `SELECT value FROM ${givenTexts(transaction.dialect, '$2')}`;
      const text = JSON.stringify(names);
      await transaction.rows(
        `DELETE FROM live_invitation WHERE class_id = $1 AND hall NOT IN (${given})`,
        classId,
        text,
      );
      await transaction.rows(
        `INSERT INTO live_invitation (class_id, hall, at)
         SELECT $1, value, $3 FROM ${givenTexts(transaction.dialect, '$2')} WHERE true
           ON CONFLICT (class_id, hall) DO NOTHING`,
        ...[classId, text, now],
      );
    });
    return this.invited(classId);
  }

  /** Expected halls whose names contain a text, at most 8: to be chosen from, so that nobody is missed for a slip of the pen. */
  async matching(classId: string, text: string): Promise<readonly string[]> {
    if (text.trim().length < 2) return [];
    const rows = await this.#database.read((statements) =>
      statements.rows<{ hall: string }>(
        `SELECT hall FROM live_invitation WHERE class_id = $1 AND hall ${statements.words.like} $2 ESCAPE '!'
          ORDER BY length(hall), hall LIMIT 8`,
        classId,
        patternFor(text.trim()),
      ),
    );
    return rows.map(({ hall }) => hall);
  }

  /** The halls that are expected, in the order of their names. */
  async invited(classId: string): Promise<readonly string[]> {
    const rows = await this.#database.read((statements) =>
      statements.rows<{ hall: string }>(
        'SELECT hall FROM live_invitation WHERE class_id = $1 ORDER BY hall',
        classId,
      ),
    );
    return rows.map(({ hall }) => hall);
  }
}

/**
 * A hall's name as it is kept, undefined where none is given; pure.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function hallOf(name: string | undefined): string | undefined {
  return spokenTextOrNone(name, 'hall', HALL_LENGTH);
}

/** What is the same of two spellings of a hall: widths of letters, case and blanks do not count; pure. */
export function hallKeyOf(hall: string): string {
  return hall.normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();
}

function headCountOf(given: NonNullable<ReceiptInput['headCount']>): HeadCount {
  const { members = 0, cadres = 0, activists = 0, masses = 0 } = given;
  const counts = { members, cadres, activists, masses };
  for (const [field, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || count < 0 || count > LARGEST_COUNT) {
      throw new CatalogueError(
        'invalid-input',
        `The number of ${field} must be a whole number from 0 to ${LARGEST_COUNT}`,
        { field: `headCount.${field}` },
      );
    }
  }
  return counts;
}

function receiptOf(row: ReceiptRow): Receipt {
  return {
    hall: row.hall ?? undefined,
    headCount: countsOf(row),
    at: row.at,
    changedAt: row.changed_at,
    enteredBy: row.entered_by ?? undefined,
  };
}

async function refuseClosed(transaction: Transaction, classId: string): Promise<void> {
  const closed = await transaction.rows(
    'SELECT class_id FROM live_room WHERE class_id = $1 AND closed_at IS NOT NULL',
    classId,
  );
  if (closed.length > 0) {
    throw new CatalogueError(
      'conflict',
      `The attendance of live class ${classId} is closed and stays as it is`,
    );
  }
}

/** The head-count of a row; undefined where nobody has counted; pure. */
export function countsOf(
  row: Pick<ReceiptRow, 'members' | 'cadres' | 'activists' | 'masses'>,
): HeadCount | undefined {
  if (row.members === null) return undefined;
  return {
    members: row.members,
    cadres: row.cadres ?? 0,
    activists: row.activists ?? 0,
    masses: row.masses ?? 0,
  };
}
