import { open, type FileHandle } from 'node:fs/promises';

import { ASF_HEADER, asfProperties } from './asf-header.ts';
import { bytesAt } from './file-bytes.ts';
import { boxBudget, boxesIn, isMovie } from './movie-file.ts';

/** Bytes that every file has beside its packets, such as an index. */
const USUAL_BYTES = 100_000;
/** Of what is coded as sparingly as possible, the index and the heads take a fifth. */
const USUAL_SHARE = 0.3;
/** Broadcasting and tape run at a constant rate, whatever there is to send. */
const FILLED_UP = new Set(['mpegts', 'mpeg', 'mxf']);

/** What is known of a file when its packets were read. */
export interface ReadFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** ffmpeg's name of its container. */
  readonly format: string;
  /** Of all tracks together. */
  readonly packetBytes: number;
}

/** How much of a file nothing reads, from 0 to 1: what lies behind a first recording, or far more in no packet than is usual. */
export async function unreadShare({ path, sizeBytes, format, packetBytes }: ReadFile): Promise<number> {
  const behind = await shareBehindFirst(path);
  if (behind > 0 || FILLED_UP.has(format)) return behind;
  const unreadBytes = sizeBytes - packetBytes;
  return unreadBytes > USUAL_BYTES && unreadBytes > sizeBytes * USUAL_SHARE ? unreadBytes / sizeBytes : 0;
}

/**
 * How much of a file lies behind the beginning of a second recording, from 0 to 1. Who joins two MP4 or Windows Media files byte by byte
 * gets one of which every player, and every tool of ours, sees the first.
 */
async function shareBehindFirst(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = await bytesAt(file, 0, 16);
    const second = isMovie(head)
      ? await secondMovie(file, size)
      : head.toString('hex') === ASF_HEADER
        ? await secondAsf(file)
        : undefined;
    return second === undefined ? 0 : 1 - second / size;
  } finally {
    await file.close();
  }
}

/** One in fragments may begin anew as often as it likes: they all count in one clock, and are all read. */
async function secondMovie(file: FileHandle, size: number): Promise<number | undefined> {
  let first: number | undefined;
  let second: number | undefined;
  let start: number | undefined;
  for await (const { type, position } of boxesIn(file, { from: 0, to: size }, boxBudget())) {
    if (type === 'moof') return undefined;
    if (type === 'ftyp') start = position;
    if (type !== 'moov') continue;
    if (first === undefined) first = position;
    else if (start !== undefined && start > first) second ??= start;
  }
  return second;
}

async function secondAsf(file: FileHandle): Promise<number | undefined> {
  const properties = await asfProperties(file);
  if (properties === undefined || properties.wholeBytes === 0) return undefined;
  const next = await bytesAt(file, properties.wholeBytes, 16);
  return next.toString('hex') === ASF_HEADER ? properties.wholeBytes : undefined;
}
