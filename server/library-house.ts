import { join } from 'node:path';

import { composePresentation } from '../transcoder/index.ts';
import { CaptionDesk } from './captions/caption-desk.ts';
import { withdrawExpired } from './catalogue/publication.ts';
import type { Config } from './config.ts';
import type { SignedPaths } from './edge/signed-paths.ts';
import { openDesk, type Foundation } from './foundation.ts';
import { HarvestShelf } from './harvest/harvest-shelf.ts';
import { OaiProvider } from './harvest/oai-provider.ts';
import { RecordList } from './harvest/record-list.ts';
import { serveCaptions } from './http/caption-delivery.ts';
import { captionRoutes } from './http/caption-routes.ts';
import { coursewareRoutes } from './http/courseware-routes.ts';
import type { Delivery } from './http/delivery.ts';
import { downloadRoutes } from './http/download-routes.ts';
import { Downloads } from './http/downloads.ts';
import { feedRoutes } from './http/feed-routes.ts';
import type { Gate } from './http/gate.ts';
import { harvestRoutes } from './http/harvest-routes.ts';
import { importRoutes } from './http/import-routes.ts';
import { libraryRoutes } from './http/library-routes.ts';
import { posterRoutes } from './http/poster-routes.ts';
import { productionRoutes } from './http/production-routes.ts';
import { ProductionWatch } from './http/production-watch.ts';
import type { SiteOfRequest } from './http/public-origin.ts';
import { resultRoutes } from './http/result-routes.ts';
import type { Route } from './http/route.ts';
import { searchRoutes } from './http/search-routes.ts';
import { UPLOAD_PATH, uploadRoutes } from './http/upload-routes.ts';
import type { ViewerCookie } from './http/viewer-cookie.ts';
import { FileIntake } from './intake/file-intake.ts';
import { logWatching, WatchFolder } from './intake/watch-folder.ts';
import { openLectureDelivery } from './lecture-delivery.ts';
import type { LiveHouse } from './live-house.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { removeLeftovers } from './removed-objects.ts';
import { SearchDesk } from './search/search-desk.ts';
import { Search } from './search/search.ts';
import { Transcripts } from './search/transcripts.ts';
import { SupersededSweep } from './superseded-sweep.ts';
import type { Sweep } from './sweeping.ts';
import { TusDoor } from './upload/tus-door.ts';
import type { UploadDesk } from './upload/upload-desk.ts';

/** What the library needs of the rest of the server. */
export interface LibraryHouseOptions {
  readonly config: Config;
  readonly foundation: Foundation;
  readonly gate: Gate;
  readonly viewers: ViewerCookie;
  readonly siteOf: SiteOfRequest;
  readonly signedPaths: SignedPaths;
  /** What recordings have of their classes. */
  readonly live: Pick<LiveHouse, 'presentationOf' | 'slidesOf'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Aborted when the server stops: streams end then. */
  readonly stopping: AbortSignal;
  /** Called when there is work for a transcoder. */
  readonly onWork: () => void;
  /** A reader that takes nothing for so long is cut off. */
  readonly stallMs?: number | undefined;
}

/** Everything of recorded lectures in one server: the ways in, what is found and described, and the way out. */
export class LibraryHouse {
  /** The way out of finished lectures, in front of the framework. */
  readonly delivery: Delivery;
  readonly #options: LibraryHouseOptions;
  readonly #captions: CaptionDesk;
  readonly #downloads: Downloads;
  readonly #desk: UploadDesk;
  readonly #tus: TusDoor;
  readonly #search: Search;
  readonly #searchDesk: SearchDesk;
  readonly #watching: WatchFolder | undefined;

