import type { Migration } from './migration.ts';

/** What is counted on every front page, without a look at the items themselves. */
const INDEX = `CREATE INDEX courseware_published_durations ON courseware (series_id, series_position, id, duration)
  WHERE publication = 'published'`;

/** How many items are published, of which series, and how long they are together. */
export const publishedDurationsMigration: Migration = {
  id: '0017-published-durations',
  sqlite: [INDEX],
  postgres: [INDEX],
};
