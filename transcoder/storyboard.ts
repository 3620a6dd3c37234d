import { framesToSeconds, type VideoPlan } from './generation-plan.ts';
import type { VideoRendition } from './rendition-plan.ts';

/**
 * Small pictures at even distances, many on a sheet, which a player shows while somebody looks for a place: plain data.
 */
export interface StoryboardLayout {
  /** Every how many segments there is a picture. */
  readonly segmentStep: number;
  readonly tileCount: number;
  /** Seconds from one picture to the next. */
  readonly interval: number;
  /** Seconds at which the last picture ends. */
  readonly duration: number;
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Dots of a picture's long side. */
const TILE_SIDE = 160;
/** Pictures along each side of a sheet: 25 take about 60 kB, a quarter of a second on a 2 Mbit/s line. */
const SHEET_SIDE = 5;
/** The most pictures of one lecture. An hour has all of its 600 key pictures, a day one every two and a half minutes. */
const MAX_TILES = 600;

/** Lays out a storyboard of the first picture of every segment, or of every so many when there are too many; pure. */
export function planStoryboard({ grid }: VideoPlan, rendition: VideoRendition): StoryboardLayout {
  const segments = Math.ceil(grid.frameCount / grid.segmentFrames);
  const segmentStep = Math.ceil(segments / MAX_TILES);
  return {
    segmentStep,
    tileCount: Math.ceil(segments / segmentStep),
    interval: framesToSeconds(grid, grid.segmentFrames * segmentStep),
    duration: framesToSeconds(grid, grid.frameCount),
    columns: SHEET_SIDE,
    rows: SHEET_SIDE,
    ...tileSize(rendition),
  };
}

/** The size of a small picture of a rendition; pure. */
export function tileSize({
  width,
  height,
}: Pick<VideoRendition, 'width' | 'height'>): Pick<StoryboardLayout, 'tileWidth' | 'tileHeight'> {
  const scale = TILE_SIDE / Math.max(width, height);
  return { tileWidth: even(width * scale), tileHeight: even(height * scale) };
}

/** How many sheets hold the pictures of a layout. */
export function sheetCount({ tileCount, columns, rows }: StoryboardLayout): number {
  return Math.ceil(tileCount / (columns * rows));
}

/**
 * Writes a storyboard as WebVTT, in the way players agree on: every cue names a sheet and, as a media fragment
 * (`#xywh=`), the picture's place on it; pure.
 *
 * @param sheets - names relative to the file
 * @param starts - when each picture begins, in seconds, and when the last one ends; at even distances when absent
 */
export function formatStoryboard(
  layout: StoryboardLayout,
  sheets: readonly string[],
  starts?: readonly number[],
): string {
  const { columns, rows, tileWidth, tileHeight } = layout;
  const lines = ['WEBVTT', ''];
  for (let tile = 0; tile < layout.tileCount; tile += 1) {
    const place = tile % (columns * rows);
    const x = (place % columns) * tileWidth;
    const y = Math.floor(place / columns) * tileHeight;
    const start = starts?.[tile] ?? tile * layout.interval;
    const end = starts?.[tile + 1] ?? Math.min(layout.duration, (tile + 1) * layout.interval);
    lines.push(
      `${vttTime(start)} --> ${vttTime(end)}`,
      `${sheets[Math.floor(tile / (columns * rows))]}#xywh=${x},${y},${tileWidth},${tileHeight}`,
      '',
    );
  }
  return lines.join('\n');
}

function vttTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (divisor: number, modulus: number, width: number): string =>
    String(Math.floor(ms / divisor) % modulus).padStart(width, '0');
  return `${part(3_600_000, 100, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}.${part(1, 1000, 3)}`;
}

function even(size: number): number {
  return Math.max(2, Math.round(size / 2) * 2);
}
