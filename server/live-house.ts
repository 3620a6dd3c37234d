import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';

import type { ShownSlide } from '../player/index.ts';
import type { GenerationId, Presentation } from '../transcoder/index.ts';
import { LIVE_RUNGS, LiveLadder, type LiveLadderOptions } from '../transcoder/live/index.ts';
import { ifFound } from './catalogue/catalogue-error.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config.ts';
import type { SignedPaths } from './edge/signed-paths.ts';
import type { Foundation } from './foundation.ts';
import { liveAirRoutes } from './http/live-air-routes.ts';
import { liveCalendarRoutes } from './http/live-calendar-routes.ts';
import { liveClassRoutes } from './http/live-class-routes.ts';
import { LiveDelivery } from './http/live-delivery.ts';
import { liveMarkRoutes } from './http/live-mark-routes.ts';
import { liveRoomDeskRoutes } from './http/live-room-desk-routes.ts';
import { liveRoomRoutes } from './http/live-room-routes.ts';
import type { Route } from './http/route.ts';
import type { SiteOfRequest } from './http/public-origin.ts';
import type { ViewerCookie } from './http/viewer-cookie.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { PartReport } from './readiness.ts';
import type { Sweep } from './sweeping.ts';
import { BroadcastShelf } from './live/broadcast-shelf.ts';
import type { ClassBook } from './live/class-book.ts';
import { ClassPictures } from './live/class-pictures.ts';
import { ingestPlace } from './live/ingest/ingest-place.ts';
import { encoderServers } from './live/ingest/ingest-doors.ts';
import { Ingest, type IngestFigures } from './live/ingest/ingest.ts';
import { imagePath, isAnnounced, LIVE_LADDERS, OVER_STATES, type LiveClass } from './live/live-class.ts';
import { journalPlaylists } from './live/on-air/journal-playlists.ts';
import { OnAir } from './live/on-air/on-air.ts';
import { PlayOut } from './live/on-air/play-out.ts';
import type { LowerRenditionsOptions } from './live/on-air/programme.ts';
import { RecordingDesk } from './live/on-air/recording-desk.ts';
import { tokenOfRecording } from './live/on-air/recording-rows.ts';
import { stateDocument } from './live/on-air/state-document.ts';
import { BookedClasses } from './live/room/booked-classes.ts';
import { Room } from './live/room/room.ts';

/** What live classes need of the rest of the server. */
export interface LiveHouseOptions {
  readonly config: Config;
  readonly foundation: Pick<Foundation, 'database' | 'store' | 'catalogue' | 'classes'>;
  readonly siteOf: SiteOfRequest;
  readonly viewers: ViewerCookie;
  /** The address that a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Aborted when the server stops: streams end then. */
  readonly stopping: AbortSignal;
  readonly signedPaths: SignedPaths;
  readonly log: Log;
  /** Lets the sender watch a rehearsal, or throws. */
  readonly admit: (request: IncomingMessage) => Promise<void>;
  /** A reader that takes nothing for so long is cut off. */
  readonly stallMs?: number | undefined;
  /** A smaller size whose pictures come so late is given up. */
  readonly lateMs?: number | undefined;
}

/** Everything of live classes in one server: their book, the way in, what is on the air, and the way out. */
export class LiveHouse {
  readonly book: ClassBook;
  readonly onAir: OnAir;
  readonly room: Room;
  readonly #endListening: () => void;
  readonly #options: LiveHouseOptions;
  readonly #folder: string;
  readonly #shelf = new BroadcastShelf();
  readonly #recordings: RecordingDesk;
  readonly #ingest: Ingest | undefined;

