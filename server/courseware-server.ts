import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { StorageError } from '../storage/index.ts';
import { composePresentation } from '../transcoder/index.ts';
import { demand } from './accounts/access.ts';
import { withdrawExpired } from './catalogue/publication.ts';
import { CaptionDesk } from './captions/caption-desk.ts';
import type { Config } from './config.ts';
import { SignedPaths } from './edge/signed-paths.ts';
import { HarvestShelf } from './harvest/harvest-shelf.ts';
import { OaiProvider } from './harvest/oai-provider.ts';
import { RecordList } from './harvest/record-list.ts';
import { accountRoutes } from './http/account-routes.ts';
import { createApp } from './http/app.ts';
import { serveCaptions } from './http/caption-delivery.ts';
import { captionRoutes } from './http/caption-routes.ts';
import { coursewareRoutes } from './http/courseware-routes.ts';
import type { Delivery } from './http/delivery.ts';
import { feedRoutes } from './http/feed-routes.ts';
import { Gate } from './http/gate.ts';
import { importRoutes } from './http/import-routes.ts';
import { harvestRoutes } from './http/harvest-routes.ts';
import { HttpFront, requestIdOf } from './http/http-front.ts';
import { downloadRoutes } from './http/download-routes.ts';
import { Downloads } from './http/downloads.ts';
import { describeApi } from './http/openapi.ts';
import { LiveDelivery } from './http/live-delivery.ts';
import { libraryRoutes } from './http/library-routes.ts';
import { operationsRoutes } from './http/operations-routes.ts';
import { pageHeads } from './http/page-head.ts';
import { pageRoutes } from './http/page-routes.ts';
import { posterRoutes } from './http/poster-routes.ts';
import { productionRoutes } from './http/production-routes.ts';
import { ProductionWatch } from './http/production-watch.ts';
import { siteOfRequests } from './http/public-origin.ts';
import { resultRoutes } from './http/result-routes.ts';
import type { Route } from './http/route.ts';
import { searchRoutes } from './http/search-routes.ts';
import { uploadRoutes, UPLOAD_PATH } from './http/upload-routes.ts';
import { ViewerCookie } from './http/viewer-cookie.ts';
import { countJobs } from './jobs/job-counts.ts';
import { FileIntake } from './intake/file-intake.ts';
import { logWatching, WatchFolder } from './intake/watch-folder.ts';
import { openLectureDelivery, removeObjects } from './lecture-delivery.ts';
import { LiveHouse } from './live-house.ts';
import { openLog, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { Readiness } from './readiness.ts';
import { Search } from './search/search.ts';
import { SearchDesk } from './search/search-desk.ts';
import { Transcripts } from './search/transcripts.ts';
import { SupersededSweep } from './superseded-sweep.ts';
import { sweepEveryMinute } from './sweeping.ts';
import type { UploadDesk } from './upload/upload-desk.ts';
import { TusDoor } from './upload/tus-door.ts';
import { createWorker, inspectMediaTools, openDesk, openFoundation, type Foundation } from './foundation.ts';
import { VERSION } from './version.ts';

/** A running service, or one that will run. */
export interface CoursewareServer {
  /**
   * Starts from the bottom up: database, store, workers, and last the listening socket.
   *
   * @throws {DatabaseError} when the database cannot be used
   * @throws {StorageError} when the store's address is wrong; one that is merely down is reported by `/ready` instead
   * @throws {Error} what the system says about the address, such as `EADDRINUSE`
   */
  start(): Promise<void>;

  /**
   * Stops from the top down: answers under way end, also long ones up to 20 seconds; workers give their jobs back; then
   * store and database are closed. May be called at any time, and twice.
   */
  stop(): Promise<void>;

  /** Where it listens; undefined before {@link start} and after {@link stop}. */
  readonly address: AddressInfo | undefined;
  /** Where live encoders may connect; undefined where they may not. */
  readonly ingestAddress: LiveHouse['ingestAddress'];
  /** Every declared route. */
  readonly routes: readonly Route[];
}

/** What may be set from outside besides the configuration. */
export interface ServerOptions {
  readonly log?: Log;
  /** The folder the page build made. Default: the one of this package. */
  readonly pagesDir?: string;
  /** How long answers may go on after a stop was asked for. Default 20 s. */
  readonly graceMs?: number;
  /** A reader of media that takes nothing for so long is cut off. Default 60 s. */
  readonly stallMs?: number;
  /** A smaller size of a live class whose pictures come so late is given up: this machine is too slow for it. Default 2.5 s. */
  readonly liveLateMs?: number;
  /** How long a request other than an upload may take to arrive. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection may be silent, such as an upload's. Default 120 s. */
  readonly idleMs?: number;
}

const PAGES = fileURLToPath(new URL('../player/page', import.meta.url));

/** Makes a server from its configuration; nothing is opened yet. */
export function createServer(config: Config, options: ServerOptions = {}): CoursewareServer {
  const log = options.log ?? openLog({ level: config.logLevel });
  const parts = new OpenParts();
  let running: RunningServer | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function start(): Promise<void> {
    try {
      running = await open(config, options, log, parts);
    } catch (error) {
      await parts.close();
      throw error;
    }
  }

  async function stop(): Promise<void> {
    await starting?.catch(() => {});
    running = undefined;
    await parts.close();
  }

  return {
    start: () => (starting ??= start()),
    stop: () => (stopping ??= stop()),
    get address() {
      return running?.address;
    },
    get ingestAddress() {
      return running?.live.ingestAddress;
    },
    get routes() {
      return running?.routes ?? [];
    },
  };
}

interface RunningServer {
  readonly address: AddressInfo;
  readonly routes: readonly Route[];
  readonly live: LiveHouse;
}

/** Takes off the air what may be shown no longer. */
async function endRights({ database }: Foundation, delivery: Delivery, log: Log): Promise<void> {
  const ids = await withdrawExpired(database);
  if (ids.length === 0) return;
  delivery.forgetGrants();
  log.info({ ids }, 'withdrew items whose rights have ended');
}

/** Undoes what was opened, the latest first. */
class OpenParts {
  readonly #undo: (() => Promise<unknown> | void)[] = [];

  add(undo: () => Promise<unknown> | void): void {
    this.#undo.push(undo);
  }

  async close(): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) await undo();
  }
}

