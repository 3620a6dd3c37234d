import { createSocket } from 'node:dgram';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { openStore } from 'yuanjiao/storage';
import { openBox, probe, transcode, TranscodeError, type BoxKind } from 'yuanjiao/transcoder';

import { pathWithoutSandbox, programOnPath } from '../machine.ts';
import { testFolder, type TestFolder } from '../media.ts';
import type { HostileFile, Materials } from './hostile-file.ts';
import { makeMaterials } from './materials.ts';

/** What one hostile file has done. */
export interface Impact {
  /** The code it was refused with, `accepted`, or `made` when it became a lecture. */
  readonly outcome: string;
  readonly message: string;
  /** System calls of ffmpeg and ffprobe that reach out of the box: sockets, and files that are none of their business. */
  readonly escapes: readonly string[];
  /** Stored objects that hold the secret. */
  readonly leaks: readonly string[];
}

/** What nobody may find in a lecture. */
const SECRET = 'canary-7c1f02d9';

const AT_ONCE = 2;
/** Nothing here needs a fiftieth of it, on an idle machine. What takes longer is canceled, which is an outcome nobody expects. */
const WALL_MS = 120_000;

/** System calls that open files or reach other processes and machines. */
const WATCHED = 'execve,open,openat,openat2,creat,socket,connect,bind,sendto,sendmsg';

/**
 * Where hostile files are tried: media tools run under strace, which tells every file they open and every socket they make; listeners
 * on all addresses of this machine count who calls.
 */
export class FiringRange {
  readonly materials: Materials;
  /** Connections and datagrams that arrived. */
  readonly calls: string[] = [];
  readonly #folder: TestFolder;
  readonly #close: () => Promise<void>;
  readonly #path = process.env['PATH'] ?? '';

  private constructor(folder: TestFolder, materials: Materials, close: () => Promise<void>) {
    this.#folder = folder;
    this.materials = materials;
    this.#close = close;
  }

  static async open(): Promise<FiringRange> {
    const folder = await testFolder();
    const server = createServer();
    // All addresses of the machine, of both families where it has both.
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port, family } = server.address() as AddressInfo;
    const datagrams = createSocket(family === 'IPv6' ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => datagrams.bind(port, () => resolve()));
    const materials = await makeMaterials(folder, port, SECRET);
    const range = new FiringRange(folder, materials, async () => {
      await new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => datagrams.close(resolve));
    });
    server.on('connection', (socket) => {
      range.calls.push(`a connection from ${socket.remoteAddress}`);
      socket.destroy();
    });
    datagrams.on('message', (_, from) => range.calls.push(`a datagram from ${from.address}`));
    return range;
  }

  /** Tries the files, each alone in a folder with the baits beside it. `encodes` says whether those are made too that say so. */
  async fire(
    files: readonly HostileFile[],
    kind: BoxKind,
    encodes: boolean,
  ): Promise<ReadonlyMap<string, Impact>> {
    const tools = this.#folder.join(`tools-${kind}`);
    const traces = this.#folder.join(`traces-${kind}`);
    await mkdir(tools);
    await mkdir(traces);
    process.env['PATH'] = await layOutTools(kind, tools, traces, this.#path);
    try {
      const box = await openBox();
      if (box.kind !== kind) throw new Error(`the box is ${box.kind} and not ${kind}: ${box.weakness}`);
      const impacts = new Map<string, Impact>();
      const waiting = [...files.entries()];
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [place, file] = next;
          const folder = this.#folder.join(`${kind}-${place}`);
          const shot = await this.#shoot(file, folder, encodes);
          impacts.set(file.name, {
            ...shot,
            escapes: await escapesOf(traces, folder, join(folder, file.name)),
          });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, () => lane()));
      return impacts;
    } finally {
      process.env['PATH'] = this.#path;
    }
  }

  /**
   * The same playlist that names an address and a neighbour, given to ffprobe as it is, without box and without our options.
   *
   * @returns what the range has noticed of it
   */
  async control(): Promise<{ readonly calls: number; readonly escapes: readonly string[] }> {
    const tools = this.#folder.join('tools-control');
    const traces = this.#folder.join('traces-control');
    const folder = this.#folder.join('control');
    await Promise.all([mkdir(tools), mkdir(traces), mkdir(folder)]);
    const path = await layOutTools('limits', tools, traces, this.#path);
    const playlist = (uri: string): string =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${uri}\n#EXT-X-ENDLIST\n`;
    await writeFile(join(folder, 'address.m3u8'), playlist(`${this.materials.url}/segment.ts`));
    await writeFile(join(folder, 'neighbour.m3u8'), playlist(this.materials.neighbour));
    const work = join(folder, 'work');
    await mkdir(work);
    for (const name of ['address.m3u8', 'neighbour.m3u8']) {
      const words = ['-v', 'quiet', '-protocol_whitelist', 'file,http,tcp,crypto', '-i', join(folder, name)];
      // It may well end with an error: nobody sends it a segment.
      await new Promise<void>((resolve) => {
        execFile('ffprobe', words, { cwd: work, env: { PATH: path } }, () => resolve());
      });
    }
    const escapes = await escapesOf(traces, folder, join(folder, 'nothing'));
    const calls = this.calls.splice(0).length;
    return { calls, escapes };
  }

  async close(): Promise<void> {
    await this.#close();
    await this.#folder.remove();
  }

  async #shoot(file: HostileFile, folder: string, encodes: boolean): Promise<Omit<Impact, 'escapes'>> {
    await mkdir(folder);
    const path = join(folder, file.name);
    await writeFile(path, file.make(this.materials));
    await copyFile(this.materials.neighbour, join(folder, 'neighbour.ts'));
    await copyFile(this.materials.neighbour, join(folder, 'neighbour.mkv'));
    await writeFile(join(folder, 'ASSETMAP.xml'), `<AssetMap>${SECRET}</AssetMap>`);
    const scratchDir = join(folder, 'scratch');
    const signal = AbortSignal.timeout(WALL_MS);
    const outcome = await probe(path, { scratchDir, signal })
      .then(async () => {
        const isMade = file.outcome === 'made' || file.isRefusedLate === true;
        if (!encodes || !isMade) return { outcome: 'accepted', message: '' };
        const store = await openStore(`folder:${join(folder, 'lecture')}`);
        await transcode(path, store, { scratchDir, concurrency: 1, signal });
        await store.close();
        return { outcome: 'made', message: '' };
      })
      .catch((error: unknown) => {
        if (error instanceof TranscodeError) return { outcome: error.code, message: error.message };
        throw error;
      });
    return { ...outcome, leaks: await leaksIn(join(folder, 'lecture')) };
  }
}

