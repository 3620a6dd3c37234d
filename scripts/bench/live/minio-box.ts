import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freeAddresses } from '../../edge-box.ts';

const ACCESS_KEY = 'a-key-of-the-benchmark';
const SECRET_KEY = 'a-secret-of-the-benchmark';
const READY_MS = 30_000;

/** A MinIO of a benchmark's own, which may go away and come back. */
export class MinioBox {
  readonly #folder: string;
  readonly #address: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, address: string) {
    this.#folder = folder;
    this.#address = address;
  }

  static async open(): Promise<MinioBox> {
    const [address = ''] = await freeAddresses(1);
    const box = new MinioBox(await mkdtemp(join(tmpdir(), 'yuanjiao-minio-')), address);
    await box.comeBack();
    return box;
  }

  /** What the server is told of it. */
  get settings(): Readonly<Record<string, string>> {
    return {
      YUANJIAO_STORE: `s3:http://${this.#address}/lectures`,
      YUANJIAO_STORE_ACCESS_KEY: ACCESS_KEY,
      YUANJIAO_STORE_SECRET_KEY: SECRET_KEY,
    };
  }

  /** As a power cut would end it. */
  async goAway(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** With all it had stored. */
  async comeBack(): Promise<void> {
    const env = {
      PATH: process.env['PATH'],
      HOME: this.#folder,
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_BROWSER: 'off',
    };
    const words = ['server', '--quiet', '--address', this.#address, this.#folder];
    this.#process = spawn(binary(), words, { env, stdio: 'ignore' });
    const deadline = performance.now() + READY_MS;
    while (!(await isReady(`http://${this.#address}/minio/health/ready`))) {
      if (performance.now() > deadline) throw new Error('MinIO does not come up.');
      await delay(100);
    }
  }

  /** How many objects it has of this last name; MinIO keeps each in a folder. */
  async count(name: string): Promise<number> {
    const found = await readdir(join(this.#folder, 'lectures'), { recursive: true });
    return found.filter((path) => basename(path) === name).length;
  }

  async close(): Promise<void> {
    await this.goAway();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function isReady(address: string): Promise<boolean> {
  return await fetch(address).then(
    ({ ok }) => ok,
    () => false,
  );
}

function binary(): string {
  const folders = [join(process.cwd(), '.cache', 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.map((folder) => join(folder, 'minio')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('No minio was found; scripts/test.sh installs it.');
  return found;
}
