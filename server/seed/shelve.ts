import type { GenerationId } from '../../transcoder/index.ts';
import { allOf, weigh, writeOutcomes } from '../catalogue/courseware-writing.ts';
import { givenRows, givenTexts } from '../database/row-list.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { lockGeneration } from '../jobs/job-rows.ts';
import type { PlannedItem } from './item-plan.ts';

/** Who the history says it was. */
export const ACTOR = 'seed';

/** What is in the database of a planned item. */
interface Shelved {
  readonly id: string;
  readonly code: string | null;
  readonly publication: string;
  readonly version_id: string | null;
}

/** What of a plan is in the database already. */
export async function shelved(
  statements: Statements,
  items: readonly PlannedItem[],
): Promise<ReadonlyMap<string, Shelved>> {
  const rows = await statements.rows<Shelved>(
    `SELECT c.id, c.code, c.publication, v.id AS version_id FROM courseware c
       LEFT JOIN version v ON v.courseware_id = c.id AND v.place = 'current'
      WHERE c.id IN (SELECT value FROM ${givenTexts(statements.dialect, '$1')})`,
    JSON.stringify(items.map(({ id }) => id)),
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Makes drafts of those that are not there; their history begins when the plan says. */
export async function draft(transaction: Transaction, items: readonly PlannedItem[]): Promise<number> {
  const known = await shelved(transaction, items);
  const missing = items.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return 0;
  const outcomes = allOf(
    await weigh(
      transaction,
      missing.map(({ id, input }) => ({ id, fields: input })),
      ACTOR,
    ),
  );
  await writeOutcomes(transaction, ACTOR, outcomes);
  await backdate(transaction, missing);
  return missing.length;
}

/** Sets the clocks of fresh drafts back, and counts how often they were seen since. */
async function backdate(transaction: Transaction, items: readonly PlannedItem[]): Promise<void> {
  const given = givenRows(transaction.dialect, '$1', {
    id: 'text',
    at: 'bigint',
    views: 'integer',
    plays: 'integer',
  });
  const rows = JSON.stringify(
    items.map(({ id, createdAt, uses: { views, plays } }) => ({ id, at: createdAt, views, plays })),
  );
  await transaction.rows(
    `UPDATE courseware SET created_at = given.at, updated_at = given.at FROM ${given} WHERE courseware.id = given.id`,
    rows,
  );
  await transaction.rows(
    `UPDATE courseware_history SET at = given.at FROM ${given} WHERE courseware_history.courseware_id = given.id`,
    rows,
  );
  await transaction.rows(
    `INSERT INTO courseware_use (courseware_id, views, plays)
     SELECT given.id, given.views, given.plays FROM ${given} WHERE true ON CONFLICT DO NOTHING`,
    rows,
  );
}

/** The item whose media a clip is, by the clip's place; the making must be ready. */
export type Makings = ReadonlyMap<number, { readonly itemId: string; readonly generation: GenerationId }>;

/**
 * Lets drafts of the plan play the makings of their clips, with the length that the plan says, and publishes them. What has media, or
 * what somebody has done something with, stays as it is.
 *
 * @returns how many were put on the air
 */
export async function putOnAir(
  transaction: Transaction,
  items: readonly PlannedItem[],
  makings: Makings,
): Promise<number> {
  const known = await shelved(transaction, items);
  const waiting = items.filter(({ id, isTrailer }) => {
    const before = known.get(id);
    return before?.publication === 'draft' && (isTrailer || before.version_id === null);
  });
  if (waiting.length === 0) return 0;
  for (const { generation } of makings.values()) await lockGeneration(transaction, generation);
  await share(
    transaction,
    waiting.filter(({ isTrailer }) => !isTrailer),
    makings,
  );
  await publish(transaction, waiting);
  return waiting.length;
}

async function share(
  transaction: Transaction,
  items: readonly PlannedItem[],
  makings: Makings,
): Promise<void> {
  const given = givenRows(transaction.dialect, '$1', {
    id: 'text',
    model: 'text',
    duration: 'real',
    at: 'bigint',
    is_spoken: 'integer',
  });
  const rows = JSON.stringify(
    items.map(({ id, clip, input, publishedAt }) => ({
      id,
      model: makings.get(clip)?.itemId,
      duration: input.duration,
      at: publishedAt,
      // What came from the big libraries has no captions; what was made here has.
      is_spoken: input.origin === 'self' || input.origin === 'live' ? 1 : 0,
    })),
  );
  const made = [
    'production',
    'generation',
    'is_playable',
    'progress',
    'warnings',
    'poster',
    'storyboard',
    'source_key',
    'source_name',
    'source_bytes',
    'source_sha256',
  ];
  await transaction.rows(
    `INSERT INTO version (id, courseware_id, number, place, duration, created_at, ${made.join(', ')})
     SELECT given.id || '-v1', given.id, 1, 'current', given.duration, given.at,
         ${made.map((column) => `model.${column}`).join(', ')}
       FROM ${given} JOIN version model ON model.courseware_id = given.model AND model.place = 'current'`,
    rows,
  );
  const shown = [
    'language',
    'label',
    'kind',
    'origin',
    'is_hidden',
    'is_edited',
    'offset_ms',
    'stretch',
    'file_name',
    'file_bytes',
    'format',
    'charset',
    'cue_count',
    'problems',
    'edition',
    'folder',
    'piece_count',
    'objects',
    'source_sha256',
    'changed_at',
  ];
  await transaction.rows(
    `INSERT INTO caption (courseware_id, ${shown.join(', ')})
     SELECT given.id, ${shown.map((column) => `model.${column}`).join(', ')}
       FROM ${given} JOIN caption model ON model.courseware_id = given.model AND model.origin = 'embedded'
      WHERE given.is_spoken = 1`,
    rows,
  );
}

async function publish(transaction: Transaction, items: readonly PlannedItem[]): Promise<void> {
  const given = givenRows(transaction.dialect, '$1', { id: 'text', at: 'bigint', duration: 'real' });
  const rows = JSON.stringify(
    items.map(({ id, publishedAt, input }) => ({ id, at: publishedAt, duration: input.duration })),
  );
  // A clip's media is as long as planned but for some thousandths of a second, which the sum of all is not to have.
  await transaction.rows(
    `UPDATE version SET duration = given.duration FROM ${given}
      WHERE version.courseware_id = given.id AND version.place = 'current'`,
    rows,
  );
  await transaction.rows(
    `UPDATE courseware SET publication = 'published', published_at = given.at, updated_at = given.at,
         duration = given.duration, revision = revision + 2
       FROM ${given} WHERE courseware.id = given.id`,
    rows,
  );
  for (const [step, before, after] of [
    [1, 'draft', 'approved'],
    [0, 'approved', 'published'],
  ] as const) {
    await transaction.rows(
      `INSERT INTO courseware_history (courseware_id, revision, at, actor, field, before_value, after_value)
       SELECT c.id, c.revision - ${step}, given.at, $2, 'publication', '${before}', '${after}'
         FROM ${given} JOIN courseware c ON c.id = given.id ORDER BY c.id`,
      rows,
      ACTOR,
    );
  }
  for (const { id } of items) transaction.touch(id);
}
