import { open, type FileHandle } from 'node:fs/promises';

import { asfProperties } from './asf-header.ts';
import type { Headers } from './container-headers.ts';
import { bytesAt } from './file-bytes.ts';

/** What is known of a file when its packets were read. */
export interface FoundMedia {
  readonly path: string;
  readonly sizeBytes: number;
  /** Seconds on the file's own clock of its first picture or sound. */
  readonly origin: number;
  /** Seconds that are there. */
  readonly duration: number;
}

/**
 * How many seconds a file says it has, from its first picture or sound on; undefined where it does not say.
 *
 * ffmpeg reckons an AVI without its index by the bytes that are there, and gives no time of a Windows Media file that is cut; but both
 * say at their beginning how many bytes they should have. Where a file counts from zero although its first picture comes late, what a
 * recorder left out before it is not missing.
 */
export async function declaredDuration({ format }: Headers, found: FoundMedia): Promise<number | undefined> {
  const declared = await declaredEnd(format?.format_name, Number(format?.duration ?? Number.NaN), found);
  if (!Number.isFinite(declared)) return undefined;
  return found.origin > 0 && declared > found.origin ? declared - found.origin : declared;
}

async function declaredEnd(
  format: string | undefined,
  declared: number,
  { path, sizeBytes, origin, duration }: FoundMedia,
): Promise<number> {
  if (format !== 'avi' && format !== 'asf') return declared;
  const file = await open(path);
  try {
    if (format === 'avi') {
      const wholeBytes = await riffBytes(file);
      return wholeBytes > sizeBytes ? (duration * wholeBytes) / sizeBytes : declared;
    }
    const properties = await asfProperties(file);
    if (properties === undefined) return declared;
    // Where no byte is missing, nothing is, whatever the time says.
    return properties.wholeBytes > sizeBytes ? properties.seconds : origin + duration;
  } finally {
    await file.close();
  }
}

/** The length of the first RIFF chunk: the whole file's, or the first gigabyte of a long one's; 0 when there is none. */
async function riffBytes(file: FileHandle): Promise<number> {
  const head = await bytesAt(file, 0, 8);
  return head.toString('latin1', 0, 4) === 'RIFF' && head.length === 8
    ? head.readUInt32LE(4) + head.length
    : 0;
}
