import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A file of a writer that cannot be asked whether it lives is an orphan when it was not written to for so long. */
const STRANGER_IDLE_MS = 60 * 60 * 1000;

/**
 * Names this process as the writer of a temp file: machine, process id and the time it started. The three together tell
 * a writer that died from one that lives, also when its id was given out again.
 */
export async function writerName(): Promise<string> {
  return `${await machineName()}.${process.pid}.${await startedAt(process.pid)}`;
}

/** Removes the temp files in `directory` whose writers are gone; those of living ones, here or elsewhere, stay. */
export async function sweepOrphans(directory: string): Promise<void> {
  const machine = await machineName();
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (await isOrphan(path, name, machine)) await unlink(path).catch(() => {});
  }
}

async function isOrphan(path: string, name: string, machine: string): Promise<boolean> {
  const [writerMachine, pid, started] = name.split('.');
  if (writerMachine === machine && pid !== undefined && started !== undefined) {
    return (await startedAt(Number(pid))) !== started;
  }
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > STRANGER_IDLE_MS;
}

/** This boot of this machine and, in a container, its own space of process ids. */
async function machineName(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  const ids = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${boot} ${ids}`).digest('hex').slice(0, 12);
}

/** When the process with this id started, in the system's own count; `gone` when there is none. */
async function startedAt(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // the name of the program, in parentheses, may hold anything; the time is field 22
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'alive');
  } catch {
    return isAlive(pid) ? 'alive' : 'gone';
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
