import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePorts } from '../../scripts/free-ports.ts';

/** A real MinIO server of a test's own. */
export interface MinioServer {
  /** Such as `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Ends it, as an administrator would, and removes its data. Idempotent. */
  stop(): Promise<void>;
  /** Ends it as a power cut would; the data stays for a server started again with {@link MinioOptions.dataDir}. */
  kill(): Promise<void>;
}

export interface MinioOptions {
  /** Made in the temp folder, and removed by `stop()`, when absent. */
  readonly dataDir?: string;
  /** A free one when absent. */
  readonly port?: number;
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** A folder with `public.crt` and `private.key`; the server then speaks HTTPS. */
  readonly certsDir?: string;
}

const READY_MS = 30_000;

/** Starts a MinIO and waits until it answers. */
export async function startMinio(options: MinioOptions = {}): Promise<MinioServer> {
  const binary = await minioBinary();
  const accessKey = options.accessKey ?? `key${randomBytes(8).toString('hex')}`;
  const secretKey = options.secretKey ?? randomBytes(20).toString('hex');
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'yuanjiao-minio-')));
  const certs = options.certsDir === undefined ? [] : ['--certs-dir', options.certsDir];
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const port = options.port ?? (await freePort());
    const endpoint = `${options.certsDir === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const child = spawn(binary, ['server', '--quiet', '--address', `127.0.0.1:${port}`, ...certs, dataDir], {
      env: {
        PATH: process.env['PATH'],
        HOME: dataDir,
        MINIO_ROOT_USER: accessKey,
        MINIO_ROOT_PASSWORD: secretKey,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        MINIO_SCANNER_SPEED: 'slowest',
        GOMAXPROCS: '2',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => said.push(piece));
    child.stderr.on('data', (piece: Buffer) => said.push(piece));
    const orphan = (): void => void child.kill('SIGKILL');
    process.once('exit', orphan);
    child.once('exit', () => process.off('exit', orphan));
    if (await isReady(child, endpoint, deadline)) {
      const kill = (): Promise<void> => end(child, 'SIGKILL');
      const stop = async (): Promise<void> => {
        await end(child, 'SIGTERM');
        if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      };
      return { endpoint, accessKey, secretKey, pid: child.pid ?? 0, dataDir, stop, kill };
    }
    await end(child, 'SIGKILL');
    // the free port may have been taken by somebody else meanwhile
    if (Date.now() > deadline || options.port !== undefined) {
      throw new Error(`MinIO did not start:\n${Buffer.concat(said).toString()}`);
    }
  }
}

async function isReady(child: ChildProcess, endpoint: string, deadline: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (await answers(`${endpoint}/minio/health/live`)) return true;
    await delay(25);
  }
  return false;
}

/** Not by `fetch`, which takes no certificate of a test's own making. */
function answers(url: string): Promise<boolean> {
  const get = url.startsWith('https:') ? https.get : http.get;
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false, timeout: 2000 }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGCONT'); // one that a test has stopped would not end
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}

/** A TCP port on which nobody listens, for a server that cannot take port 0. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function minioBinary(): Promise<string> {
  const named = process.env['YUANJIAO_TEST_MINIO'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'minio'));
  const cached = join(import.meta.dirname, '../../../.cache/bin/minio');
  const places = named === undefined ? [...onPath, cached] : [named];
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  throw new Error(
    'The tests need a MinIO server: name its binary in YUANJIAO_TEST_MINIO, put it on the PATH, or run scripts/test.sh, ' +
      `which builds it into ${cached}.`,
  );
}
