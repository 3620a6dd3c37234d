import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder of its own for the runs of a media tool, one at a time: `source` links to what they read, `out/` takes what they write,
 * `limits` says what the present one may use.
 */
export interface Scratch {
  readonly folder: string;
  /** What the tool reads: a link to a file, or a file that was written here. */
  readonly sourcePath: string;
  /** The path of an output on this machine. */
  path(name: string): string;
  /** Removes the folder and all in it. Idempotent. */
  remove(): Promise<void>;
}

/** Makes a scratch under `parent` for reading `sourcePath`, which must be absolute. */
export async function openScratch(parent: string, sourcePath: string): Promise<Scratch> {
  const scratch = await openEmptyScratch(parent);
  await symlink(sourcePath, scratch.sourcePath);
  return scratch;
}

/** Makes a scratch under `parent` whose source is yet to be written, at {@link Scratch.sourcePath}. */
export async function openEmptyScratch(parent: string): Promise<Scratch> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `run-${process.pid}-`));
  await mkdir(join(folder, 'out'));
  return {
    folder,
    sourcePath: join(folder, 'source'),
    path: (name) => join(folder, 'out', name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Removes what killed workers of this machine left under `parent`; called when a worker starts. */
export async function sweepScratch(parent: string): Promise<void> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = Number(/^run-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isNaN(pid) && pid !== process.pid && !isAlive(pid)) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
