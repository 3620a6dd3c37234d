import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FileStore } from '@tus/file-store';
import { Server as TusServer } from '@tus/server';
import { readChapterText } from '../../server/catalogue/chapter-text.ts';
import { CAPTIONS_VTT, LECTURE_SECONDS, growingPlaylist, makeLectureMedia } from './lecture-media.ts';

/** What the courseware server promises the pages. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; " +
  "worker-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export interface RigVersion {
  number: number;
  production: string;
  isPlayable: boolean;
  progress: number;
  failure?: { code: string; message: string; job?: string };
  isUrgent?: boolean;
  isWaiting?: boolean;
  ladder?: unknown;
  warnings: string[];
  sourceName: string;
  sourceBytes: number;
  duration?: number;
}

export interface RigCourseware {
  id: string;
  title: string;
  description: string;
  series?: string;
  seriesId?: string;
  tags: string[];
  publication: string;
  current?: RigVersion;
  upcoming?: RigVersion;
  posterUrl?: string;
  chapters?: readonly { readonly start: number; readonly title: string }[];
  slides?: readonly { readonly start: number; readonly title?: string; readonly imageUrl?: string }[];
  createdAt: number;
  updatedAt: number;
  revision: number;
}

type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

const TAGS = ['乡土', '创业先锋', '党员故事', '微型党课'];
const pages = fileURLToPath(new URL('../../player/page/', import.meta.url));
const MOVES: Readonly<Record<string, readonly string[]>> = {
  draft: ['submitted', 'approved', 'withdrawn'],
  approved: ['published', 'returned', 'withdrawn'],
  published: ['suspended', 'withdrawn'],
  suspended: ['published', 'withdrawn'],
  withdrawn: ['draft'],
};

/**
 * What the pages need of a server, and the ways a server can fail them. Media, range requests and tus are real; the
 * catalogue is a map. The addresses and shapes are those of the REST API.
 */
export class PageServer {
  readonly courseware = new Map<string, RigCourseware>();
  readonly requests: string[] = [];
  /** What was said about each upload that was begun. */
  readonly uploadMetadata: Readonly<Record<string, string | null>>[] = [];
  /** Looks at each request first; true means it answered. */
  fault: Fault | undefined;
  /** While set, playlists end after this many segments and are EVENT. */
  segmentsEncoded: number | undefined;
  hasCaptions = false;
  hasStoryboard = false;
  isAdmin = true;
  password = 'correct horse';
  failedSignIns = 0;
  /** What `/ready` tells of the server's parts. */
  parts: { name: string; status: string; advice?: string }[] = [];
  /** The ids of the plays that were reported, each once. */
  readonly plays = new Set<string>();
  /** So many times it creates an item and cuts the line before it says so. */
  answersToLose = 0;
  readonly directory: string;
  #server: Server;
  #port = 0;
  readonly #streams = new Map<string, Set<ServerResponse>>();
  readonly #tus: TusServer;
  readonly #created = new Map<string, RigCourseware>();
  #made = 0;

