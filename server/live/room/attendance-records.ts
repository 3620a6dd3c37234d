import { givenRows } from '../../database/row-list.ts';
import type { Database, Statements, Transaction } from '../../database/transaction.ts';
import {
  attendanceOf,
  countsOfRows,
  shareOf,
  type Attendance,
  type AttendanceFacts,
  type AttendanceRow,
} from './attendance.ts';
import type { ParticipantId } from './participant.ts';
import { countsOf, hallKeyOf, RECEIPT_COLUMNS, type ReceiptRow } from './receipts.ts';
import { onAirTime, type RoomClass } from './room-class.ts';
import { readSpans } from './time-spans.ts';

/** Who came, as long as that is known of single viewers, and what is kept of it for good. */
export class AttendanceRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Who came to a class, now while it goes on, or at its end. */
  async read(known: RoomClass, now: number): Promise<Attendance> {
    return this.#database.read(async (statements) => {
      const [room] = await statements.rows<RoomRow>(
        `SELECT closed_at, on_air_ms, visitors_watched, visitors_partial, visitors_passing
           FROM live_room WHERE class_id = $1`,
        known.id,
      );
      if (room !== undefined && room.closed_at !== null) return readKept(statements, known.id, room);
      return attendanceOf(await readFacts(statements, known, now), now);
    });
  }

  /** Rooms that nobody has used since `before`, epoch milliseconds, the longest unused first. */
  async due(before: number, atMost: number): Promise<readonly string[]> {
    const rows = await this.#database.read((statements) =>
      statements.rows<{ class_id: string }>(
        `SELECT class_id FROM live_room WHERE closed_at IS NULL AND touched_at < $1
          ORDER BY touched_at LIMIT ${atMost}`,
        before,
      ),
    );
    return rows.map(({ class_id: id }) => id);
  }

  /** Keeps a room for as long again. */
  async keepOn(classId: string, now: number): Promise<void> {
    await this.#database.write((transaction) =>
      transaction.rows('UPDATE live_room SET touched_at = $2 WHERE class_id = $1', classId, now),
    );
  }

  /**
   * Forgets everybody who was in a room: what stays are halls with what they watched and how many sat there, the number of viewers
   * without a hall, and the questions that the class has seen, without their askers.
   */
  async close(known: RoomClass, now: number): Promise<void> {
    await this.#database.write(async (transaction) => {
      const [room] = await transaction.rows<{ closed_at: number | null }>(
        `SELECT closed_at FROM live_room WHERE class_id = $1${transaction.words.forUpdate}`,
        known.id,
      );
      if (room === undefined || room.closed_at !== null) return;
      const { onAirMs, rows, counts } = attendanceOf(await readFacts(transaction, known, now), now);
      await keepHalls(transaction, known.id, rows);
      const visitors = rows.filter(({ hall }) => hall === undefined);
      await transaction.rows(
        `UPDATE live_room SET closed_at = $2, on_air_ms = $3, visitors_watched = $4, visitors_partial = $5,
           visitors_passing = $6 WHERE class_id = $1`,
        ...[known.id, now, onAirMs],
        visitors.filter(({ state }) => state === 'watched').length,
        visitors.filter(({ state }) => state === 'partial').length,
        visitors.filter(({ state }) => state === 'absent').length + counts.passing,
      );
      for (const table of ['live_participant', 'live_receipt', 'live_invitation']) {
        await transaction.rows(`DELETE FROM ${table} WHERE class_id = $1`, known.id);
      }
      await transaction.rows(
        "DELETE FROM live_question WHERE class_id = $1 AND (state <> 'answered' OR kind = 'hand')",
        known.id,
      );
      await transaction.rows(
        'UPDATE live_question SET participant = NULL, name = NULL, before_state = NULL WHERE class_id = $1',
        known.id,
      );
    });
  }
}

interface RoomRow {
  readonly closed_at: number | null;
  readonly on_air_ms: number;
  readonly visitors_watched: number;
  readonly visitors_partial: number;
  readonly visitors_passing: number;
}

