import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names a worker so that another on the same machine can tell whether it still lives: the host for people, then the process, the
 * moment it started (process ids come round again), and a mark of the boot and of the process namespace, without which a
 * process id means nothing. Where the system does not tell these, the name only has to be unique.
 */
export function newWorkerName(pid = process.pid): string {
  const chance = randomBytes(3).toString('hex');
  const started = startOf(pid);
  const place = placeOf();
  const life = started === undefined || place === undefined ? '' : `/${pid}.${started}@${place}`;
  return `${hostname()}-${pid}-${chance}${life}`;
}

/** Whether the worker of this name ran on this machine and is gone for certain; false when nobody can tell. */
export function isWorkerGone(name: string): boolean {
  const match = /\/(\d+)\.(\d+)@([0-9a-f]{16})$/.exec(name);
  if (match === null || match[3] !== placeOf()) return false;
  return startOf(Number(match[1])) !== match[2];
}

/** Two containers may have the same host name; the process namespace tells them apart, and the boot id two machines. */
function placeOf(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return createHash('sha256')
      .update(`${boot} ${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 16);
  } catch {
    return undefined;
  }
}

/** Clock ticks after the boot at which a process started: field 22 of its `stat`, proc(5). A dead one has none, a zombie counts as dead. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
