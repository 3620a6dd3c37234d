import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { SqlValue, Statements, Transaction } from '../database/transaction.ts';
import type {
  LiveClass,
  LiveClassId,
  LiveClassState,
  LiveLadderName,
  LiveLatency,
  LiveSource,
  RecurrenceId,
} from './live-class.ts';

interface LiveClassRow {
  readonly id: LiveClassId;
  readonly number: number;
  readonly token: string;
  readonly recurrence_id: RecurrenceId | null;
  readonly title: string;
  readonly description: string;
  readonly lecturers: string;
  readonly host_unit: string | null;
  readonly channel: string | null;
  readonly audience: string;
  readonly tags: string;
  readonly planned_start: number;
  readonly planned_end: number;
  readonly source: LiveSource;
  readonly courseware_id: string | null;
  readonly ladder: LiveLadderName;
  readonly latency: LiveLatency;
  readonly records: number;
  readonly asks_questions: number;
  readonly wants_receipt: number;
  readonly grace_seconds: number;
  readonly overrun_minutes: number;
  readonly slate_text: string | null;
  readonly slate_image: string | null;
  readonly announcement: string | null;
  readonly state: LiveClassState;
  readonly announced_at: number | null;
  readonly on_air_at: number | null;
  readonly ended_at: number | null;
  readonly recording_id: string | null;
  readonly is_replayed: number;
  readonly calendar_sequence: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
}

const COLUMNS = `l.id, l.number, l.token, l.recurrence_id, l.title, l.description, l.lecturers, l.host_unit, l.channel, l.audience,
  l.tags, l.planned_start, l.planned_end, l.source, l.courseware_id, l.ladder, l.latency, l.records, l.asks_questions,
  l.wants_receipt, l.grace_seconds, l.overrun_minutes, l.slate_text, l.slate_image, l.announcement, l.state, l.announced_at,
  l.on_air_at, l.ended_at, l.recording_id,
  (SELECT COUNT(*) FROM courseware r WHERE r.id = l.recording_id AND r.publication = 'published') AS is_replayed, l.calendar_sequence, l.created_at, l.updated_at, l.revision`;

const kept = <T>(value: T | null): T | undefined => value ?? undefined;
const texts = (json: string): readonly string[] => JSON.parse(json) as string[];
const iso = (at: number | null): string | undefined => (at === null ? undefined : new Date(at).toISOString());

function classOf(row: LiveClassRow): LiveClass {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    description: row.description,
    lecturers: texts(row.lecturers),
    hostUnit: kept(row.host_unit),
    channel: kept(row.channel),
    audience: texts(row.audience),
    tags: texts(row.tags),
    plannedStart: new Date(row.planned_start).toISOString(),
    plannedEnd: new Date(row.planned_end).toISOString(),
    source: row.source,
    coursewareId: kept(row.courseware_id),
    ladder: row.ladder,
    latency: row.latency,
    records: row.records === 1,
    asksQuestions: row.asks_questions === 1,
    wantsReceipt: row.wants_receipt === 1,
    graceSeconds: row.grace_seconds,
    overrunMinutes: row.overrun_minutes,
    slateText: kept(row.slate_text),
    slateImage: kept(row.slate_image),
    announcement: kept(row.announcement),
    state: row.state,
    token: row.token,
    announcedAt: iso(row.announced_at),
    onAirAt: iso(row.on_air_at),
    endedAt: iso(row.ended_at),
    recordingCoursewareId: kept(row.recording_id),
    isReplayPublic: row.is_replayed > 0,
    recurrenceId: kept(row.recurrence_id),
    calendarSequence: row.calendar_sequence,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  };
}

/** Classes by a condition on `l`. */
export async function selectClasses(
  statements: Statements,
  rest: string,
  ...values: readonly SqlValue[]
): Promise<readonly LiveClass[]> {
  const rows = await statements.rows<LiveClassRow>(`SELECT ${COLUMNS} FROM live_class l ${rest}`, ...values);
  return rows.map((row) => classOf(row));
}

/** What an id looks like; anything else need not be looked for. */
export const LIVE_ID = /^[a-z0-9-]{1,40}$/;

/** @throws {CatalogueError} `not-found` */
export async function getClass(statements: Statements, id: string): Promise<LiveClass> {
  const [found] = LIVE_ID.test(id) ? await selectClasses(statements, 'WHERE l.id = $1', id) : [];
  if (found === undefined) {
    throw new CatalogueError('not-found', `There is no live class ${JSON.stringify(id.slice(0, 60))}`);
  }
  return found;
}

/**
 * The class as it is, and nobody else changes it until the transaction ends.
 *
 * @throws {CatalogueError} `not-found`
 */
export async function lockClass(transaction: Transaction, id: string): Promise<LiveClass> {
  if (LIVE_ID.test(id)) {
    await transaction.rows(`SELECT id FROM live_class WHERE id = $1${transaction.words.forUpdate}`, id);
  }
  return getClass(transaction, id);
}
