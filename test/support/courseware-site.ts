import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createServer,
  loadConfig,
  openFoundation,
  openLog,
  type Config,
  type Courseware,
  type CoursewareServer,
  type Foundation,
  type ServerOptions,
} from 'yuanjiao/server';
import { objectKey } from 'yuanjiao/storage';
import {
  DEFAULT_LADDER_OPTIONS,
  generationId,
  prepareJob,
  type Chapter,
  type GenerationId,
} from 'yuanjiao/transcoder';

/** A server of our own on a free port, with SQLite and a folder of objects. */
export interface CoursewareSite {
  /** Such as `http://127.0.0.1:40123`. */
  readonly base: string;
  readonly config: Config;
  readonly server: CoursewareServer;
  /** A second way in, as a worker's or the command line's: the same database and the same store. */
  readonly foundation: Foundation;
  /** An API token of the administrator. */
  readonly token: string;
  /** Asks as the administrator. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Stops the server and removes its folder. */
  close(): Promise<void>;
}

export interface SiteOptions extends Omit<ServerOptions, 'log'> {
  /** Settings besides the folder, address and port. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its data goes; a fresh folder by default, removed at the end. */
  readonly dataDir?: string;
}

/** Starts a server; it encodes nothing unless `YUANJIAO_WORKERS` says so. */
export async function startSite(options: SiteOptions = {}): Promise<CoursewareSite> {
  const { env, dataDir = await freshFolder(), ...rest } = options;
  const config = siteConfig(dataDir, env);
  const pagesDir = rest.pagesDir ?? (await somePages(dataDir));
  const server = createServer(config, { ...rest, pagesDir, log: openLog({ level: 'silent' }) });
  await server.start();
  const foundation = await openFoundation(config);
  const { token } = await foundation.accounts.createToken('test');
  const base = `http://127.0.0.1:${server.address?.port}`;
  return {
    base,
    config,
    server,
    foundation,
    token,
    ask: (method, path, body, headers = {}) =>
      fetch(base + path, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async close() {
      await server.stop();
      await foundation.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function siteConfig(dataDir: string, env: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({
    env: {
      YUANJIAO_DATA_DIR: dataDir,
      YUANJIAO_HOST: '127.0.0.1',
      YUANJIAO_PORT: '0',
      YUANJIAO_WORKERS: '0',
      YUANJIAO_LIVE_PORT: 'off',
      YUANJIAO_MIN_FREE_BYTES: '0',
      ...env,
    },
    cwd: dataDir,
  });
}

export function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'yuanjiao-site-'));
}

function somePage(title: string): string {
  return `<!doctype html><html lang="zh-Hans"><head><title>${title}</title><script src="/assets/catalogue.AB12CD34.js"></script></head></html>`;
}

/** Pages in the shape the page build makes, so that the server's tests need no browser bundle. */
async function somePages(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'pages');
  await mkdir(join(folder, 'assets'), { recursive: true });
  const script = `console.log(${JSON.stringify('课件'.repeat(200))});\n`;
  await writeFile(join(folder, 'assets', 'catalogue.AB12CD34.js'), script);
  await writeFile(join(folder, 'catalogue.html'), somePage('课件目录'));
  await writeFile(join(folder, 'watch.html'), somePage('观看课件'));
  const manifest = {
    pages: { '/': 'catalogue.html', '/watch/:id': 'watch.html' },
    assets: { 'catalogue.AB12CD34.js': { type: 'text/javascript; charset=utf-8' } },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

/** A lecture whose media is complete, with objects of any bytes. */
export interface SeededLecture {
  readonly courseware: Courseware;
  readonly generation: GenerationId;
}

/** Puts a lecture into the catalogue and its objects into the store, as a finished making leaves them. */
export async function seedLecture(
  { foundation }: Pick<CoursewareSite, 'foundation'>,
  objects: Readonly<Record<string, string | Uint8Array>>,
  options: {
    readonly isPublished?: boolean;
    readonly title?: string;
    readonly poster?: string;
    readonly storyboard?: string;
    readonly chapters?: readonly Chapter[];
  } = {},
): Promise<SeededLecture> {
  const { catalogue, database, store } = foundation;
  const draft = await catalogue.create({ title: options.title ?? '桃形李栽培' });
  const id = `seed${draft.id}`;
  const generation = generationId(id);
  await catalogue.openVersion(draft.id, { uploadId: id, sourceName: '桃形李.mp4', sourceBytes: 1 });
  const sourceKey = `sources/${id}/source.mp4`;
  await catalogue.acceptSource(id, { sourceKey, sizeBytes: 1, sha256: '0'.repeat(64), generation }, [
    prepareJob(generation, { sourceKey, sourceName: 'source.mp4', ladder: DEFAULT_LADDER_OPTIONS }),
  ]);
  for (const [name, bytes] of Object.entries(objects)) {
    const key = objectKey(`lectures/${generation}/${name}`);
    await store.put(key, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }
  await database.write((transaction) =>
    catalogue.settle(transaction, generation, {
      stage: 'ready',
      progress: 1,
      isPlayable: true,
      duration: 60,
      warnings: [],
      poster: options.poster,
      storyboard: options.storyboard,
      chapters: options.chapters ?? [],
      sound: [],
      failure: undefined,
    }),
  );
  if (options.isPublished !== false) await catalogue.move(draft.id, 'published');
  return { courseware: await catalogue.get(draft.id), generation };
}

/** Bytes that differ at every offset one is likely to confuse with another. */
export function patternBytes(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 7) & 0xff;
  return bytes;
}
