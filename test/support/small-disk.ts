import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, to fill or to forbid writing on. */
export interface SmallDisk {
  readonly path: string;
  /** Changes how it is mounted: `ro`, `rw`, or `size=64m`. */
  remount(option: string): void;
  remove(): Promise<void>;
}

/**
 * Mounts a tmpfs of `megabytes`. Mounting needs root: without it the test is skipped by name, but fails on CI, where
 * nothing may go untested.
 */
export async function smallDisk(test: Mocha.Context, megabytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'yuanjiao-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'yuanjiao-test', path], {
      stdio: 'pipe',
    });
  } catch (error) {
    await rm(path, { recursive: true });
    const what = `"${test.test?.fullTitle() ?? 'a test'}" needs a file system of its own, which only root can mount`;
    if (process.env['CI'] === 'true') throw new Error(what, { cause: error });
    process.stderr.write(`NOT RUN: ${what}\n`);
    return test.skip();
  }
  return {
    path,
    remount: (option) => {
      execFileSync('mount', ['-o', `remount,${option}`, path], { stdio: 'pipe' });
    },
    remove: async () => {
      execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
      await rm(path, { recursive: true });
    },
  };
}
