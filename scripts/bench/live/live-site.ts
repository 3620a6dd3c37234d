import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { loadConfig, openFoundation, type Config } from 'yuanjiao/server';

import { freeAddresses } from '../../edge-box.ts';

const MAIN = fileURLToPath(new URL('../../../server/cli/main.js', import.meta.url));
const TICKS_A_SECOND = 100;

/** A class as its operator has set it up. */
export interface BookedClass {
  readonly id: string;
  /** What the encoder is given. */
  readonly publishUrl: string;
}

/** How a class is booked. */
export interface ClassWish {
  readonly title: string;
  readonly latency?: 'low' | 'ordinary';
  /** The names of `ladder` in the API. Default `source`: what the encoder sends. */
  readonly ladder?: string;
}

/** A publish session as the operator is told of it. */
export interface SessionFacts {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly endReason: string | undefined;
}

/** An encoder that is connected. */
export interface InputFacts {
  readonly role: 'main' | 'backup';
  readonly sessionId: string;
  readonly isOnAir: boolean;
}

/** The whole server as a process of its own, with its ingest, on free ports and an empty folder. */
export class LiveSite {
  readonly base: string;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #token: string;
  readonly #rtmp: string;
  readonly #said = new Set<string>();
  #process: ChildProcess | undefined;

  private constructor(
    base: string,
    folder: string,
    settings: Readonly<Record<string, string>>,
    token: string,
    rtmp: string,
  ) {
    this.base = base;
    this.#folder = folder;
    this.#settings = settings;
    this.#token = token;
    this.#rtmp = rtmp;
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<LiveSite> {
    const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-live-'));
    const [http = '', rtmp = ''] = await freeAddresses(2);
    const settings = {
      YUANJIAO_DATA_DIR: folder,
      YUANJIAO_HOST: '127.0.0.1',
      YUANJIAO_PORT: http.split(':')[1] ?? '',
      YUANJIAO_LIVE_PORT: rtmp.split(':')[1] ?? '',
      YUANJIAO_WORKERS: '0',
      YUANJIAO_MIN_FREE_BYTES: '0',
      YUANJIAO_LOG_LEVEL: 'info',
      ...env,
    };
    const token = await newToken(loadConfig({ env: settings, cwd: folder }));
    const site = new LiveSite(`http://${http}`, folder, settings, token, `rtmp://${rtmp}/live`);
    await site.restart();
    return site;
  }

  /** Ends the server as a power cut would; what it had started ends with it. */
  async kill(): Promise<void> {
    await this.#stop('SIGKILL');
  }

  /** Starts a killed server again at the same addresses, and waits until it listens. */
  async restart(): Promise<void> {
    this.#process = await startServer(this.#folder, this.#settings, this.#said);
  }

  /** Whether its log has had a message. */
  hasSaid(message: string): boolean {
    return this.#said.has(message);
  }

  /** Ends the process that takes what encoders send, as a power cut would. */
  async killIngest(): Promise<void> {
    const pids = (await processesBelow(this.#process?.pid ?? 0)).map(({ pid }) => pid);
    for (const pid of pids) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!command.includes('ingest-process')) continue;
      process.kill(pid, 'SIGKILL');
      return;
    }
    throw new Error('The ingest has no process of its own.');
  }

  /** Asks as the administrator. */
  async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const reply = await fetch(this.base + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  }

  /** Books a class for now, tells everybody of it, and starts it. */
  async startClass({ title, latency = 'low', ladder = 'source' }: ClassWish): Promise<BookedClass> {
    const now = Date.now();
    const created = await this.ask('POST', '/api/v1/live-classes', {
      title,
      channel: title,
      plannedStart: new Date(now - 60_000).toISOString(),
      plannedEnd: new Date(now + 3_600_000).toISOString(),
      latency,
      ladder,
      state: 'scheduled',
    });
    const { id } = (await created.json()) as { readonly id: string };
    await this.ask('POST', `/api/v1/live-classes/${id}/announce`, {});
    const publishUrl = await this.publishUrl(id, 'main');
    await this.ask('POST', `/api/v1/live-classes/${id}/start`, {});
    return { id, publishUrl };
  }

  /** Gives a class a key, and says where an encoder that has it publishes. */
  async publishUrl(id: string, role: 'main' | 'backup'): Promise<string> {
    const issued = await this.ask('POST', `/api/v1/live-classes/${id}/keys/${role}`, {});
    const { key } = (await issued.json()) as { readonly key: string };
    return `${this.#rtmp}/${key}`;
  }

  /** Ends a class, as its operator does. */
  async endClass(id: string): Promise<void> {
    await this.ask('POST', `/api/v1/live-classes/${id}/end`, {});
  }

  /** Who has published to a class, oldest first. */
  async sessions(id: string): Promise<readonly SessionFacts[]> {
    const reply = await this.ask('GET', `/api/v1/live-classes/${id}/sessions`);
    const { items } = (await reply.json()) as {
      readonly items: readonly {
        readonly startedAt: number | string;
        readonly endedAt?: number | string | null;
        readonly endReason?: string | null;
      }[];
    };
    return items.map(({ startedAt, endedAt, endReason }) => ({
      startedAtMs: new Date(startedAt).getTime(),
      endedAtMs: endedAt === undefined || endedAt === null ? undefined : new Date(endedAt).getTime(),
      endReason: endReason ?? undefined,
    }));
  }

  /** The encoders that are connected now. */
  async inputs(id: string): Promise<readonly InputFacts[]> {
    const reply = await this.ask('GET', `/api/v1/live-classes/${id}/air`);
    return ((await reply.json()) as { readonly inputs: readonly InputFacts[] }).inputs;
  }

  /** When the class's latest encoder began to send; milliseconds since 1970. */
  async publishedAt(id: string): Promise<number> {
    return Math.max(...(await this.sessions(id)).map(({ startedAtMs }) => startedAtMs));
  }

  /** Where players find the class, once there is something to play. The address is without a host. */
  async playlistPath(id: string, deadlineMs = 30_000): Promise<string> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const reply = await fetch(`${this.base}/live/class/${id}.json`);
      const state = reply.ok ? ((await reply.json()) as { readonly playlistUrl?: string }) : {};
      if (state.playlistUrl !== undefined) return new URL(state.playlistUrl, this.base).pathname;
      if (performance.now() > deadline)
        throw new Error(`Nothing of the class can be played: ${JSON.stringify(state)}`);
      await delay(25);
    }
  }

  /** Processor time of the server and all it has started, in seconds. */
  async cpuSeconds(): Promise<number> {
    return cpuSecondsBelow(this.#process?.pid ?? 0);
  }

  async close(): Promise<void> {
    await this.#stop('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }
}

async function newToken(config: Config): Promise<string> {
  const foundation = await openFoundation(config);
  const { token } = await foundation.accounts.createToken('bench');
  await foundation.close();
  return token;
}

/** Runs the server and waits until it listens; notes the messages of its log. */
async function startServer(
  folder: string,
  settings: Readonly<Record<string, string>>,
  said: Set<string>,
): Promise<ChildProcess> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('YUANJIAO_'));
  const server = spawn(process.execPath, [MAIN, 'serve'], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilListening(server, said);
  return server;
}

