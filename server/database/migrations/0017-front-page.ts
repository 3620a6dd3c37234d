import type { Migration } from './migration.ts';

const STEPS = [
  // Each begins with the state: SQLite, which keeps no statistics of ours, prefers such an index to a partial one.
  'DROP INDEX courseware_by_publishing',
  'CREATE INDEX courseware_latest ON courseware (publication, published_at DESC, id DESC)',
  // Enough to count a series, or everything, without a look at the items themselves.
  `CREATE INDEX courseware_durations ON courseware (publication, series_id, series_position, id, duration)`,
];

/** What every front page asks: the latest items, and how many there are and how long. */
export const frontPageMigration: Migration = {
  id: '0017-front-page',
  sqlite: STEPS,
  postgres: STEPS,
};