async function open(
  config: Config,
  options: ServerOptions,
  log: Log,
  parts: OpenParts,
): Promise<RunningServer> {
  await mkdir(config.dataDir, { recursive: true });
  const foundation = await openFoundation(config);
  parts.add(() => foundation.close());

  const encoder = config.workers > 0 ? await inspectMediaTools(config, log) : undefined;
  const worker =
    encoder === undefined
      ? undefined
      : createWorker(config, foundation, { concurrency: config.workers, encoder: encoder.profile }, log);
  const wake = (): void => worker?.wake();
  const stopping = new AbortController();
  const cached = { bytes: () => 0 };
  const sending = { transfers: () => 0 };
  const parked = { requests: () => 0 };
  const metrics = createMetrics({
    jobs: () => countJobs(foundation.database),
    cacheBytes: () => cached.bytes(),
    transfers: () => sending.transfers(),
    liveWaiting: () => parked.requests(),
    ingest: () => live.ingestFigures,
  });
  const readiness = new Readiness({
    database: foundation.database,
    store: foundation.store,
    dataDir: config.dataDir,
    minFreeBytes: config.minFreeBytes,
    hasWorkers: worker !== undefined,
    sandbox: config.sandbox,
    encoder,
    others: [() => live.health],
  });
  const { desk, landing } = await openDesk(config, foundation, { log, metrics, onAccepted: wake });
  const tus = new TusDoor({
    path: UPLOAD_PATH,
    landing,
    desk,
    metrics,
    maxUploadBytes: config.maxUploadBytes,
    expiryMs: config.uploadExpiryHours * 3_600_000,
  });
  const search = new Search(foundation.database, {
    onTrouble: (error) => log.warn({ error }, 'queries that found nothing could not be written down'),
  });
  parts.add(() => search.close());
  const transcripts = new Transcripts({
    ...foundation,
    onTrouble: (coursewareId, error) => log.warn({ error, coursewareId }, 'captions could not be indexed'),
  });
  const searchDesk = new SearchDesk({ ...foundation, search, transcripts });
  const indexed = await searchDesk.indexMissing();
  if (indexed > 0) log.info({ items: indexed }, 'indexed what was not searchable yet');
  await search.warmUp();
  const gate = new Gate({ ...config, accounts: foundation.accounts });
  const captions = new CaptionDesk({
    ...foundation,
    onChanged: () => delivery.forgetGrants(),
    onLeftover: (folder, error) => log.warn({ error, folder }, 'captions were left in the store'),
  });
  const delivery: Delivery = openLectureDelivery({
    config,
    foundation,
    captions,
    gate,
    metrics,
    stallMs: options.stallMs,
    compose: async (generation) =>
      live.presentationOf(generation) ?? composePresentation(await foundation.jobs.list(generation)),
  });
  cached.bytes = () => delivery.cachedBytes;
  const downloads = new Downloads({
    store: foundation.store,
    metrics,
    captions: async (generation) => {
      const found = await foundation.catalogue.findByGeneration(generation);
      return serveCaptions(await captions.listFor(generation), found?.version.duration);
    },
    cacheBytes: Math.ceil(config.cacheBytes / 8),
    ...(options.stallMs !== undefined && { stallMs: options.stallMs }),
  });
  sending.transfers = () => downloads.transfers;

  const signedPaths = new SignedPaths({
    secret: config.edgeSecret,
    lifetimeMs: config.edgeLinkHours * 3_600_000,
  });
  const viewers = new ViewerCookie(config);
  const siteOf = siteOfRequests(config);
  const live: LiveHouse = new LiveHouse({
    config,
    foundation,
    viewers,
    addressOf: (request) => gate.addressOf(request),
    stopping: stopping.signal,
    siteOf,
    signedPaths,
    log,
    stallMs: options.stallMs,
    lateMs: options.liveLateMs,
    admit: async (request) => demand(await gate.principalOf(request), 'live.watch'),
  });
  parked.requests = () => live.waiting;
  const liveDelivery = live.openDelivery(metrics);
  const shelf = new HarvestShelf(foundation.database);
  const routes: Route[] = [];
  let apiDescription: unknown;
  routes.push(
    ...operationsRoutes({
      readiness,
      metrics,
      describeApi: () => (apiDescription ??= describeApi(routes, VERSION)),
    }),
    ...accountRoutes({ accounts: foundation.accounts, gate, metrics }),
    ...coursewareRoutes({
      catalogue: foundation.catalogue,
      captions,
      signedPaths,
      slidesOf: (id) => live.slidesOf(id),
      onPublicationMoved: () => delivery.forgetGrants(),
      onRemoved: (leftovers) => void removeObjects(foundation, leftovers, log),
    }),
    ...libraryRoutes(foundation, viewers),
    ...importRoutes(foundation),
    ...searchRoutes({ catalogue: foundation.catalogue, search, desk: searchDesk }),
    ...downloadRoutes({ catalogue: foundation.catalogue, downloads }),
    ...harvestRoutes({
      catalogue: foundation.catalogue,
      shelf,
      oai: new OaiProvider(new RecordList(foundation.database)),
      siteOf,
    }),
    ...feedRoutes({ shelf, downloads, siteOf }),
    ...resultRoutes({ search, exports: foundation.exports, siteOf }),
    ...captionRoutes(captions),
    ...posterRoutes({
      ...foundation,
      scratchDir: join(config.dataDir, 'scratch'),
      stopping: stopping.signal,
    }),
    ...productionRoutes({
      catalogue: foundation.catalogue,
      jobs: foundation.jobs,
      watch: new ProductionWatch(foundation.jobs),
      onWork: wake,
      stopping: stopping.signal,
    }),
    ...uploadRoutes(tus),
    ...live.routes,
    ...(await pageRoutes(options.pagesDir ?? PAGES, pageHeads({ ...foundation, siteOf })).catch(
      (error: unknown) => {
        log.warn({ error }, 'the pages are missing; only the API is served');
        return [];
      },
    )),
  );
  const onFailure = (error: unknown, request: IncomingMessage): void => {
    if (error instanceof StorageError) metrics.storeErrors.inc({ code: error.code });
    log.error({ error, requestId: requestIdOf(request), method: request.method }, 'request failed');
  };
  const app = createApp({
    routes,
    gate,
    isSecure: config.publicUrl?.startsWith('https:') ?? false,
    onFailure,
  });
  const front = new HttpFront({
    deliver: (request, response) => delivery.handle(request, response),
    live: {
      takes: (url) => LiveDelivery.takes(url),
      handle: (request, response) => liveDelivery.handle(request, response),
    },
    app,
    openPath: (url) => signedPaths.open(url),
    log,
    metrics,
    onFailure,
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
    ...(options.idleMs !== undefined && { idleMs: options.idleMs }),
  });

  const superseded = new SupersededSweep({
    ...foundation,
    graceMs: config.supersededHours * 3_600_000,
    log,
    metrics,
  });
  const sweeping = sweepEveryMinute(
    [
      { what: 'the landing', run: () => desk.sweep((id) => tus.isInUse(id)) },
      { what: 'the index', run: (signal) => searchDesk.indexMissing(signal) },
      { what: 'the transcripts', run: (signal) => searchDesk.indexTranscripts(signal) },
      { what: 'plays of the day before yesterday', run: () => foundation.uses.sweep() },
      { what: 'items whose rights have ended', run: () => endRights(foundation, delivery, log) },
      { what: 'the media of replaced versions', run: (signal) => superseded.sweep(signal) },
      ...live.sweeps,
    ],
    log,
  );
  parts.add(() => sweeping.stop());
  const watching = watchFolder(config, foundation, desk, captions, log);
  watching?.start();
  if (watching !== undefined) parts.add(() => watching.stop());
  worker?.start();
  if (worker !== undefined) parts.add(() => worker.stop());

  await live.start();
  parts.add(() => live.stop());

  const address = await front.listen(config.host, config.port);
  parts.add(async () => {
    readiness.become('stopping');
    stopping.abort();
    const cut = await front.stop(options.graceMs ?? 20_000);
    log.info({ cut }, 'stopped listening');
  });
  readiness.become('running');
  log.info(
    {
      host: address.address,
      port: address.port,
      database: foundation.database.shown,
      workers: config.workers,
    },
    'listening',
  );
  if (!(await foundation.accounts.hasAdmin())) {
    log.warn('nobody can sign in yet: run "yuanjiao admin init"');
  }
  return { address, routes, live };
}

/** Watches the folder that the configuration names. */
function watchFolder(
  config: Config,
  foundation: Foundation,
  desk: UploadDesk,
  captions: CaptionDesk,
  log: Log,
): WatchFolder | undefined {
  const folder = config.watchFolder;
  if (folder === undefined) return undefined;
  const actor = 'watch folder';
  const intake = new FileIntake({ ...foundation, desk, captions, sandbox: config.sandbox, actor });
  return new WatchFolder({
    ...foundation,
    intake,
    folder,
    actor,
    onEvent: (event) => logWatching(log, folder, event),
  });
}
