import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { TranscodeError } from './errors.ts';

/**
 * How ffmpeg is shut in. `bubblewrap`: no network, no process but its own, nothing readable but the source and the
 * system's libraries, nothing writable but its output folder. `limits`: only the limits on memory and file size, because
 * bubblewrap is missing or the kernel refuses it; the options against hostile media still apply.
 */
export type BoxKind = 'bubblewrap' | 'limits';

/**
 * Where media tools run. A run happens in a folder that holds `source` (a link to the file to read) and `out/` (what the
 * run may write); inside the box both have the same names, so argument lists do not depend on the kind of box.
 */
export interface Box {
  readonly kind: BoxKind;
  /** Why it is not `bubblewrap`, and what to do; undefined when it is. */
  readonly weakness: string | undefined;
  /** Programs that take the tool's arguments and run it boxed, from the run's folder. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
}

/** Virtual memory of one tool. A 1080p ladder takes 0.6 GiB; a decompression bomb must end here and not in swap. */
const MEMORY_LIMIT_BYTES = 4 * 1024 ** 3;

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
  const refusal = bwrap === undefined ? 'bubblewrap is not installed' : await whyRefused(bwrap);
  const prefix =
    refusal === undefined && bwrap !== undefined
      ? [bwrap, ...boxArguments([dirname(ffmpeg), dirname(ffprobe)])]
      : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-box-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    kind: prefix === undefined ? 'limits' : 'bubblewrap',
    weakness:
      refusal === undefined
        ? undefined
        : `Media is decoded without a sandbox: ${refusal}. Install it (apt-get install bubblewrap) and allow user namespaces.`,
    ffmpeg: writeLauncher(folder, ffmpeg, prefix),
    ffprobe: writeLauncher(folder, ffprobe, prefix),
  };
}

/**
 * The launcher is a file because fluent-ffmpeg can only be told the path of a program. It finds its run's folder by the
 * working directory, the one spawn option that library passes on, so runs with different folders may overlap.
 */
function writeLauncher(folder: string, program: string, box: readonly string[] | undefined): string {
  const limits = `prlimit --as=${MEMORY_LIMIT_BYTES} --core=0 --`;
  const lines = [
    '#!/bin/sh',
    '[ -e source ] || exec ' + quote(program) + ' "$@"',
    box === undefined
      ? `exec ${limits} ${quote(program)} "$@"`
      : `exec ${limits} ${box.map(quote).join(' ')} --ro-bind "$(readlink -f source)" /box/source --bind "$PWD/out" /box/out --chdir /box -- ${quote(program)} "$@"`,
    '',
  ];
  const text = lines.join('\n');
  const name = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const path = join(folder, `${name}-${program.endsWith('ffprobe') ? 'ffprobe' : 'ffmpeg'}`);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

function boxArguments(programFolders: readonly string[]): string[] {
  const words = ['--unshare-all', '--die-with-parent', '--new-session', '--clearenv'];
  words.push('--uid', '65534', '--gid', '65534', '--cap-drop', 'ALL');
  words.push('--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'LANG', 'C.UTF-8');
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
  words.push('--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--dir', '/box');
  return words;
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
            : `bubblewrap does not start (${stderr.trim().split('\n')[0] || error.message})`,
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