  constructor(options: LiveHouseOptions) {
    const { config, foundation, log } = options;
    this.#options = options;
    this.#folder = join(config.dataDir, 'live');
    const scratchDir = join(config.dataDir, 'scratch');
    this.book = foundation.classes;
    this.room = new Room({
      database: foundation.database,
      classes: new BookedClasses(this.book),
      keptDays: config.liveRoomDays,
    });
    this.#endListening = this.book.onChange((id) => this.room.forget(id));
    this.#recordings = new RecordingDesk({ ...foundation, book: this.book, log, scratchDir });
    this.#ingest = this.#openIngest();
    this.onAir = new OnAir({
      book: this.book,
      shelf: this.#shelf,
      ingest: this.#ingest,
      recordings: this.#recordings,
      folder: this.#folder,
      log,
      longestOverrunMs:
        config.liveMaxOverrunMinutes === 'off' ? undefined : config.liveMaxOverrunMinutes * 60_000,
      openLower: (liveClass, lower) =>
        openLadder(liveClass, lower, { scratchFolder: scratchDir, lateMs: options.lateMs }),
      openPlayOut: (wanted) => new PlayOut({ ...foundation, now: Date.now, ...wanted }),
    });
    this.#shelf.tellStates((id) => this.#stateOf(id));
  }

  /** Requests that are parked until something comes. */
  get waiting(): number {
    return this.#shelf.waiting;
  }

  /** For `/ready`. */
  get health(): readonly PartReport[] {
    return [this.#ingest?.health ?? { name: 'live-ingest', status: 'ok', detail: 'off' }, this.#keeping];
  }

  /** Whether the disk takes what is on the air. */
  get #keeping(): PartReport {
    const name = 'live-recording';
    const { unkept, diskFault } = this.onAir;
    if (unkept === 0 && diskFault === undefined) return { name, status: 'ok' };
    return {
      name,
      status: 'degraded',
      detail:
        unkept === 0
          ? 'the disk takes nothing: a class would not be recorded'
          : `${unkept} ${unkept === 1 ? 'class is' : 'classes are'} on the air and not recorded`,
      advice:
        'Free some space on the disk of the data folder, or mend it: recording then goes on by itself. Who watches sees nothing of it.',
    };
  }

  /** For `/metrics`; undefined where no live streams are taken. */
  get ingestFigures(): IngestFigures | undefined {
    return this.#ingest?.figures;
  }

  /** Where encoders may connect; undefined while they may not. */
  get ingestAddress(): Ingest['address'] {
    return this.#ingest?.address;
  }

  get routes(): readonly Route[] {
    const { foundation, signedPaths, siteOf, viewers, addressOf, stopping, log } = this.#options;
    const classes = this.book;
    const pictures = new ClassPictures({
      store: foundation.store,
      classes,
      onLeftover: (key, error) => log.warn({ error, key }, 'a picture was left in the store'),
    });
    return [
      // Before the classes: its address would else be read as a class's.
      ...liveCalendarRoutes({ classes, siteOf }),
      ...liveClassRoutes({
        classes,
        move: (actor, id, to, facts) => this.onAir.move(actor, id, to, facts),
        onRemoved: (leftovers) => void pictures.removeAll(leftovers),
        ingestServers: (request) =>
          encoderServers(new URL(siteOf(request).origin).hostname, this.ingestAddress),
      }),
      ...liveMarkRoutes({ classes, pictures }),
      ...liveAirRoutes({ book: this.book, onAir: this.onAir, sign: (path) => signedPaths.sign(path) }),
      ...liveRoomRoutes({ room: this.room, viewers, addressOf }),
      ...liveRoomDeskRoutes({
        room: this.room,
        lightOf: (id) => this.onAir.runOf(id)?.programme.light,
        stopping,
      }),
    ];
  }

  /** What is tidied every minute. */
  get sweeps(): readonly Sweep[] {
    const keptMs = this.#options.config.supersededHours * 3_600_000;
    return [
      { what: 'rooms of classes long ago', run: (signal) => this.room.sweep(Date.now(), signal) },
      { what: 'the journals of live classes', run: () => this.onAir.sweep(keptMs) },
    ];
  }

  /** The way out, in front of the framework. */
  openDelivery(metrics: Metrics): LiveDelivery {
    const { config, admit, stallMs } = this.#options;
    return new LiveDelivery({
      shelf: this.#shelf,
      metrics,
      cacheBytes: Math.ceil(config.cacheBytes / 8),
      ...(stallMs !== undefined && { stallMs }),
      admit,
    });
  }

