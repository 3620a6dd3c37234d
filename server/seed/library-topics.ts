import { givenRows } from '../database/row-list.ts';
import type { Transaction } from '../database/transaction.ts';
import { drawFor } from './draw.ts';
import type { PlannedItem } from './item-plan.ts';
import { FULL_LIBRARY } from './library-size.ts';
import { BEGINNING, insertMissing } from './library-words.ts';
import { TOPICS } from './vocabulary.ts';

/** Writes the topics that are not there yet, with their items. */
export async function loadTopics(transaction: Transaction, items: readonly PlannedItem[]): Promise<number> {
  const known = new Set(
    (await transaction.rows<{ title: string }>('SELECT title FROM topic')).map(({ title }) => title),
  );
  const missing = [...TOPICS.entries()].filter(([, { title }]) => !known.has(title));
  await insertMissing(
    transaction,
    'topic',
    {
      id: 'text',
      title: 'text',
      description: 'text',
      audience: 'text',
      opens_on: 'text',
      closes_on: 'text',
      state: 'text',
      rank: 'integer',
      created_at: 'bigint',
      updated_at: 'bigint',
    },
    missing.map(([index, topic]) => ({
      id: topicId(index),
      title: topic.title,
      description: topic.description,
      audience: topic.audience,
      opens_on: topic.opensOn,
      closes_on: topic.closesOn,
      state: topic.state,
      rank: index + 1,
      created_at: BEGINNING,
      updated_at: BEGINNING,
    })),
  );
  const members = missing.flatMap(([index]) =>
    membersOf(index, items).map(({ id }, position) => ({
      topic_id: topicId(index),
      courseware_id: id,
      position: position + 1,
    })),
  );
  await transaction.rows(
    `INSERT INTO topic_item (topic_id, courseware_id, position)
     SELECT given.topic_id, given.courseware_id, given.position
       FROM ${givenRows(transaction.dialect, '$1', { topic_id: 'text', courseware_id: 'text', position: 'integer' })}
       JOIN courseware c ON c.id = given.courseware_id`,
    JSON.stringify(members),
  );
  for (const { courseware_id: id } of members) transaction.touch(id);
  return missing.length;
}

const topicId = (index: number): string => `topic-sx-${String(index + 1).padStart(2, '0')}`;

/** The series of a topic take turns, so that each is in it. */
function membersOf(index: number, items: readonly PlannedItem[]): readonly PlannedItem[] {
  const topic = TOPICS[index];
  if (topic === undefined) return [];
  const draw = drawFor(`topic/${topic.title}`);
  const shelves = topic.series.map((title) =>
    draw.shuffled(items.filter(({ input }) => input.series === title)),
  );
  const size = Math.max(shelves.length, Math.round((topic.size * items.length) / FULL_LIBRARY));
  const members: PlannedItem[] = [];
  for (let row = 0; members.length < size && shelves.some((shelf) => shelf.length > row); row += 1) {
    members.push(...shelves.flatMap((shelf) => shelf[row] ?? []));
  }
  return members.slice(0, Math.min(size, members.length));
}

/** Invented viewers, who keep what they like; there is a tenth as many favourites as items. */
export async function loadFavourites(transaction: Transaction, items: readonly PlannedItem[]): Promise<void> {
  const draw = drawFor('favourites');
  const ours = items.filter(({ input }) => input.origin === 'self');
  const rows = Array.from({ length: Math.ceil(items.length / 10) }, (_, index) => {
    const item = draw.one(draw.onceIn(3) ? items : ours);
    return {
      owner: `seed-viewer-${(index % 60) + 1}`,
      courseware_id: item.id,
      at: item.publishedAt + 86_400_000,
    };
  });
  const added = await transaction.rows<{ courseware_id: string }>(
    `INSERT INTO favourite (owner, courseware_id, at)
     SELECT given.owner, given.courseware_id, MIN(given.at)
       FROM ${givenRows(transaction.dialect, '$1', { owner: 'text', courseware_id: 'text', at: 'bigint' })}
       JOIN courseware c ON c.id = given.courseware_id GROUP BY given.owner, given.courseware_id
     ON CONFLICT DO NOTHING RETURNING courseware_id`,
    JSON.stringify(rows),
  );
  if (added.length === 0) return;
  await transaction.rows(
    `UPDATE courseware_use SET favourites = favourites + given.more
       FROM (SELECT id, COUNT(*) AS more FROM ${givenRows(transaction.dialect, '$1', { id: 'text' })} GROUP BY id) AS given
      WHERE courseware_use.courseware_id = given.id`,
    JSON.stringify(added.map(({ courseware_id: id }) => ({ id }))),
  );
}
