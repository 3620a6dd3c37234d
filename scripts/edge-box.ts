import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { planEdge, varnishArguments, writeEdgeFiles, type EdgePlan, type EdgeWish } from 'yuanjiao/server';

import { freePorts } from './free-ports.ts';

/** What an edge is to be; addresses and folders are found for it. */
export type EdgeBoxWish = Omit<
  EdgeWish,
  'listen' | 'tls' | 'varnishListen' | 'bridgeListen' | 'stateDir' | 'pidFile' | 'name'
> & { readonly name?: string; readonly tls?: { readonly certificate: string; readonly key: string } };

/** Where nginx and Varnish are, when both are installed. */
export function edgePrograms(): { readonly nginx: string; readonly varnishd: string } | undefined {
  const nginx = programAt('nginx');
  const varnishd = programAt('varnishd');
  return nginx === undefined || varnishd === undefined ? undefined : { nginx, varnishd };
}

function programAt(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Ends its program when its input ends, however the process that started it has ended. */
const KEEPER = 'trap "" TERM; "$@" & cat >/dev/null; kill -TERM -$$; wait';

/** A county's edge with the configuration we generate: the real nginx and Varnish, on free ports, in a folder of its own. */
export class EdgeBox {
  readonly plan: EdgePlan;
  readonly folder: string;
  readonly #programs = new Map<string, ChildProcess>();

  private constructor(plan: EdgePlan, folder: string) {
    this.plan = plan;
    this.folder = folder;
  }

  /** Starts an edge and waits until it serves. */
  static async open(wish: EdgeBoxWish): Promise<EdgeBox> {
    const programs = edgePrograms();
    if (programs === undefined)
      throw new Error('An edge needs nginx and varnishd; scripts/test.sh installs them.');
    const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-edge-'));
    // Workers of an nginx that root has started are somebody else.
    await chmod(folder, 0o755);
    for (const name of ['log', 'cache', 'temp']) await mkdir(join(folder, name));
    const [listen, tlsListen, varnishListen, bridgeListen] = await freeAddresses(4);
    const { tls, ...rest } = wish;
    const plan = planEdge({
      name: 'county',
      ...rest,
      listen: listen ?? '',
      ...(tls !== undefined && { tls: { ...tls, listen: tlsListen ?? '' } }),
      varnishListen: varnishListen ?? '',
      bridgeListen: bridgeListen ?? '',
      stateDir: folder,
      pidFile: join(folder, 'nginx.pid'),
    });
    const box = new EdgeBox(plan, folder);
    await writeEdgeFiles(plan, join(folder, 'config'));
    try {
      if (plan.varnish !== undefined) box.startVarnish();
      box.#start('nginx', [programs.nginx, '-c', join(folder, 'config', 'nginx.conf'), '-g', 'daemon off;']);
      await box.untilServing(plan.varnish === undefined ? 'nginx' : 'varnish');
      return box;
    } catch (error) {
      const log = await readFile(join(folder, 'log', 'error.log'), 'utf8').catch(() => '');
      await box.close();
      throw new Error(`The edge did not start:\n${log.slice(-2000)}`, { cause: error });
    }
  }

  /** Where players go. */
  get base(): string {
    const { tls, listen } = this.plan;
    return tls === undefined ? `http://${listen}` : `https://${tls.listen}`;
  }

  /** The plain address, which leads to {@link base} where that is HTTPS. */
  get plainBase(): string {
    return `http://${this.plan.listen}`;
  }

  /** Starts Varnish, also again. */
  startVarnish(): void {
    const { varnishd = '' } = edgePrograms() ?? {};
    const words = varnishArguments(this.plan, join(this.folder, 'config', 'varnish.vcl'));
    this.#start('varnish', [varnishd, '-j', 'none', '-F', '-T', 'none', ...words]);
  }

  /** Ends Varnish alone. */
  async stopVarnish(): Promise<void> {
    await this.#stop('varnish');
  }

  /** How many requests Varnish has sent to the origin, probes apart. */
  async originRequests(): Promise<number> {
    const { stdout } = await promisify(execFile)('varnishstat', [
      ...['-n', join(this.folder, 'varnish'), '-1', '-f', 'MAIN.backend_req'],
    ]);
    return Number(/^MAIN\.backend_req\s+(\d+)/m.exec(stdout)?.[1] ?? Number.NaN);
  }

  /** How many requests Varnish is answering now, those included that wait for one which it has sent on. */
  async requestsUnderWay(): Promise<number> {
    // Not the counters of waiting requests: each thread adds its own to them when it is next given work.
    const { stdout } = await promisify(execFile)('varnishstat', [
      ...['-n', join(this.folder, 'varnish'), '-1', '-f', 'MEMPOOL.req*.live'],
    ]);
    return [...stdout.matchAll(/^MEMPOOL\.req\d+\.live\s+(\d+)/gm)]
      .map(([, live]) => Number(live))
      .reduce((sum, live) => sum + live, 0);
  }

  /** Waits until the edge says that this caches its live classes. */
  async untilServing(cache: string, deadlineMs = 60_000): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const said = await this.#health();
      if (said.includes(`"cache":"${cache}"`)) return;
      if (performance.now() > deadline) throw new Error(`The edge is not served by ${cache}: ${said}`);
      await delay(100);
    }
  }

  async #health(): Promise<string> {
    if (this.plan.tls === undefined) {
      const reply = await fetch(`${this.base}/edge/health`).catch(() => undefined);
      return (await reply?.text()) ?? 'no answer';
    }
    const { request } = await import('node:https');
    return new Promise((resolve) => {
      request(`${this.base}/edge/health`, { rejectUnauthorized: false }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        reply.on('end', () => resolve(text));
      })
        .on('error', () => resolve('no answer'))
        .end();
    });
  }

  #start(name: string, command: readonly string[]): void {
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', ...command], {
      cwd: this.folder,
      stdio: ['pipe', 'ignore', process.env['EDGE_BOX_TALKS'] === undefined ? 'ignore' : 'inherit'],
      detached: true,
    });
    keeper.unref();
    (keeper.stdin as unknown as Socket).unref();
    this.#programs.set(name, keeper);
  }

  async #stop(name: string): Promise<void> {
    const keeper = this.#programs.get(name);
    this.#programs.delete(name);
    if (keeper === undefined || keeper.exitCode !== null) return;
    keeper.ref();
    const ended = once(keeper, 'exit');
    keeper.stdin?.end();
    await ended;
  }

  /** Ends both and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#programs.keys()].map((name) => this.#stop(name)));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Addresses that nobody listens on at this moment. */
export async function freeAddresses(count: number): Promise<readonly string[]> {
  return (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
}
