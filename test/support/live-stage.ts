import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Broadcast, LivePackager, type BroadcastInput, type FlvTag } from 'yuanjiao/live';
import type { LiveStateDocument } from 'yuanjiao/player';

import { LiveDelivery } from '../../server/http/live-delivery.ts';
import { BroadcastShelf } from '../../server/live/broadcast-shelf.ts';
import { createMetrics } from '../../server/metrics.ts';
import { ClipSender } from './live-clip.ts';
import { testFolder, type TestFolder } from './media.ts';
import { playerBundle } from './player-bundle.ts';

const TOKEN = 'stage0000';
const PLAYER = fileURLToPath(new URL('../../player/', import.meta.url));

/**
 * A class on the air, as far as a player can tell: the packager, the broadcast and the origin are the product's own; the test is
 * its operator and says what the state document says. The page `/` shows the player of the library.
 */
export class LiveStage {
  readonly requests: string[] = [];
  document: LiveStateDocument;
  /** Looks at each request first; true means it answered. */
  fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly #folder: TestFolder;
  readonly #script: string;
  readonly #styles: string;
  #broadcast: Broadcast;
  #delivery: LiveDelivery;
  #server: Server | undefined;
  #port = 0;
  #sender: ClipSender | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: TestFolder, broadcast: Broadcast, texts: readonly string[]) {
    this.#folder = folder;
    this.#broadcast = broadcast;
    [this.#script = '', this.#styles = ''] = texts;
    this.#delivery = this.#deliver();
    this.document = this.#lobby();
  }

  static async open(): Promise<LiveStage> {
    const folder = await testFolder();
    const broadcast = await Broadcast.open({ folder: folder.join('journal'), token: TOKEN });
    const styles = await Promise.all(
      ['player.css', 'live.css'].map((name) => readFile(`${PLAYER}${name}`, 'utf8')),
    );
    const stage = new LiveStage(folder, broadcast, [await playerBundle(), styles.join('\n')]);
    await stage.listen();
    return stage;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sends a clip into the class from now on. */
  send(clip: readonly FlvTag[]): void {
    const { endMs } = this.#broadcast.position;
    const packager = new LivePackager({ startsAtMs: endMs, startsAtWallMs: Date.now() });
    const input: BroadcastInput = this.#broadcast.begin('source');
    this.#sender = new ClipSender(clip, (tag) => {
      for (const cut of packager.push(tag)) this.#writing = input.write(cut);
    });
  }

  /** The encoder's line is cut: nothing comes, and players are told at once. */
  async cut(): Promise<void> {
    this.#sender?.stop();
    this.#sender = undefined;
    await this.#writing;
    await this.#broadcast.interrupt();
  }

  /** The process is killed: connections break, what was not written is gone, and only the journal is left. */
  async crash(): Promise<void> {
    this.#sender?.stop();
    this.#sender = undefined;
    await this.shut();
    await this.#broadcast.close();
  }

  /** The process starts anew over the journal. */
  async restart(): Promise<void> {
    this.#broadcast = await Broadcast.open({ folder: this.#folder.join('journal'), token: TOKEN });
    this.#delivery = this.#deliver();
    await this.listen();
  }

  /** The class is over. */
  async end(): Promise<void> {
    this.#sender?.stop();
    await this.#writing;
    await this.#broadcast.end();
  }

  /** Says what the state document says, besides what it said. */
  say(facts: Partial<LiveStateDocument>): void {
    this.document = { ...this.document, ...facts };
  }

  /** Says that the class is on the air. */
  sayOnAir(latency: 'low' | 'ordinary' = 'low'): void {
    const [since] = this.#broadcast.recording().renditions[0]?.segments ?? [];
    this.say({
      state: 'on_air',
      slate: { kind: 'none', text: '' },
      playlistUrl: `/live/${TOKEN}/index.m3u8`,
      dvrUrl: `/live/${TOKEN}/dvr.m3u8`,
      onAirSince: new Date(since?.wallClockMs ?? Date.now()).toISOString(),
      latency,
    });
  }

  get isPlayable(): boolean {
    return this.#broadcast.isPlayable;
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** The server is away, and so is every connection. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async remove(): Promise<void> {
    this.#sender?.stop();
    await this.shut();
    await this.#broadcast.close();
    await this.#folder.remove();
  }

  #lobby(): LiveStateDocument {
    const startMs = Date.now() + 90_000;
    return {
      id: 'stage',
      title: '桃形李栽培技术',
      lecturers: ['王老师'],
      state: 'announced',
      plannedStart: new Date(startMs).toISOString(),
      plannedEnd: new Date(startMs + 3_600_000).toISOString(),
      now: new Date().toISOString(),
      slate: { kind: 'lobby', text: '' },
      latency: 'low',
      notices: [],
      slides: [],
      asksQuestions: false,
      wantsReceipt: false,
    };
  }

  #deliver(): LiveDelivery {
    const shelf = new BroadcastShelf();
    shelf.put(this.#broadcast, true);
    shelf.tellStates(async () => ({ ...this.document, now: new Date().toISOString() }));
    return new LiveDelivery({
      shelf,
      admit: () => Promise.resolve(),
      metrics: createMetrics(),
      cacheBytes: 2 ** 24,
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    this.requests.push(`${request.method} ${url}`);
    if (this.fault?.(request, response) === true) return;
    if (LiveDelivery.takes(url)) {
      await this.#delivery.handle(request, response).catch(() => response.writeHead(404).end());
    } else if (url === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end(
        '<!doctype html><html lang="zh-Hans"><link rel="stylesheet" href="/styles.css" />' +
          '<style>html, body, #screen { height: 100%; margin: 0 }</style>' +
          '<title>直播</title><main id="screen"></main><script src="/player.js"></script></html>',
      );
    } else if (url === '/player.js') response.end(this.#script);
    else if (url === '/styles.css') {
      response.setHeader('Content-Type', 'text/css');
      response.end(this.#styles);
    } else response.writeHead(404).end();
  }
}
