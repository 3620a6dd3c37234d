import { catalogueMigration } from './0001-catalogue.ts';
import { jobsMigration } from './0002-jobs.ts';
import { accountsMigration } from './0003-accounts.ts';
import { repeatedRequestsMigration } from './0004-repeated-requests.ts';
import { captionsMigration } from './0005-captions.ts';
import { picturesMigration } from './0006-pictures.ts';
import { fairOrderMigration } from './0009-fair-order.ts';
import { supersededMigration } from './0010-superseded.ts';
import { jobFailuresMigration } from './0011-job-failures.ts';
import { libraryMigration } from './0012-library.ts';
import { searchMigration } from './0013-search.ts';
import { sharedMakingsMigration } from './0014-shared-makings.ts';
import { harvestMigration } from './0015-harvest.ts';
import { intakeMigration } from './0016-intake.ts';
import { frontPageMigration } from './0017-front-page.ts';
import { liveClassesMigration } from './0018-live-classes.ts';
import { liveRoomMigration } from './0019-live-room.ts';
import { repeatedMakingsMigration } from './0020-repeated-requests.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema, in order. */
export const MIGRATIONS: readonly Migration[] = [
  catalogueMigration,
  jobsMigration,
  accountsMigration,
  repeatedRequestsMigration,
  captionsMigration,
  picturesMigration,
  fairOrderMigration,
  supersededMigration,
  jobFailuresMigration,
  libraryMigration,
  searchMigration,
  sharedMakingsMigration,
  harvestMigration,
  intakeMigration,
  frontPageMigration,
  liveClassesMigration,
  liveRoomMigration,
  repeatedMakingsMigration,
];
