import { CatalogueError } from '../../catalogue/catalogue-error.ts';
import { givenTexts } from '../../catalogue/row-list.ts';
import type { Database } from '../../catalogue/transaction.ts';
import type { ParticipantId } from './participant.ts';
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
  /** The hall by its own account; halls that say the same name are one. */
  readonly hall: string | undefined;
  readonly headCount: HeadCount | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly changedAt: number;
}

/** What a receipt says. */
export interface ReceiptInput {
  readonly hall?: string | undefined;
  /** Groups that are left out count as nobody. */
  readonly headCount?: { readonly [Group in keyof HeadCount]?: number | undefined } | undefined;
}

/** Most people of one group in one hall. */
export const LARGEST_COUNT = 99_999;
/** Halls that one class may be announced to. */
export const MOST_INVITED = 10_000;
const HALL_LENGTH = 60;

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
}

/** The columns of a {@link ReceiptRow}. */
export const RECEIPT_COLUMNS = 'participant, hall, members, cadres, activists, masses, at, changed_at';

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
    const hall = hallOf(input.hall);
    const counts = input.headCount === undefined ? undefined : headCountOf(input.headCount);
    return this.#database.write(async (transaction) => {
      await lockRoom(transaction, classId, now);
      const [row] = await transaction.rows<ReceiptRow>(
        `INSERT INTO live_receipt (class_id, participant, hall, members, cadres, activists, masses, at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
           ON CONFLICT (class_id, participant) DO UPDATE SET hall = excluded.hall, members = excluded.members,
             cadres = excluded.cadres, activists = excluded.activists, masses = excluded.masses,
             changed_at = excluded.changed_at
         RETURNING ${RECEIPT_COLUMNS}`,
        ...[classId, participant, hall],
        ...[counts?.members, counts?.cadres, counts?.activists, counts?.masses, now],
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
  };
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
