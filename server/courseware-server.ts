import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { StorageError } from '../storage/index.ts';
import { demand } from './accounts/access.ts';
import type { Config } from './config.ts';
import { RequestError } from './errors.ts';
import { SignedPaths } from './edge/signed-paths.ts';
import { createWorker, inspectMediaTools, openFoundation } from './foundation.ts';
import { accountRoutes } from './http/account-routes.ts';
import { createApp } from './http/app.ts';
import { Gate } from './http/gate.ts';
import { HttpFront, requestIdOf } from './http/http-front.ts';
import { LiveDelivery } from './http/live-delivery.ts';
import { describeApi } from './http/openapi.ts';
import { operationsRoutes } from './http/operations-routes.ts';
import { pageHeads } from './http/page-head.ts';
import { pageRoutes } from './http/page-routes.ts';
import { sendProblem } from './http/problem.ts';
import { siteOfRequests } from './http/public-origin.ts';
import type { Route } from './http/route.ts';
import { ViewerCookie } from './http/viewer-cookie.ts';
import { countJobs } from './jobs/job-counts.ts';
import { LibraryHouse } from './library-house.ts';
import { LiveHouse } from './live-house.ts';
import { openLog, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { Readiness } from './readiness.ts';
import { sweepEveryMinute } from './sweeping.ts';
import { VERSION } from './version.ts';

/**
 * A running service, or one that will run.
 *
 * @example
 * const courseware = createServer(loadConfig());
 * await courseware.start();
 * console.log(courseware.address?.port);
 * await courseware.stop();
 */
export interface CoursewareServer {
  /**
   * Starts from the bottom up: database, store, workers, and last the listening socket, unless `listens` is false.
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

  /**
   * Answers a request that another server of this process has received: with `listens: false`, in the last place of an application
   * of one's own. It answers everything, also with 404; before {@link start} and after {@link stop} with 503. It needs no `this`, and
   * never throws. The addresses in pages and playlists begin at the root of the host, so it cannot stand below a path; and a body
   * must not have been read before.
   *
   * Node's servers cut a request off that takes longer than `requestTimeout`, five minutes by default, which an upload over a
   * thin line does: make the server with `requestTimeout: 0`. This service sets limits of its own to all requests but uploads.
   * And close the server after {@link stop}, which waits for the answers under way, and not before.
   *
   * @example
   * const courseware = createServer(loadConfig(), { listens: false });
   * await courseware.start();
   * const app = express();
   * app.get('/hello', (_request, response) => response.send('hello'));
   * app.use(courseware.handle);
   * http.createServer({ requestTimeout: 0 }, app).listen(8080);
   */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;

  /** Where it listens; undefined where it does not, before {@link start} and after {@link stop}. */
  readonly address: AddressInfo | undefined;
  /** Where live encoders may connect; undefined where they may not. */
  readonly ingestAddress: LiveHouse['ingestAddress'];
  /** Every declared route. */
  readonly routes: readonly Route[];
}

/** What may be set from outside besides the configuration. */
export interface ServerOptions {
  /** Default {@link openLog}: JSON lines on standard output. */
  readonly log?: Log;
  /**
   * False where requests are handed to {@link CoursewareServer.handle}; `host` and `port` of the configuration, and `idleMs`,
   * then mean nothing. Default true.
   */
  readonly listens?: boolean;
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
    handle(request, response) {
      if (running !== undefined) return running.front.handle(request, response);
      sendProblem(request, response, new RequestError('stopping', 'The courseware service is not running.'));
    },
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
  readonly front: HttpFront;
  readonly address: AddressInfo | undefined;
  readonly routes: readonly Route[];
  readonly live: LiveHouse;
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
  const stopping = new AbortController();
  const metrics = createMetrics({
    jobs: () => countJobs(foundation.database),
    cacheBytes: () => library.figures.cacheBytes,
    transfers: () => library.figures.transfers,
    liveWaiting: () => live.waiting,
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

  const gate = new Gate({ ...config, accounts: foundation.accounts });
  const signedPaths = new SignedPaths({
    secret: config.edgeSecret,
    formerSecret: config.edgeFormerSecret,
    lifetimeMs: config.edgeLinkHours * 3_600_000,
  });
  const siteOf = siteOfRequests(config);
  const shared = {
    config,
    foundation,
    signedPaths,
    siteOf,
    viewers: new ViewerCookie(config),
    log,
    stopping: stopping.signal,
    stallMs: options.stallMs,
  };
  const live: LiveHouse = new LiveHouse({
    ...shared,
    addressOf: (request) => gate.addressOf(request),
    admit: async (request) => demand(await gate.principalOf(request), 'live.watch'),
    lateMs: options.liveLateMs,
  });
  const library: LibraryHouse = await LibraryHouse.open({
    ...shared,
    gate,
    metrics,
    live,
    onWork: () => worker?.wake(),
  });

  const routes: Route[] = [];
  let apiDescription: unknown;
  routes.push(
    ...operationsRoutes({
      readiness,
      metrics,
      describeApi: () => (apiDescription ??= describeApi(routes, VERSION)),
    }),
    ...accountRoutes({ accounts: foundation.accounts, gate, metrics }),
    ...library.routes,
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
  const liveDelivery = live.openDelivery(metrics);
  const front = new HttpFront({
    deliver: (request, response) => library.delivery.handle(request, response),
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

  const sweeping = sweepEveryMinute([...library.sweeps, ...live.sweeps], log);
  parts.add(() => sweeping.stop());
  library.start();
  parts.add(() => library.stop());
  worker?.start();
  if (worker !== undefined) parts.add(() => worker.stop());
  await live.start();
  parts.add(() => live.stop());

  const address = options.listens === false ? undefined : await front.listen(config.host, config.port);
  parts.add(async () => {
    readiness.become('stopping');
    stopping.abort();
    const cut = await front.stop(options.graceMs ?? 20_000);
    log.info({ cut }, 'stopped listening');
  });
  readiness.become('running');
  log.info(
    {
      ...(address !== undefined && { host: address.address, port: address.port }),
      database: foundation.database.shown,
      workers: config.workers,
    },
    address === undefined ? 'ready for requests' : 'listening',
  );
  if (!(await foundation.accounts.hasAdmin())) {
    log.warn('nobody can sign in yet: run "yuanjiao admin init"');
  }
  return { front, address, routes, live };
}
