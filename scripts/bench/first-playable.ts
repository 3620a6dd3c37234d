import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { machine } from './cpu-meter.ts';
import { slideLecture } from './lecture.ts';

const ONCE = fileURLToPath(new URL('transcode-once.js', import.meta.url));

/**
 * Seconds from the moment a 10-minute 1080p lecture of slides lies complete in the store until its first segment can be fetched
 * in every rendition, and what share that is of making the whole lecture.
 */
export async function run(): Promise<object> {
  const source = await slideLecture(600);
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    const text = execFileSync(process.execPath, [ONCE, source, folder], { encoding: 'utf8' });
    const { playableSeconds, seconds } = JSON.parse(text.trim().split('\n').at(-1) ?? '{}') as {
      playableSeconds: number;
      seconds: number;
    };
    return await Promise.resolve({
      seconds: Math.round(playableSeconds * 100) / 100,
      share: Math.round((playableSeconds / seconds) * 1e4) / 1e4,
      whole_seconds: Math.round(seconds * 10) / 10,
      machine: machine(),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