  private constructor(options: LibraryHouseOptions, uploads: Awaited<ReturnType<typeof openDesk>>) {
    this.#options = options;
    const { config, foundation, gate, live, metrics, log, stallMs } = options;
    this.#desk = uploads.desk;
    this.#tus = new TusDoor({
      ...uploads,
      path: UPLOAD_PATH,
      metrics,
      maxUploadBytes: config.maxUploadBytes,
      expiryMs: config.uploadExpiryHours * 3_600_000,
    });
    this.#search = new Search(foundation.database, {
      onTrouble: (error) => log.warn({ error }, 'queries that found nothing could not be written down'),
    });
    const transcripts = new Transcripts({
      ...foundation,
      onTrouble: (coursewareId, error) => log.warn({ error, coursewareId }, 'captions could not be indexed'),
    });
    this.#searchDesk = new SearchDesk({ ...foundation, search: this.#search, transcripts });
    this.#captions = new CaptionDesk({
      ...foundation,
      onChanged: () => this.delivery.forgetGrants(),
      onLeftover: (folder, error) => log.warn({ error, folder }, 'captions were left in the store'),
    });
    this.delivery = openLectureDelivery({
      config,
      foundation,
      captions: this.#captions,
      gate,
      metrics,
      stallMs,
      compose: async (generation) =>
        live.presentationOf(generation) ?? composePresentation(await foundation.jobs.list(generation)),
    });
    this.#downloads = new Downloads({
      store: foundation.store,
      metrics,
      captions: async (generation) => {
        const found = await foundation.catalogue.findByGeneration(generation);
        return serveCaptions(await this.#captions.listFor(generation), found?.version.duration);
      },
      cacheBytes: Math.ceil(config.cacheBytes / 8),
      ...(stallMs !== undefined && { stallMs }),
    });
    this.#watching = this.#openWatchFolder();
  }

  /**
   * Opens the library and makes it searchable: what is missing in the index is indexed first.
   *
   * @throws {DatabaseError}
   */
  static async open(options: LibraryHouseOptions): Promise<LibraryHouse> {
    const { config, foundation, metrics, log, onWork } = options;
    const uploads = await openDesk(config, foundation, { log, metrics, onAccepted: onWork });
    const house = new LibraryHouse(options, uploads);
    const indexed = await house.#searchDesk.indexMissing();
    if (indexed > 0) log.info({ items: indexed }, 'indexed what was not searchable yet');
    await house.#search.warmUp();
    return house;
  }

  /** For `/metrics`: what is on its way to viewers at this moment. */
  get figures(): { readonly cacheBytes: number; readonly transfers: number } {
    return { cacheBytes: this.delivery.cachedBytes, transfers: this.#downloads.transfers };
  }

  get routes(): readonly Route[] {
    const { config, foundation, viewers, siteOf, signedPaths, live, log, stopping, onWork } = this.#options;
    const { catalogue, jobs } = foundation;
    const shelf = new HarvestShelf(foundation.database);
    return [
      ...coursewareRoutes({
        catalogue,
        captions: this.#captions,
        signedPaths,
        slidesOf: (id) => live.slidesOf(id),
        onPublicationMoved: () => this.delivery.forgetGrants(),
        onRemoved: (leftovers) => void removeLeftovers(foundation.store, leftovers, log),
      }),
      ...libraryRoutes(foundation, viewers),
      ...importRoutes(foundation),
      ...searchRoutes({ catalogue, search: this.#search, desk: this.#searchDesk }),
      ...downloadRoutes({ catalogue, downloads: this.#downloads }),
      ...harvestRoutes({
        catalogue,
        shelf,
        oai: new OaiProvider(new RecordList(foundation.database)),
        siteOf,
      }),
      ...feedRoutes({ shelf, downloads: this.#downloads, siteOf }),
      ...resultRoutes({ search: this.#search, exports: foundation.exports, siteOf }),
      ...captionRoutes(this.#captions),
      ...posterRoutes({ ...foundation, scratchDir: join(config.dataDir, 'scratch'), stopping }),
      ...productionRoutes({ catalogue, jobs, watch: new ProductionWatch(jobs), onWork, stopping }),
      ...uploadRoutes(this.#tus),
    ];
  }

  /** What is tidied every minute. */
  get sweeps(): readonly Sweep[] {
    const { config, foundation, log, metrics } = this.#options;
    const superseded = new SupersededSweep({
      ...foundation,
      graceMs: config.supersededHours * 3_600_000,
      log,
      metrics,
    });
    return [
      { what: 'the landing', run: () => this.#desk.sweep((id) => this.#tus.isInUse(id)) },
      { what: 'the index', run: (signal) => this.#searchDesk.indexMissing(signal) },
      { what: 'the transcripts', run: (signal) => this.#searchDesk.indexTranscripts(signal) },
      { what: 'plays of the day before yesterday', run: () => foundation.uses.sweep() },
      { what: 'items whose rights have ended', run: () => this.#endRights() },
      { what: 'the media of replaced versions', run: (signal) => superseded.sweep(signal) },
    ];
  }

  /** Begins to take in what lies in the watched folder, where the configuration names one. */
  start(): void {
    this.#watching?.start();
  }

  /** Takes nothing in any more, and writes down what is only in memory. May be called without {@link start}. */
  async stop(): Promise<void> {
    await this.#watching?.stop();
    await this.#search.flush();
  }

  /** Takes off the air what may be shown no longer. */
  async #endRights(): Promise<void> {
    const { foundation, log } = this.#options;
    const ids = await withdrawExpired(foundation.database);
    if (ids.length === 0) return;
    this.delivery.forgetGrants();
    log.info({ ids }, 'withdrew items whose rights have ended');
  }

  #openWatchFolder(): WatchFolder | undefined {
    const { config, foundation, log } = this.#options;
    const folder = config.watchFolder;
    if (folder === undefined) return undefined;
    const actor = 'watch folder';
    const intake = new FileIntake({
      ...foundation,
      desk: this.#desk,
      captions: this.#captions,
      sandbox: config.sandbox,
      actor,
    });
    return new WatchFolder({
      ...foundation,
      intake,
      folder,
      actor,
      onEvent: (event) => logWatching(log, folder, event),
    });
  }
}