/** Lays out a folder of programs in which media tools run under strace, and returns the PATH that leads to it. */
async function layOutTools(kind: BoxKind, tools: string, traces: string, path: string): Promise<string> {
  const traced = async (name: string): Promise<void> => {
    const program = programOnPath(name, path);
    const script = [
      '#!/bin/sh',
      `echo "$PWD" >'${traces}'/$$.cwd`,
      `exec strace -f -qq --seccomp-bpf -s 4000 -e signal=none -e trace=${WATCHED} -o '${traces}'/$$.trace ${program} "$@"`,
    ];
    await writeFile(join(tools, name), `${script.join('\n')}\n`);
    await chmod(join(tools, name), 0o755);
  };
  if (kind === 'bubblewrap') {
    await traced('bwrap');
    return `${tools}:${path}`;
  }
  for (const name of ['ffmpeg', 'ffprobe']) await traced(name);
  const others = await pathWithoutSandbox(join(tools, 'others'));
  await symlink(programOnPath('strace', path), join(others, 'strace'));
  return `${tools}:${others}`;
}

/** What a media tool may open: itself and its libraries, what the machine is like, its source and its output. */
const OWN =
  /^(\/usr\/|\/lib|\/bin\/|\/etc\/(ld\.so|alternatives\/|gcrypt\/)|\/proc\/(self\/|cpuinfo$|stat$|filesystems$|meminfo$|sys\/crypto\/fips_enabled$)|\/sys\/devices\/system\/|\/sys\/fs\/cgroup|\/sys\/kernel\/mm\/transparent_hugepage\/|\/dev\/(null|urandom|random)$|source$|out\/)/;

async function escapesOf(traces: string, folder: string, source: string): Promise<readonly string[]> {
  const escapes: string[] = [];
  for (const name of await readdir(traces)) {
    if (!name.endsWith('.cwd')) continue;
    const cwd = (await readFile(join(traces, name), 'utf8')).trim();
    if (!cwd.startsWith(`${folder}/`)) continue;
    const trace = await readFile(join(traces, name.replace('.cwd', '.trace')), 'utf8');
    const calls = callsOfMediaTool(trace);
    if (calls.length === 0) escapes.push(`${name}: nothing was traced`);
    escapes.push(...calls.filter((call) => reachesOut(call, source)));
  }
  return escapes;
}

/** The calls that ffmpeg or ffprobe has made, once the box has started it. */
function callsOfMediaTool(trace: string): readonly string[] {
  const before = new Set<string>();
  const calls: string[] = [];
  let hasBegun = false;
  for (const line of trace.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    // A line is cut in two where another process spoke in between.
    if (/^execve\("[^"]*\/ff(mpeg|probe)", .*( = 0|<unfinished \.\.\.>)$/.test(call)) {
      hasBegun = true;
      before.delete(thread);
      calls.push(call);
    } else if (!hasBegun) before.add(thread);
    else if (!before.has(thread)) calls.push(call);
  }
  return calls;
}

function reachesOut(call: string, source: string): boolean {
  if (/^(socket|connect|bind|sendto|sendmsg)\(/.test(call)) return true;
  const [, path] = /^(?:open|openat|openat2|creat)\((?:AT_FDCWD, )?"([^"]*)"/.exec(call) ?? [];
  return path !== undefined && path !== source && !OWN.test(path);
}

/** Names of files below a folder that hold the secret. */
async function leaksIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const leaks: string[] = [];
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(SECRET)) leaks.push(join(basename(dirname(path)), entry.name));
  }
  return leaks;
}
