import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { TranscodeError } from './errors.ts';

/**
 * How ffmpeg is shut in. `bubblewrap`: no network, no process but its own, nothing readable but the source and the
 * system's libraries, nothing writable but its output folder. `limits`: only the limits on memory, computing time and file
 * size, because bubblewrap is missing or the kernel refuses it; the options against hostile media still apply.
 */
export type BoxKind = 'bubblewrap' | 'limits';

/** Whether media may be decoded where there is no sandbox. */
export type SandboxPolicy = 'preferred' | 'required';

/**
 * Where media tools run. A run happens in a folder that holds `source` (a link to the file to read), `out/` (what the
 * run may write) and `limits` (what it may use, see {@link limitWords}); inside the box both have the same names, so argument lists
 * do not depend on the kind of box.
 */
export interface Box {
  readonly kind: BoxKind;
  /** Why it is not `bubblewrap`, and what to do; undefined when it is. */
  readonly weakness: string | undefined;
  /** Programs that take the tool's arguments and run it boxed, from the run's folder. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** ffmpeg with the graphics chip in its box. */
  readonly ffmpegWithChip: string;
}

/** What one run may use beyond what holds for all. */
export interface RunLimits {
  /** Seconds of processor time, over all its threads. */
  readonly cpuSeconds: number;
  /** Bytes of the largest file it writes. */
  readonly outputBytes: number;
}

/**
 * Memory of one tool. A 1080p ladder takes 0.6 GiB; a decompression bomb must end here and not in swap. Address space is what is
 * counted, and each thread reserves some that it never touches, so there is more of it where there are more processors.
 */
const MEMORY_LIMIT_BYTES = 4 * 1024 ** 3 + availableParallelism() * 128 * 1024 ** 2;

/** Processes and threads of the user that the tools run as. ffmpeg takes a few for each processor; a fork bomb takes all there are. */
const PROCESS_LIMIT = 4096 + availableParallelism() * 64;

/** Between the polite signal for too much computing time and the kill. */
const LAST_SECONDS = 5;

/** Limits as the launcher wants them in the file `limits`; pure. */
export function limitWords({ cpuSeconds, outputBytes }: RunLimits): string {
  const cpu = Math.ceil(cpuSeconds);
  return `--cpu=${cpu}:${cpu + LAST_SECONDS} --fsize=${Math.ceil(outputBytes)}\n`;
}

/**
 * How glibc hands out memory in a run: in pages of 2 MiB where the system allows them on request, and kept once it was given. A ladder's
 * pictures fill 400 MB, which is 32,000 page faults at every start otherwise and 5,000 so. Other C libraries do not read it.
 */
const MEMORY_TUNING = [
  'glibc.malloc.hugetlb=1',
  `glibc.malloc.mmap_threshold=${32 * 2 ** 20}`,
  `glibc.malloc.trim_threshold=${256 * 2 ** 20}`,
  `glibc.malloc.top_pad=${16 * 2 ** 20}`,
].join(':');
const LARGE_PAGES = '/sys/kernel/mm/transparent_hugepage';

const opened = new Map<string, Promise<Box>>();

/**
 * Finds the tools and the strongest box this machine allows; the answer is kept for the life of the process.
 *
 * @throws {TranscodeError} `tool-missing` when ffmpeg or ffprobe is not installed, with the command that installs it
 */
export function openBox(): Promise<Box> {
  const key = process.env['PATH'] ?? '';
  let box = opened.get(key);
  if (box === undefined) {
    box = findBox();
    opened.set(key, box);
    box.catch(() => opened.delete(key));
  }
  return box;
}

/**
 * Refuses to go on where there must be a sandbox and is none. It looks again each time, so that a sandbox which was installed
 * meanwhile is found.
 *
 * @throws {TranscodeError} `sandbox-missing`, `tool-missing`
 */
export async function demandSandbox(policy: SandboxPolicy): Promise<void> {
  const { weakness } = await openBox();
  if (policy === 'preferred' || weakness === undefined) return;
  opened.delete(process.env['PATH'] ?? '');
  throw new TranscodeError(
    'sandbox-missing',
    `Nothing is decoded, because a sandbox is required and there is none. ${weakness}`,
  );
}

async function findBox(): Promise<Box> {
  const ffmpeg = findProgram('ffmpeg');
  const ffprobe = findProgram('ffprobe');
  if (ffmpeg === undefined || ffprobe === undefined) {
    throw new TranscodeError(
      'tool-missing',
      'Cannot work with media: ffmpeg and ffprobe are not on the PATH. Install them: apt-get install ffmpeg',
    );
  }
  const bwrap = findProgram('bwrap');
  const weakness = bwrap === undefined ? NOT_INSTALLED : await whyRefused(bwrap);
  const programFolders = [dirname(ffmpeg), dirname(ffprobe)];
  const prefix = (devices: readonly string[]): readonly string[] | undefined =>
    weakness === undefined && bwrap !== undefined
      ? [bwrap, ...boxArguments(programFolders, devices)]
      : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-box-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const memory = `--as=${MEMORY_LIMIT_BYTES}`;
  return {
    kind: weakness === undefined ? 'bubblewrap' : 'limits',
    weakness: weakness === undefined ? undefined : `Media is decoded without a sandbox: ${weakness}.`,
    ffmpeg: writeLauncher(folder, ffmpeg, memory, prefix([])),
    ffprobe: writeLauncher(folder, ffprobe, memory, prefix([])),
    // Drivers of graphics chips map address space by the terabyte, so only what can be written to is counted.
    ffmpegWithChip: writeLauncher(folder, ffmpeg, `--data=${MEMORY_LIMIT_BYTES}`, prefix(chipDevices())),
  };
}

