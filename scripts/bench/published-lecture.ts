import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One segment as a player would fetch it. */
export interface FetchedSegment {
  readonly seconds: number;
  /** Bytes that were really read. */
  readonly bytes: number;
  /** The object it lies in; a new one begins a span. */
  readonly object: string;
}

/** What a multivariant playlist says of one variant with a picture. */
export interface DeclaredVariant {
  readonly rendition: string;
  readonly bandwidth: number;
  readonly averageBandwidth: number;
}

/** Reads the segments of a rendition of a lecture in a folder, byte range by byte range. */
export async function fetchSegments(folder: string, rendition: string): Promise<readonly FetchedSegment[]> {
  const lines = (await readFile(join(folder, rendition, 'index.m3u8'), 'utf8')).split('\n');
  const objects = new Map<string, Buffer>();
  const segments: FetchedSegment[] = [];
  for (const [place, line] of lines.entries()) {
    const seconds = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    if (seconds === undefined) continue;
    const [, length = '0', start = '0'] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(lines[place + 1] ?? '') ?? [];
    const object = lines[place + 2] ?? '';
    const bytes = objects.get(object) ?? (await readFile(join(folder, rendition, object)));
    objects.set(object, bytes);
    const read = bytes.subarray(Number(start), Number(start) + Number(length));
    segments.push({ seconds: Number(seconds), bytes: read.length, object });
  }
  return segments;
}

/** What the lecture's multivariant playlist says. */
export async function declaredVariants(folder: string): Promise<readonly DeclaredVariant[]> {
  const text = await readFile(join(folder, 'index.m3u8'), 'utf8');
  const variants = text.matchAll(/^#EXT-X-STREAM-INF:(.*RESOLUTION=.*)\n(.+)\/index\.m3u8$/gm);
  return [...variants].map(([, attributes = '', rendition = '']) => ({
    rendition,
    bandwidth: Number(/(?:^|,)BANDWIDTH=(\d+)/.exec(attributes)?.[1]),
    averageBandwidth: Number(/AVERAGE-BANDWIDTH=(\d+)/.exec(attributes)?.[1]),
  }));
}

/** Bit/s over the whole of some segments. */
export function averageBitrate(segments: readonly FetchedSegment[]): number {
  const seconds = segments.reduce((sum, segment) => sum + segment.seconds, 0);
  return (segments.reduce((sum, segment) => sum + segment.bytes, 0) * 8) / seconds;
}

/**
 * Bit/s of the worst segment of picture and sound together, each pair as a player fetches it; a last one shorter than half of the
 * others is no peak of its own (RFC 8216bis §4.4.6.2).
 */
export function peakBitrate(picture: readonly FetchedSegment[], sound: readonly FetchedSegment[]): number {
  const longest = Math.max(...picture.map(({ seconds }) => seconds));
  const rates = picture
    .map(({ seconds, bytes }, place) => ({
      seconds,
      bitrate: (bytes * 8) / seconds + ((sound[place]?.bytes ?? 0) * 8) / (sound[place]?.seconds ?? seconds),
    }))
    .filter(({ seconds }) => seconds >= longest / 2);
  return Math.max(...rates.map(({ bitrate }) => bitrate));
}
