import { join } from 'node:path';

import { openStore, type ObjectStore } from '../storage/index.ts';
import {
  chooseEncoder,
  embeddedCaptions,
  generationStatus,
  openBox,
  TranscodeWorker,
  type EncoderChoice,
  type JobStore,
  type TranscodeWorkerOptions,
  type WorkerEvent,
} from '../transcoder/index.ts';
import { Accounts } from './accounts/accounts.ts';
import { adoptCaptions } from './catalogue/caption-rows.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { Collections } from './catalogue/collections.ts';
import { openDatabase } from './database/database.ts';
import type { Database } from './database/transaction.ts';
import { Favourites } from './catalogue/favourites.ts';
import { SavedLists } from './catalogue/saved-lists.ts';
import { Uses } from './catalogue/uses.ts';
import { Vocabulary } from './catalogue/vocabulary.ts';
import type { Config } from './config.ts';
import { ExportDesk } from './exchange/export-desk.ts';
import { ImportDesk } from './exchange/import-desk.ts';
import { indexMany } from './search/item-rows.ts';
import { dropOrphans } from './search/transcripts.ts';
import { SqlJobStore } from './jobs/sql-job-store.ts';
import { ClassBook } from './live/class-book.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Landing } from './upload/landing.ts';
import { UploadDesk } from './upload/upload-desk.ts';

/** What every process of the service stands on: its database, its store, and what is written over them. */
export interface Foundation {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly catalogue: Catalogue;
  readonly series: Collections;
  readonly topics: Collections;
  readonly vocabulary: Vocabulary;
  readonly uses: Uses;
  readonly favourites: Favourites;
  readonly lists: SavedLists;
  readonly accounts: Accounts;
  readonly classes: ClassBook;
  readonly jobs: JobStore;
  readonly imports: ImportDesk;
  readonly exports: ExportDesk;
  /** Lets go of everything; once. */
  close(): Promise<void>;
}

/**
 * Opens the database, brings its tables up to date, and opens the store.
 *
 * @throws {DatabaseError}
 * @throws {StorageError}
 */
export async function openFoundation(config: Config): Promise<Foundation> {
  const database = await openDatabase(config.database, { onChange: indexMany });
  try {
    await database.migrate();
    const store = await openStore(config.store, {
      region: config.storeRegion,
      ...(config.storeAccessKey !== undefined && { accessKey: config.storeAccessKey }),
      ...(config.storeSecretKey !== undefined && { secretKey: config.storeSecretKey }),
    });
    const catalogue = new Catalogue(database);
    const jobs = new SqlJobStore(database, {
      // What the jobs say and what the catalogue shows change together or not at all.
      onChange: async (transaction, generation, changed) => {
        const status = generationStatus(changed);
        await catalogue.settle(transaction, generation, status);
        // Not before it is on the air: a version in the making must not take the captions of the one that is watched.
        if (status.stage !== 'ready') return;
        await adoptCaptions(transaction, 'system', generation, embeddedCaptions(changed));
        await dropOrphans(transaction);
      },
    });
    return {
      database,
      store,
      catalogue,
      series: new Collections(database, 'series'),
      topics: new Collections(database, 'topic'),
      vocabulary: new Vocabulary(database),
      uses: new Uses(database),
      favourites: new Favourites(database),
      lists: new SavedLists(database),
      accounts: new Accounts(database),
      classes: new ClassBook(database),
      jobs,
      imports: new ImportDesk(database),
      exports: new ExportDesk(database),
      async close() {
        await store.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens the desk that takes producers' files in. */
export async function openDesk(
  config: Config,
  foundation: Foundation,
  tools: { readonly log: Log; readonly metrics: Metrics; readonly onAccepted?: () => void },
): Promise<{ readonly desk: UploadDesk; readonly landing: Landing }> {
  const landing = await Landing.open(join(config.dataDir, 'landing'));
  const desk = new UploadDesk({
    landing,
    store: foundation.store,
    catalogue: foundation.catalogue,
    maxUploadBytes: config.maxUploadBytes,
    minFreeBytes: config.minFreeBytes,
    isStoreOnSameDisk: config.store.startsWith('folder:'),
    expiryMs: config.uploadExpiryHours * 3_600_000,
    ...tools,
  });
  return { desk, landing };
}

/**
 * Finds out what lectures are made with on this machine, and logs what is weak about it.
 *
 * @returns the encoder; x264 also where no tool is installed, which the jobs will say
 */
export async function inspectMediaTools(config: Config, log: Log): Promise<EncoderChoice> {
  try {
    const { weakness } = await openBox();
    if (weakness !== undefined)
      log.warn({ advice: weakness, policy: config.sandbox }, 'no sandbox for media');
    const choice = await chooseEncoder(config.encoder, scratchDirOf(config));
    for (const refusal of choice.refusals) {
      const level = config.encoder === 'auto' ? 'info' : 'warn';
      log[level](refusal, 'this encoder does not work here');
    }
    if (choice.profile !== 'x264') log.info({ encoder: choice.profile }, 'encoding in hardware');
    return choice;
  } catch (error) {
    log.error({ error }, 'no lecture can be made on this machine');
    return { wish: config.encoder, profile: 'x264', refusals: [] };
  }
}

function scratchDirOf(config: Config): string {
  return join(config.dataDir, 'scratch');
}

/** Makes a worker that logs what it does. */
export function createWorker(
  config: Config,
  foundation: Pick<Foundation, 'jobs' | 'store'>,
  options: Pick<TranscodeWorkerOptions, 'concurrency' | 'threads' | 'maxJobs' | 'encoder'>,
  log: Log,
): TranscodeWorker {
  return new TranscodeWorker({
    jobs: foundation.jobs,
    store: foundation.store,
    scratchDir: scratchDirOf(config),
    sandbox: config.sandbox,
    ...options,
    onEvent: (event) => logWork(log, event),
  });
}

function logWork(log: Log, event: WorkerEvent): void {
  const { kind } = event;
  if (kind === 'store-trouble') {
    log.warn({ failure: event.failure }, 'worker cannot reach the job store');
    return;
  }
  const { generation, name, attempts } = event.job;
  const fields = { generation, job: name, attempts };
  if (kind === 'failed') log.error({ ...fields, failure: event.failure }, 'job failed');
  else if (kind === 'postponed') log.warn({ ...fields, failure: event.failure }, 'job postponed');
  else log.debug(fields, `job ${kind}`);
}
