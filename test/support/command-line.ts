import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));

/** What a run of `yuanjiao` left. */
export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run under way. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** What it has written to stderr so far. */
  stderr(): string;
}

export interface CommandLineOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** The compiled command line, run as processes in a folder of its own with settings of its own. */
export class CommandLine {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(join(tmpdir(), 'yuanjiao-cli-')));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  start(args: readonly string[], options: CommandLineOptions = {}): RunningCommand {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('YUANJIAO_'));
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), YUANJIAO_LIVE_PORT: 'off', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
    const ended = new Promise<Run>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
    return { child, ended, stderr: () => stderr };
  }

  run(args: readonly string[], options: CommandLineOptions = {}): Promise<Run> {
    return this.start(args, options).ended;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes a small lecture with picture and sound. */
export async function makeClip(
  path: string,
  clip: { readonly seconds: number; readonly size?: string } = { seconds: 4 },
): Promise<void> {
  const { seconds, size = '640x360' } = clip;
  await promisify(execFile)('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
  ]);
}

/** The processes that a process has started, and those they have started. */
export async function descendantsOf(
  pid: number,
): Promise<readonly { readonly pid: number; readonly name: string }[]> {
  const parents = new Map<number, { readonly parent: number; readonly name: string }>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const match = /^\d+ \((.*)\) \S (\d+)/s.exec(stat);
    if (match !== null) parents.set(Number(entry), { parent: Number(match[2]), name: match[1] ?? '' });
  }
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child)?.parent;
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents].filter(([child]) => isBelow(child)).map(([child, { name }]) => ({ pid: child, name }));
}

/** Waits until a command encodes, and gives the ids of all processes below it. */
export async function untilEncoding(command: RunningCommand): Promise<readonly number[]> {
  const { pid = 0 } = command.child;
  return until('the command starts ffmpeg', async () => {
    const below = await descendantsOf(pid);
    return below.some(({ name }) => name === 'ffmpeg') && below.map((process) => process.pid);
  });
}

/** Which of these processes still run. One that is dead and waits for the machine's first process to notice does not. */
export function alive(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => {
    try {
      const [, state] = /\) ([A-Za-z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}