async function untilListening(server: ChildProcess, said: Set<string>): Promise<void> {
  if (server.stdout === null) throw new Error('The server says nothing.');
  const lines: string[] = [];
  const ended = once(server, 'exit').then(() => {
    throw new Error(`The server has ended:\n${lines.slice(-10).join('\n')}`);
  });
  const found = new Promise<void>((resolve) => {
    createInterface({ input: server.stdout! }).on('line', (line) => {
      if (lines.length < 200) lines.push(line);
      const told = JSON.parse(line) as { readonly msg?: string };
      if (told.msg !== undefined) said.add(told.msg);
      if (told.msg === 'listening') resolve();
    });
  });
  // Later the process is ended on purpose.
  ended.catch(() => {});
  await Promise.race([found, ended]);
}

/** Processor time of a process and of all below it, in seconds. */
export async function cpuSecondsBelow(root: number): Promise<number> {
  return (await processesBelow(root)).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_A_SECOND;
}

/** A process and all that it has started. */
async function processesBelow(
  root: number,
): Promise<readonly { readonly pid: number; readonly ticks: number }[]> {
  const all = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Of those that have ended, what their parent has been told (fields 14 to 17 of proc(5)).
    const ticks = [11, 12, 13, 14].reduce((total, at) => total + Number(words[at] ?? 0), 0);
    if (words.length > 14) all.set(Number(entry), { parent: Number(words[1]), ticks });
  }
  const isBelow = (pid: number): boolean =>
    pid === root || (all.has(pid) && pid > 1 && isBelow(all.get(pid)?.parent ?? 0));
  return [...all].filter(([pid]) => isBelow(pid)).map(([pid, { ticks }]) => ({ pid, ticks }));
}