async function readFacts(statements: Statements, known: RoomClass, now: number): Promise<AttendanceFacts> {
  const participants = await statements.rows<{
    participant: ParticipantId;
    first_at: number;
    last_at: number;
    played: string;
  }>('SELECT participant, first_at, last_at, played FROM live_participant WHERE class_id = $1', known.id);
  const receipts = await statements.rows<ReceiptRow>(
    `SELECT ${RECEIPT_COLUMNS} FROM live_receipt WHERE class_id = $1 ORDER BY at, participant`,
    known.id,
  );
  const invited = await statements.rows<{ hall: string }>(
    'SELECT hall FROM live_invitation WHERE class_id = $1',
    known.id,
  );
  return {
    onAir: onAirTime(known, now),
    participants: participants.map((row) => ({
      participant: row.participant,
      firstAt: row.first_at,
      lastAt: row.last_at,
      played: readSpans(row.played),
    })),
    receipts: receipts.map((row) => ({
      participant: row.participant,
      hall: row.hall ?? undefined,
      headCount: countsOf(row),
      at: row.at,
      changedAt: row.changed_at,
      isFromOffice: row.entered_by !== null,
    })),
    invited: invited.map(({ hall }) => hall),
  };
}

interface KeptRow {
  readonly hall: string;
  readonly is_invited: number;
  readonly acknowledged_at: number | null;
  readonly first_at: number | null;
  readonly last_at: number | null;
  readonly devices: number;
  readonly watched_ms: number;
  readonly members: number | null;
  readonly cadres: number | null;
  readonly activists: number | null;
  readonly masses: number | null;
  readonly is_counted_by_office: number;
}

const KEPT_COLUMNS = {
  hall: 'text',
  is_invited: 'integer',
  acknowledged_at: 'bigint',
  first_at: 'bigint',
  last_at: 'bigint',
  devices: 'integer',
  watched_ms: 'bigint',
  members: 'integer',
  cadres: 'integer',
  activists: 'integer',
  masses: 'integer',
  is_counted_by_office: 'integer',
} as const satisfies Record<keyof KeptRow, unknown>;

async function keepHalls(
  transaction: Transaction,
  classId: string,
  rows: readonly AttendanceRow[],
): Promise<void> {
  const kept = rows.flatMap((row): KeptRow[] => {
    const { hall, headCount } = row;
    if (hall === undefined) return [];
    return [
      {
        hall,
        is_invited: Number(row.isInvited),
        acknowledged_at: row.acknowledgedAt ?? null,
        first_at: row.firstAt ?? null,
        last_at: row.lastAt ?? null,
        devices: row.devices,
        watched_ms: row.watchedMs,
        members: headCount?.members ?? null,
        cadres: headCount?.cadres ?? null,
        activists: headCount?.activists ?? null,
        masses: headCount?.masses ?? null,
        is_counted_by_office: Number(row.isCountedByOffice),
      },
    ];
  });
  const names = Object.keys(KEPT_COLUMNS).join(', ');
  await transaction.rows(
    `INSERT INTO live_attendance (class_id, ${names})
     SELECT $1, ${names} FROM ${givenRows(transaction.dialect, '$2', KEPT_COLUMNS)} WHERE true`,
    classId,
    JSON.stringify(kept),
  );
}

async function readKept(statements: Statements, classId: string, room: RoomRow): Promise<Attendance> {
  const kept = await statements.rows<KeptRow>(
    `SELECT ${Object.keys(KEPT_COLUMNS).join(', ')} FROM live_attendance WHERE class_id = $1`,
    classId,
  );
  const onAirMs = room.on_air_ms;
  const rows = kept.map((row): AttendanceRow => ({
    id: `hall-${hallKeyOf(row.hall)}`,
    hall: row.hall,
    name: row.hall,
    ...shareOf(row.watched_ms, onAirMs),
    isPresent: false,
    isInvited: row.is_invited === 1,
    acknowledgedAt: row.acknowledged_at ?? undefined,
    firstAt: row.first_at ?? undefined,
    lastAt: row.last_at ?? undefined,
    watchedMs: row.watched_ms,
    devices: row.devices,
    headCount: countsOf(row),
    isCountedByOffice: row.is_counted_by_office === 1,
  }));
  const counts = countsOfRows(rows, room.visitors_passing);
  return {
    onAirMs,
    rows,
    counts: {
      ...counts,
      watched: counts.watched + room.visitors_watched,
      partial: counts.partial + room.visitors_partial,
    },
  };
}
