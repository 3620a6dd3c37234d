import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Upload, type UploadOptions } from 'tus-js-client';

import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));
/** What the administrator of a test signs in with. */
export const PASSWORD = '杨梅熟了的时候去山上';

/** Runs `yuanjiao` with these words, to its end. */
export async function yuanjiao(
  env: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('YUANJIAO_'));
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...words], {
    env: { ...Object.fromEntries(inherited), ...env },
  });
  return stdout;
}

/** How the making of a lecture stands, as the API tells it. */
export interface Production {
  readonly state: string;
  readonly progress: number;
  readonly isPlayable: boolean;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly sound: readonly { readonly name: string; readonly loudness: number; readonly gain: number }[];
}

/** The administrator at work over the API, signed in as a browser is. */
export interface Producer {
  ask(method: string, path: string, body?: unknown): Promise<Response>;
  get<T>(path: string): Promise<T>;
  createCourseware(title: string): Promise<string>;
  /** Uploads a file by tus and tells at which byte each piece was begun. `base` is another way to the server. */
  upload(
    id: string,
    path: string,
    options?: Partial<UploadOptions>,
    base?: string,
  ): Promise<readonly number[]>;
  /** Waits until the production is as asked; a failed one ends the waiting. */
  production(
    id: string,
    what: string,
    isSo: (production: Production) => boolean,
    deadlineMs?: number,
  ): Promise<Production>;
  publish(id: string): Promise<void>;
}

/** Makes the administrator from the command line. */
export async function makeAdmin(env: Readonly<Record<string, string>>): Promise<void> {
  await yuanjiao({ ...env, YUANJIAO_ADMIN_PASSWORD: PASSWORD }, 'admin', 'init');
}

/** Signs in over REST. */
export async function signIn(base: string): Promise<Producer> {
  const reply = await fetch(`${base}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  });
  if (reply.status !== 201) throw new Error(`signing in: ${reply.status} ${await reply.text()}`);
  const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? '';

  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(base + path, {
      method,
      headers: { Cookie: cookie, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const expectOk = async (asked: Promise<Response>): Promise<unknown> => {
    const reply = await asked;
    if (!reply.ok) throw new Error(`${reply.url}: ${reply.status} ${await reply.text()}`);
    return await reply.json();
  };
  const get = async <T>(path: string): Promise<T> => (await expectOk(ask('GET', path))) as T;

  return {
    ask,
    get,
    async createCourseware(title) {
      const made = await expectOk(ask('POST', '/api/v1/courseware', { title, tags: ['乡土'] }));
      return (made as { readonly id: string }).id;
    },
    async upload(id, path, options = {}, through = base) {
      const bytes = await readFile(path);
      const begun: number[] = [];
      await new Promise<void>((resolve, reject) => {
        const upload = new Upload(bytes, {
          endpoint: `${through}/api/v1/uploads`,
          headers: { Cookie: cookie },
          metadata: {
            courseware: id,
            filename: '讲课.mp4',
            sha256: createHash('sha256').update(bytes).digest('hex'),
          },
          retryDelays: [0, 100, 300, 500, 1000, 1000, 2000, 2000, 4000, 4000],
          onBeforeRequest: (request) => {
            const offset = request.getHeader('Upload-Offset');
            if (request.getMethod() === 'PATCH' && offset !== undefined) begun.push(Number(offset));
          },
          ...options,
          onSuccess: () => resolve(),
          onError: reject,
        });
        upload.start();
      });
      return begun;
    },
    production: (id, what, isSo, deadlineMs) =>
      until(
        what,
        async () => {
          const found = await get<Production>(`/api/v1/courseware/${id}/production`);
          if (found.state === 'failed') throw new Error(`${what}: ${JSON.stringify(found)}`);
          return isSo(found) && found;
        },
        deadlineMs,
      ),
    async publish(id) {
      await expectOk(ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'published' }));
    },
  };
}

/** A line to a server that breaks once, after so many bytes were sent through it. */
export interface BreakingLine {
  readonly base: string;
  readonly hasBroken: boolean;
  close(): Promise<void>;
}

export async function breakingLine(base: string, afterBytes: number): Promise<BreakingLine> {
  const { hostname, port } = new URL(base);
  let sent = 0;
  let hasBroken = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('data', (piece: Buffer) => {
      sent += piece.length;
      if (sent > afterBytes && !hasBroken) {
        hasBroken = true;
        near.destroy();
        far.destroy();
      }
    });
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get hasBroken() {
      return hasBroken;
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
