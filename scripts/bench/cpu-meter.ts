import { execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What a command took, with everything it started. */
export interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** Where the kernel counts processor time per group: version 1's own controller, or version 2's one tree. */
const GROUP_ROOTS = ['/sys/fs/cgroup/cpuacct', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup'];

let groups = 0;

/**
 * Runs a command in a control group of its own and reads what all its processes took. Asking the process itself would miss
 * whatever ran in a sandbox's own process namespace, which is never reported to the parent.
 *
 * @throws when the command fails, or when control groups cannot be written (they need root)
 */
export async function measure(command: readonly string[]): Promise<Cost> {
  const root = GROUP_ROOTS.find(
    (path) => existsSync(path) && existsSync(join(path, 'cgroup.procs')) && isWritable(path),
  );
  if (root === undefined)
    throw new Error('Cannot measure: control groups cannot be written. Run the benchmark as root.');
  groups += 1;
  const group = join(root, `yuanjiao-bench-${process.pid}-${groups}`);
  mkdirSync(group);
  const [program = '', ...words] = command;
  const begin = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const child = spawn(
        'sh',
        [
          '-c',
          'echo $$ > "$0/cgroup.procs" && export BENCH_GROUP="$0" && exec "$@"',
          group,
          program,
          ...words,
        ],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`${program} ended with status ${code}: ${said}`)),
      );
    });
    return { cpuSeconds: readCpuSeconds(group), wallSeconds: (performance.now() - begin) / 1000 };
  } finally {
    removeGroup(group);
  }
}

/** What the group of this process has taken so far; for a program that is run by {@link measure} and tells its parts apart. */
export function ownCpuSeconds(): number {
  const group = process.env['BENCH_GROUP'];
  if (group === undefined) throw new Error('Cannot measure: this program is run by a benchmark only.');
  return readCpuSeconds(group);
}

function readCpuSeconds(group: string): number {
  const version1 = join(group, 'cpuacct.usage');
  if (existsSync(version1)) return Number(readFileSync(version1, 'utf8')) / 1e9;
  const line = /usage_usec (\d+)/.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1e6;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A group can go only when its last process is reaped, which may be a moment after its parent's end. */
function removeGroup(group: string): void {
  for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    writeFileSync(join(group, '..', 'cgroup.procs'), pid);
  }
  rmdirSync(group);
}

/** The middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** What the figures were taken on. */
export function machine(): string {
  const cpu = /model name\s*:\s*(.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
  const cores = execFileSync('nproc', { encoding: 'utf8' }).trim();
  return `${cores} × ${cpu.trim()}, Node ${process.versions.node}`;
}