  /** The playlists of a recording that is not in the store yet; `undefined` for anything else. */
  presentationOf(generation: GenerationId): Presentation | undefined {
    const token = tokenOfRecording(generation);
    const shelved = token === undefined ? undefined : this.#shelf.of(token);
    const { signedPaths } = this.#options;
    return shelved && journalPlaylists(shelved.broadcast, (path) => signedPaths.sign(path));
  }

  /** The slides of a recording, at their moments in it. */
  async slidesOf(coursewareId: string): Promise<readonly ShownSlide[]> {
    const liveClass = await this.book.findByRecording(coursewareId);
    if (liveClass === undefined) return [];
    const marks = await this.book.marks.list(liveClass.id, 'slide');
    return marks.flatMap(({ mediaMs, text, image }) =>
      mediaMs === undefined
        ? []
        : [
            {
              start: mediaMs / 1000,
              ...(text !== undefined && { title: text }),
              ...(image !== undefined && { imageUrl: imagePath(liveClass.id, image) }),
            },
          ],
    );
  }

  /** Restores what was on the air, and then lets encoders in. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.onAir.start();
    await this.#ingest?.start();
  }

  /** Lets encoders go; classes on the air go on when the next process starts. */
  async stop(): Promise<void> {
    await this.#ingest?.stop();
    await this.onAir.stop();
    await this.#recordings.stop();
    this.#endListening();
  }

  #openIngest(): Ingest | undefined {
    const { config, log } = this.#options;
    const place = ingestPlace(config);
    return (
      place &&
      new Ingest({
        ...place,
        log,
        onPublish: (session) => this.onAir.publish(session),
        onTag: (sessionId, tag) => this.onAir.take(sessionId, tag),
        onGone: (sessionId, why) => this.onAir.lose(sessionId, why),
        onRefused: ({ why, address, classId }) => {
          this.book.sessions.refuse({ why, address, classId, atMs: Date.now() }).catch((error: unknown) => {
            log.warn({ error }, 'a refused encoder was not written down');
          });
        },
      })
    );
  }

  async #stateOf(classId: string): Promise<object | undefined> {
    const liveClass = await ifFound(this.book.get(classId));
    if (liveClass === undefined || !isAnnounced(liveClass)) return undefined;
    const run = this.onAir.runOf(liveClass.id);
    const document = stateDocument({
      liveClass,
      marks: await this.book.marks.list(liveClass.id),
      nowMs: Date.now(),
      isPlayable: run?.air?.isPlayable === true,
      hasPicture: run?.hasPicture === true,
      replayId: await replayOf(this.#options.foundation.catalogue, liveClass),
    });
    const { signedPaths } = this.#options;
    const { playlistUrl, dvrUrl } = document;
    return {
      ...document,
      ...(playlistUrl !== undefined && { playlistUrl: signedPaths.sign(playlistUrl) }),
      ...(dvrUrl !== undefined && { dvrUrl: signedPaths.sign(dvrUrl) }),
    };
  }
}

/** The smaller sizes of a class, made of its encoder's pictures by one ffmpeg. */
function openLadder(
  { ladder }: LiveClass,
  { onTag, onInterrupted, onDropped }: LowerRenditionsOptions,
  { scratchFolder, lateMs }: Pick<LiveLadderOptions, 'scratchFolder'> & Pick<LiveHouseOptions, 'lateMs'>,
): LiveLadder | undefined {
  const names: readonly string[] = LIVE_LADDERS[ladder];
  const rungs = LIVE_RUNGS.filter(({ name }) => names.includes(name));
  return rungs.length === 0
    ? undefined
    : new LiveLadder({
        rungs,
        scratchFolder,
        onTag,
        onInterrupted,
        onDropped,
        ...(lateMs !== undefined && { lateMs }),
      });
}

/** The item that everybody may watch now that the class is over. */
async function replayOf(catalogue: Catalogue, liveClass: LiveClass): Promise<string | undefined> {
  const id = liveClass.recordingCoursewareId ?? liveClass.coursewareId;
  if (id === undefined || !OVER_STATES.includes(liveClass.state)) return undefined;
  const courseware = await ifFound(catalogue.get(id));
  return courseware?.publication === 'published' ? id : undefined;
}
