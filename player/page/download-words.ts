import { spokenDuration } from '../duration-text.ts';
import { byteText } from './byte-text.ts';

/** A file as the API offers it. */
export interface DownloadRecord {
  readonly name: string;
  readonly url: string;
  readonly fileName: string;
  readonly rendition: string;
  readonly layout: 'fast-start' | 'fragmented';
  readonly sizeBytes: number;
  readonly width?: number;
  readonly height?: number;
  /** What its sound is called, where a lecture has several. */
  readonly sound?: string;
}

/** What stands beside a file. */
export interface DownloadWords {
  readonly label: string;
  readonly cost: string;
  readonly advice: string;
}

/** The line of a hall. */
const HALL_BITS_PER_SECOND = 2_000_000;
/** FAT32, as nearly every stick is formatted, takes no larger file. */
const FAT32_BYTES = 2 ** 32 - 1;

/** What people can do with a file, the largest picture first, the sound last; fragmented files are for programs. Pure. */
export function offeredDownloads(records: readonly DownloadRecord[]): readonly DownloadRecord[] {
  return records
    .filter((record) => record.layout === 'fast-start')
    .sort((one, other) => (other.height ?? 0) - (one.height ?? 0));
}

/** The words for a file; pure. */
export function downloadWords(record: DownloadRecord): DownloadWords {
  const seconds = (record.sizeBytes * 8) / HALL_BITS_PER_SECOND;
  return {
    label: labelOf(record),
    cost: `${byteText(record.sizeBytes)}，2 兆宽带约 ${spokenDuration(Math.max(1, seconds))}`,
    advice: adviceFor(record),
  };
}

function labelOf({ height, rendition, sound }: DownloadRecord): string {
  const size = height === undefined ? '只有声音' : rendition;
  return sound === undefined ? size : `${size} · ${sound}`;
}

function adviceFor({ sizeBytes, width = 0, height }: DownloadRecord): string {
  if (height === undefined) return '适合在路上听、大喇叭广播';
  const place = placeFor(Math.min(width, height));
  return sizeBytes > FAT32_BYTES ? `${place}；超过 4 GB，U盘要先格式化为 exFAT` : place;
}

function placeFor(lines: number): string {
  if (lines < 480) return '适合手机，省流量';
  return lines < 720 ? '适合U盘：电视机、机顶盒都能放' : '适合U盘：投影仪、大屏电视更清楚';
}
