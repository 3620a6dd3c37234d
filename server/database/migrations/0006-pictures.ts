import type { Migration } from './migration.ts';

const STEPS = [
  'ALTER TABLE version ADD COLUMN poster TEXT',
  'ALTER TABLE version ADD COLUMN storyboard TEXT',
  // What the source's container divides it into.
  'ALTER TABLE version ADD COLUMN chapters TEXT',
  "UPDATE version SET poster = 'poster.jpg' WHERE production = 'ready'",
];

/** What a producer divides an item into; it outlives the version it was written for. */
const chapterList = (id: string): string => `CREATE TABLE chapter_list (
  courseware_id ${id} PRIMARY KEY REFERENCES courseware (id) ON DELETE CASCADE,
  chapters TEXT NOT NULL
)`;

/** Which pictures a version has, and the chapters of versions and items. */
export const picturesMigration: Migration = {
  id: '0006-pictures',
  sqlite: [...STEPS, chapterList('TEXT')],
  postgres: [...STEPS, chapterList('TEXT COLLATE "C"')],
};
