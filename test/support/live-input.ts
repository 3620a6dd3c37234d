import { readFile, writeFile } from 'node:fs/promises';

import { FlvReader, LivePackager, type Cut, type FlvTag, type PartCut } from 'yuanjiao/live';

import { ffmpeg, ffprobe } from './media.ts';

/** Where the tests' inputs start in their class. */
export const CLASS_START_MS = 10_000;
export const CLASS_START_WALL_MS = Date.UTC(2026, 10, 25, 6, 30);
/** In the media all times are by so much later than in the class. */
export const LEAD_IN_MS = 1000;

/** Records an FLV as an encoder would send it. */
export async function record(path: string, ...words: readonly string[]): Promise<void> {
  await ffmpeg(...words, '-flvflags', 'no_duration_filesize', '-f', 'flv', path);
}

/** An encoder's words for H.264 with one key picture in `gop` pictures and no more. */
export function x264(gop: number, bFrames: number): readonly string[] {
  const words = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-sc_threshold', '0'];
  return [...words, '-g', String(gop), '-keyint_min', '1', '-bf', String(bFrames)];
}

/** The tags of an FLV, media and all. */
export async function tagsOf(path: string): Promise<readonly FlvTag[]> {
  return new FlvReader().push(await readFile(path));
}

/** A packager of the source at the tests' start. */
export function sourcePackager(now: () => number = () => CLASS_START_WALL_MS): LivePackager {
  return new LivePackager({ startsAtMs: CLASS_START_MS, startsAtWallMs: CLASS_START_WALL_MS, now });
}

/** Everything that a packager makes of some tags, the end included. */
export function cutsOf(tags: readonly FlvTag[], packager = sourcePackager()): readonly Cut[] {
  return [...tags.flatMap((tag) => packager.push(tag)), ...packager.end()];
}

/** The parts among cuts. */
export function partsOf(cuts: readonly Cut[]): readonly PartCut[] {
  return cuts.filter((cut) => cut.kind === 'part');
}

/** Parts gathered into segments. */
export function segmentsOf(cuts: readonly Cut[]): readonly (readonly PartCut[])[] {
  const segments: PartCut[][] = [];
  for (const part of partsOf(cuts)) {
    if (part.startsSegment) segments.push([part]);
    else segments.at(-1)?.push(part);
  }
  return segments;
}

/** Bytes of init segments and parts as a player would put them together. */
export function bytesOf(cuts: readonly Cut[]): Buffer {
  return Buffer.concat(cuts.flatMap((cut) => (cut.kind === 'end' ? [] : [cut.bytes])));
}

/** Writes cuts as one file. */
export async function writeCuts(path: string, cuts: readonly Cut[]): Promise<string> {
  await writeFile(path, bytesOf(cuts));
  return path;
}

/** A packet as ffprobe reads it. */
export interface Packet {
  /** Milliseconds, not rounded. */
  readonly shownMs: number;
  readonly decodeMs: number;
  readonly durationMs: number;
  readonly isKey: boolean;
  /** Of its bytes. */
  readonly digest: string;
}

/** The packets of one track in the order in which they are stored. */
export async function packetsOf(path: string, track: 'v:0' | 'a:0'): Promise<readonly Packet[]> {
  const { packets } = await ffprobe<{
    packets: {
      pts_time: string;
      dts_time: string;
      duration_time: string;
      flags: string;
      data_hash: string;
    }[];
  }>(...['-show_data_hash', 'md5', '-select_streams', track, '-show_packets', path]);
  return packets.map((packet) => ({
    shownMs: Number(packet.pts_time) * 1000,
    decodeMs: Number(packet.dts_time) * 1000,
    durationMs: Number(packet.duration_time) * 1000,
    isKey: packet.flags.startsWith('K'),
    digest: packet.data_hash,
  }));
}

/** Tags with other stamps. */
export function restamped(tags: readonly FlvTag[], stamp: (tag: FlvTag) => number): readonly FlvTag[] {
  return tags.map((tag) => ({ ...tag, timestampMs: stamp(tag) >>> 0 }));
}

/** Whether a tag describes a coding and carries no media. */
export function isConfig({ kind, body }: FlvTag): boolean {
  return kind !== 'data' && body[1] === 0;
}
