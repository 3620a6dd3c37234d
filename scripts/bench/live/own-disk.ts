import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = 'ballast';

/** A file system of a benchmark's own, which may be filled to the last byte. Mounting it needs root. */
export class OwnDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(megabytes: number): Promise<OwnDisk> {
    const path = await mkdtemp(join(tmpdir(), 'yuanjiao-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'yuanjiao-bench', path]);
    return new OwnDisk(path);
  }

  /** Until nothing more fits. */
  async fill(): Promise<void> {
    const ballast = await open(join(this.path, BALLAST), 'a');
    const bytes = Buffer.alloc(2 ** 16);
    try {
      for (;;) await ballast.write(bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await ballast.close();
    }
  }

  /** Takes away what it was filled with. */
  async free(): Promise<void> {
    await rm(join(this.path, BALLAST), { force: true });
  }

  async close(): Promise<void> {
    execFileSync('umount', ['--lazy', this.path]);
    await rm(this.path, { recursive: true });
  }
}