const NOT_INSTALLED = 'bubblewrap is not installed. Install it: apt-get install bubblewrap';

/**
 * The launcher is a file because fluent-ffmpeg can only be told the path of a program. It finds its run's folder by the
 * working directory, the one spawn option that library passes on, so runs with different folders may overlap.
 *
 * Encoding yields to serving: ten steps of niceness are a tenth of the processor where both want it, and nothing where only one does.
 * The disk's lowest class but one: the lowest could wait for ever behind a busy database and be taken for a stall.
 */
function writeLauncher(
  folder: string,
  program: string,
  memory: string,
  box: readonly string[] | undefined,
): string {
  const limits = `nice -n 10 ionice -c 2 -n 7 prlimit ${memory} --core=0 --nproc=${PROCESS_LIMIT} $words --`;
  const lines = [
    '#!/bin/sh',
    '[ -e source ] || exec ' + quote(program) + ' "$@"',
    'read -r words < limits',
    box === undefined
      ? `export GLIBC_TUNABLES=${MEMORY_TUNING} && exec ${limits} ${quote(program)} "$@"`
      : `exec ${limits} ${box.map(quote).join(' ')} --ro-bind "$(readlink -f source)" /box/source --bind "$PWD/out" /box/out --remount-ro / --chdir /box -- ${quote(program)} "$@"`,
    '',
  ];
  const text = lines.join('\n');
  const name = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const path = join(folder, `${name}-${program.endsWith('ffprobe') ? 'ffprobe' : 'ffmpeg'}`);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

function boxArguments(programFolders: readonly string[], devices: readonly string[] = []): string[] {
  const words = ['--unshare-all', '--die-with-parent', '--clearenv'];
  // At a terminal, a session of its own keeps the tool from typing into it, and Ctrl-C from reaching the tool. Elsewhere it would only undo
  // the niceness, which the kernel's autogroups count within a session: beside two encoders a server answered 12,000 requests
  // in the time of 3,400.
  if (hasTerminal()) words.push('--new-session');
  words.push('--uid', '65534', '--gid', '65534', '--cap-drop', 'ALL');
  words.push('--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'LANG', 'C.UTF-8');
  words.push('--setenv', 'GLIBC_TUNABLES', MEMORY_TUNING);
  words.push('--ro-bind', '/usr', '/usr');
  for (const folder of ['/bin', '/lib', '/lib64', '/lib32']) {
    if (!existsSync(folder)) continue;
    if (lstatSync(folder).isSymbolicLink()) words.push('--symlink', readlinkSync(folder), folder);
    else words.push('--ro-bind', folder, folder);
  }
  // Debian reaches libblas, which ffmpeg links, through /etc/alternatives.
  for (const path of ['/etc/alternatives', '/etc/ld.so.cache']) words.push('--ro-bind-try', path, path);
  for (const folder of new Set(programFolders)) {
    if (!folder.startsWith('/usr/') && folder !== '/bin') words.push('--ro-bind', folder, folder);
  }
  // How large pages may be asked for; without it glibc asks for none.
  words.push('--ro-bind-try', LARGE_PAGES, LARGE_PAGES);
  words.push('--proc', '/proc', '--dev', '/dev');
  for (const device of devices) words.push('--dev-bind', device, device);
  // Drivers look up in /sys what chip a device is.
  if (devices.length > 0) words.push('--ro-bind', '/sys', '/sys');
  // What can be written lies in memory, where no limit on files counts: nothing but the output folder may be.
  words.push('--remount-ro', '/dev', '--dir', '/box', '--dir', '/box/out');
  return words;
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** The graphics chips of this machine as device files. */
function chipDevices(): readonly string[] {
  return readdirSync('/dev')
    .filter((name) => name === 'dri' || name.startsWith('nvidia'))
    .map((name) => `/dev/${name}`);
}

/** Containers often lack the right to make user namespaces; only trying tells. */
function whyRefused(bwrap: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      bwrap,
      [...boxArguments([]), '--', '/usr/bin/true'],
      { timeout: 10_000 },
      (error, _out, stderr) => {
        resolve(
          error === null
            ? undefined
            : `bubblewrap does not start (${stderr.trim().split('\n')[0] || error.message}). Allow user namespaces: ` +
                'sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000; in a container, start it with ' +
                '--security-opt seccomp=unconfined --security-opt apparmor=unconfined',
        );
      },
    );
  });
}

function findProgram(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder.startsWith('/') && existsSync(path)) return path;
  }
  return undefined;
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Kills a boxed run with all it has started. Killing the launcher alone is not enough: bubblewrap's inner process, killed off from
 * its parent before it has asked to die with it, waits for that parent for ever and keeps our pipes open. The launcher is
 * stopped first, so that it starts nothing while its children are listed.
 */
export function killRun(pid: number | undefined): void {
  if (pid === undefined) return;
  signal(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) killRun(child);
  signal(pid, 'SIGKILL');
}

/** The clock of the times in `/proc`, in ticks a second; Linux shows the same to every program, whatever it was built with. */
const TICKS_PER_SECOND = 100;

/** The processor time that a boxed run and all it has started have taken so far, in seconds. */
export function cpuSecondsOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 0; // it has ended
  }
  // After the name, which may hold anything: utime and stime are the 12th and 13th (proc(5) counts them 14 and 15).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own);
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
