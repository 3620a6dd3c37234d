import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { exportFolder, openStore } from '../storage/index.ts';
import { transcode, type TranscodeOptions, type TranscodeResult } from './transcode.ts';

/** Where the objects are while the lecture is unfinished. */
const UNFINISHED = '.unfinished';

/**
 * Like {@link transcode}, into a folder of ordinary files that any web server can serve or a player can open: `index.m3u8`, a
 * folder for each rendition, `poster.jpg` and `objects.json`. The files appear when the lecture is whole.
 *
 * @throws what {@link transcode} throws
 *
 * @example
 * const { renditions } = await transcodeToFolder('lecture.mp4', '/srv/lecture');
 * renditions; // ['360p', '480p', '720p', 'audio']
 */
export async function transcodeToFolder(
  path: string,
  folder: string,
  options: Omit<TranscodeOptions, 'prefix'> = {},
): Promise<TranscodeResult> {
  const unfinished = join(folder, UNFINISHED);
  const store = await openStore(`folder:${unfinished}`);
  try {
    const result = await transcode(path, store, { scratchDir: join(unfinished, 'scratch'), ...options });
    await exportFolder(store, '', folder, options.signal === undefined ? {} : { signal: options.signal });
    return result;
  } finally {
    await store.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}