  private constructor(directory: string) {
    this.directory = directory;
    this.#server = this.#newServer();
    this.#tus = new TusServer({
      path: '/api/v1/uploads',
      relativeLocation: true,
      datastore: new FileStore({ directory: join(directory, 'uploads') }),
      onUploadFinish: (_request, upload) => {
        const item = this.courseware.get(upload.metadata?.['courseware'] ?? '');
        if (item?.current !== undefined) Object.assign(item.current, { production: 'probing' });
        return Promise.resolve({});
      },
      onUploadCreate: (_request, upload) => {
        const item = this.courseware.get(upload.metadata?.['courseware'] ?? '');
        const sourceName = upload.metadata?.['filename'] ?? '';
        this.uploadMetadata.push(upload.metadata ?? {});
        if (item !== undefined) {
          item.current = newVersion({ production: 'uploading', sourceName, sourceBytes: upload.size ?? 0 });
        }
        return Promise.resolve({});
      },
    });
  }

  /** @param options.media without it there is nothing to play, and it starts faster */
  static async start(options: { readonly media: boolean }): Promise<PageServer> {
    if (!existsSync(join(pages, 'manifest.json'))) {
      await promisify(execFile)(process.execPath, [
        fileURLToPath(new URL('../../scripts/build-pages.js', import.meta.url)),
      ]);
    }
    const directory = await mkdtemp(join(tmpdir(), 'yuanjiao-pages-'));
    for (const name of ['360p', '180p', 'audio', 'uploads', 'storyboard']) await mkdir(join(directory, name));
    if (options.media) await makeLectureMedia(directory);
    const server = new PageServer(directory);
    await server.open();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the port it had before. */
  async open(): Promise<void> {
    this.#server = this.#newServer();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Goes away as a server does whose plug was pulled: open connections are cut. */
  async shut(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async remove(): Promise<void> {
    await this.shut();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Back to a healthy server with an empty catalogue. */
  reset(): void {
    this.courseware.clear();
    this.requests.length = 0;
    this.plays.clear();
    this.fault = undefined;
    this.segmentsEncoded = undefined;
    this.hasCaptions = false;
    this.hasStoryboard = false;
    this.isAdmin = true;
    this.failedSignIns = 0;
    this.parts = [];
  }

  add(facts: Partial<RigCourseware> & { readonly title: string }): RigCourseware {
    this.#made += 1;
    const item: RigCourseware = {
      id: `lecture-${this.#made}`,
      description: '',
      tags: [],
      publication: 'published',
      current: newVersion({ production: 'ready', isPlayable: true, progress: 1, duration: LECTURE_SECONDS }),
      createdAt: this.#made,
      updatedAt: this.#made,
      revision: 1,
      ...facts,
    };
    this.courseware.set(item.id, item);
    return item;
  }

  /** Changes how the making stands, and tells whoever follows it. */
  produce(id: string, facts: Partial<RigVersion>, remainingSeconds?: number): void {
    const version = this.courseware.get(id)?.current;
    if (version === undefined) throw new Error(`${id} has no version`);
    Object.assign(version, facts);
    const data = JSON.stringify(productionOf(version, remainingSeconds));
    for (const stream of this.#streams.get(id) ?? []) stream.write(`event: production\ndata: ${data}\n\n`);
  }

  /** Waits until no browser follows this item's production any more. */
  async unfollowed(id: string): Promise<void> {
    for (const stream of this.#streams.get(id) ?? []) if (!stream.destroyed) await once(stream, 'close');
  }

  #newServer(): Server {
    return createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method ?? ''} ${address.pathname}`);
    if (this.fault?.(request, response) === true) return;
    const path = decodeURIComponent(address.pathname);
    if (path.startsWith('/api/v1/uploads')) await this.#tus.handle(request, response);
    else if (path === '/ready') reply(response, 200, { status: 'ready', parts: this.parts });
    else if (path.startsWith('/api/v1/')) await this.#answerApi(request, response, address);
    else if (path.startsWith('/v/')) await this.#answerMedia(request, response, path);
    else if (path.startsWith('/assets/')) await sendFile(response, join(pages, path), typeOf(path));
    else await this.#answerPage(response, path);
  }

  async #answerPage(response: ServerResponse, path: string): Promise<void> {
    const manifest = JSON.parse(await readFile(join(pages, 'manifest.json'), 'utf8')) as {
      readonly pages: Readonly<Record<string, string>>;
    };
    const name = manifest.pages[path.startsWith('/watch/') ? '/watch/:id' : path];
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    await sendFile(response, join(pages, name), 'text/html; charset=utf-8');
  }

  async #answerMedia(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const name = path.split('/').slice(3).join('/');
    if (name === 'captions.vtt') {
      response.writeHead(200, { 'Content-Type': 'text/vtt' }).end(CAPTIONS_VTT);
      return;
    }
    const file = join(this.directory, name);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const bytes = await readFile(file);
    if (name.endsWith('.m3u8')) {
      const text = bytes.toString();
      const isCut = this.segmentsEncoded !== undefined && text.includes('#EXTINF');
      // Sound is made in one go and runs ahead of the picture.
      const ahead = name.startsWith('audio/') ? 2 : 0;
      const playlist = isCut ? growingPlaylist(text, (this.segmentsEncoded ?? 0) + ahead) : text;
      response.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl' }).end(playlist);
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const from = range === null ? 0 : Number(range[1]);
    const to = range === null ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1);
    response.writeHead(range === null ? 200 : 206, {
      'Content-Type': name.endsWith('.vtt') ? 'text/vtt' : name.endsWith('.jpg') ? 'image/jpeg' : 'video/mp4',
      'Content-Length': to - from + 1,
      'Content-Range': `bytes ${from}-${to}/${bytes.length}`,
    });
    response.end(bytes.subarray(from, to + 1));
  }

  async #answerApi(request: IncomingMessage, response: ServerResponse, address: URL): Promise<void> {
    const [, , , resource = '', id, ...rest] = address.pathname
      .split('/')
      .map((name) => decodeURIComponent(name));
    const body = await readJson(request);
    const method = request.method ?? 'GET';
    if (resource === 'me') reply(response, 200, { kind: this.isAdmin ? 'admin' : 'anonymous' });
    else if (resource === 'session') this.#answerSession(response, method, body);
    else if (resource === 'tags') reply(response, 200, { items: TAGS.map((name) => ({ name, uses: 1 })) });
    else if (resource === 'series' && id !== undefined) {
      const items = Array.from(this.courseware.values()).filter((item) => item.seriesId === id);
      const facts = { id, title: items[0]?.series, description: '', itemCount: items.length, seconds: 0 };
      reply(response, 200, rest[0] === 'items' ? { items, next: null } : facts);
    } else if (resource !== 'courseware') problem(response, 404, 'not-found', `no ${resource} here`);
    else if (id === undefined) this.#answerList(request, response, method, address.searchParams, body);
    else this.#answerItem(request, response, method, id, rest.join('/'), body);
  }

  #answerSession(response: ServerResponse, method: string, body: Readonly<Record<string, unknown>>): void {
    if (method === 'DELETE') this.isAdmin = false;
    else if (this.failedSignIns >= 3) {
      response.setHeader('Retry-After', '300');
      problem(response, 429, 'throttled', 'too many failed sign-ins');
      return;
    } else if (body['password'] !== this.password) {
      this.failedSignIns += 1;
      problem(response, 401, 'wrong-password', 'the password is wrong');
      return;
    } else this.isAdmin = true;
    response.writeHead(204).end();
  }

  #answerList(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    query: URLSearchParams,
    body: Readonly<Record<string, unknown>>,
  ): void {
    if (method === 'POST') {
      const draft = body as unknown as RigCourseware;
      if (!knowsTags(response, draft.tags)) return;
      const key = String(request.headers['idempotency-key']);
      const { current: _none, ...made } =
        this.#created.get(key) ?? this.add({ ...draft, publication: 'draft' });
      this.#created.set(key, made);
      this.courseware.set(made.id, made);
      if (this.answersToLose > 0) {
        this.answersToLose -= 1;
        // Begun and cut: the browser itself repeats a request that got no answer at all.
        response.writeHead(201, { 'Content-Length': 999 });
        response.write('{', () => response.destroy());
        return;
      }
      reply(response, 201, made);
      return;
    }
    const found = Array.from(this.courseware.values())
      .filter((item) => {
        const text = query.get('text') ?? '';
        return (
          item.publication === (query.get('publication') ?? item.publication) &&
          item.series === (query.get('series') ?? item.series) &&
          (item.title.includes(text) || item.description.includes(text)) &&
          (!query.has('tag') || item.tags.includes(query.get('tag') ?? ''))
        );
      })
      .sort((one, other) => other.createdAt - one.createdAt);
    const start = Number(query.get('after') ?? '0');
    const end = start + Number(query.get('limit') ?? '50');
    reply(response, 200, {
      items: found.slice(start, end),
      ...(end < found.length ? { next: String(end) } : {}),
    });
  }

  #answerItem(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    id: string,
    rest: string,
    body: Readonly<Record<string, unknown>>,
  ): void {
    const item = this.courseware.get(id);
    if (item === undefined) {
      problem(response, 404, 'not-found', `no courseware ${id}`);
    } else if (rest === '') this.#answerRecord(request, response, method, item, body);
    else if (rest === 'publication') {
      const to = String(body['to']);
      if (MOVES[item.publication]?.includes(to) !== true) {
        problem(response, 409, 'invalid-move', `${item.publication} does not lead to ${to}`);
        return;
      }
      item.publication = to;
      item.revision += 1;
      reply(response, 200, item);
    } else if (rest === 'playback') this.#answerPlayback(response, item);
    else if (rest === 'plays') {
      this.plays.add(String(body['id']));
      response.writeHead(204).end();
    } else if (rest === 'downloads') reply(response, 200, { items: downloadsOf(item.id) });
    else if (rest === 'poster') {
      item.posterUrl = `/v/g1/poster-${String(body['atSeconds'])}.jpg`;
      item.revision += 1;
      reply(response, 200, item);
    } else if (rest.startsWith('chapters')) this.#answerChapters(response, method, rest, item, body);
    else if (rest === 'production') reply(response, 200, productionOf(item.upcoming ?? item.current));
    else if (rest === 'production/events') this.#follow(request, response, item);
    else if (rest.startsWith('production/')) {
      order(item, rest.slice('production/'.length), body);
      reply(response, 200, productionOf(item.upcoming ?? item.current));
    } else problem(response, 404, 'not-found', `no route ${rest}`);
  }

  #answerRecord(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    item: RigCourseware,
    body: Readonly<Record<string, unknown>>,
  ): void {
    if (method === 'GET') {
      reply(response, 200, item);
      return;
    }
    if (request.headers['if-match'] !== `"${item.revision}"`) {
      problem(response, 412, 'conflict', 'somebody changed it meanwhile');
      return;
    }
    if (method === 'DELETE') {
      this.courseware.delete(item.id);
      response.writeHead(204).end();
      return;
    }
    if (!knowsTags(response, body['tags'])) return;
    Object.assign(item, body, { revision: item.revision + 1 });
    reply(response, 200, item);
  }

  #answerPlayback(response: ServerResponse, item: RigCourseware): void {
    if (item.publication !== 'published' && !this.isAdmin) {
      problem(response, 403, 'forbidden', 'not published');
    } else if (item.current?.isPlayable !== true) {
      problem(response, 409, 'not-playable', 'nothing is encoded yet');
    } else {
      const captions = [{ language: 'zh-Hans', label: '中文字幕', url: '/v/g1/captions.vtt' }];
      reply(response, 200, {
        coursewareId: item.id,
        title: item.title,
        playlistUrl: '/v/g1/index.m3u8',
        extent: this.segmentsEncoded === undefined ? 'complete' : 'growing',
        duration: item.current.duration ?? 0,
        captions: this.hasCaptions ? captions : [],
        chapters: item.chapters ?? [],
        ...(item.slides !== undefined && { slides: item.slides }),
        ...(this.hasStoryboard ? { storyboardUrl: '/v/g1/storyboard/index.vtt' } : {}),
      });
    }
  }

  #answerChapters(
    response: ServerResponse,
    method: string,
    rest: string,
    item: RigCourseware,
    body: Readonly<Record<string, unknown>>,
  ): void {
    if (rest === 'chapters/check') {
      reply(response, 200, readChapterText(String(body['text']), item.current?.duration));
      return;
    }
    if (method === 'PUT') {
      item.chapters = body['chapters'] as NonNullable<RigCourseware['chapters']>;
      item.revision += 1;
    }
    reply(response, 200, {
      chapters: item.chapters ?? [],
      origin: item.chapters === undefined ? 'none' : 'producer',
    });
  }

  #follow(request: IncomingMessage, response: ServerResponse, item: RigCourseware): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(
      `event: production\ndata: ${JSON.stringify(productionOf(item.upcoming ?? item.current))}\n\n`,
    );
    const streams = this.#streams.get(item.id) ?? new Set<ServerResponse>();
    this.#streams.set(item.id, streams.add(response));
    request.on('close', () => streams.delete(response));
  }
}

export function newVersion(facts: Partial<RigVersion>): RigVersion {
  return {
    number: 1,
    production: 'ready',
    isPlayable: false,
    progress: 0,
    warnings: [],
    sourceName: 'lecture.mp4',
    sourceBytes: 1,
    ...facts,
  };
}

/** What a producer asks of a making. */
function order(item: RigCourseware, what: string, body: Readonly<Record<string, unknown>>): void {
  const version = item.upcoming ?? item.current;
  if (version === undefined) return;
  if (what === 'retry') {
    delete version.failure;
    version.production = 'uploaded';
  } else if (what === 'urgency') version.isUrgent = body['isUrgent'] === true;
  else if (what === 'discard') delete item.upcoming;
  else if (what === 'reprocess') item.upcoming = newVersion({ production: 'uploaded', ladder: body });
}

function downloadsOf(id: string): readonly unknown[] {
  const file = (name: string, sizeBytes: number, facts: object = {}): unknown => ({
    ...{ name, sizeBytes, layout: 'fast-start', rendition: name.replace(/\..*$/, ''), ...facts },
    ...{ url: `/api/v1/courseware/${id}/downloads/${name}`, fileName: name },
  });
  return [
    file('360p.mp4', 60_000_000, { width: 640, height: 360 }),
    file('360p-fragmented.mp4', 60_000_100, { width: 640, height: 360, layout: 'fragmented' }),
    file('720p.mp4', 5_000_000_000, { width: 1280, height: 720 }),
    file('audio.m4a', 28_800_000),
  ];
}

function productionOf(version: RigVersion | undefined, remainingSeconds?: number): unknown {
  const {
    production: state = 'none',
    progress = 0,
    isPlayable = false,
    failure,
    warnings = [],
    isUrgent,
    isWaiting,
    ladder,
  } = version ?? {};
  const facts = { state, progress, isPlayable, isUrgent, isWaiting, ladder, failure, warnings };
  return { ...facts, remainingSeconds, jobs: [] };
}

function knowsTags(response: ServerResponse, tags: unknown): boolean {
  const unknown = (Array.isArray(tags) ? (tags as string[]) : []).find((tag) => !TAGS.includes(tag));
  if (unknown === undefined) return true;
  problem(response, 422, 'unknown-tag', `没有“${unknown}”这个标签。`, TAGS.slice(0, 2));
  return false;
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  near?: readonly string[],
): void {
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ type: `/problems/${code}`, title: code, status, code, detail, near }));
}

async function sendFile(response: ServerResponse, path: string, type: string): Promise<void> {
  const bytes = existsSync(path) ? await readFile(path) : undefined;
  if (bytes === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'Content-Type': type }).end(bytes);
}

function typeOf(path: string): string {
  if (path.endsWith('.js')) return 'text/javascript; charset=utf-8';
  return path.endsWith('.css') ? 'text/css; charset=utf-8' : 'image/svg+xml';
}
