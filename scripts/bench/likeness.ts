import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A rendition and what it was made of. */
export interface Comparison {
  /** The source as it was handed in. */
  readonly source: string;
  /** The rendition's playlist or file; scaled up to the source's size with a bicubic filter, as screens do. */
  readonly rendition: string;
  readonly width: number;
  readonly height: number;
}

/** VMAF takes a tenth of a processor second a picture at 1080p, and neighbours differ little. */
const VMAF_EVERY = 5;

/**
 * Mean VMAF (model vmaf_v0.6.1, 0 to 100) of a rendition against its source, of every fifth picture. Both have one constant rate, so
 * that pictures are paired by their number.
 */
export function vmaf(program: string, comparison: Comparison): number {
  return inFolder((folder) => {
    const log = join(folder, 'vmaf.json');
    const options = `n_threads=${availableParallelism()}:n_subsample=${VMAF_EVERY}:log_fmt=json:log_path=${log}`;
    compare(program, comparison, `libvmaf=${options}`);
    const { frames } = JSON.parse(readFileSync(log, 'utf8')) as { frames: { metrics: { vmaf: number } }[] };
    return mean(frames.map(({ metrics }) => metrics.vmaf));
  });
}

/** SSIM of the luma of each picture of a rendition against its source, 0 to 1. */
export function ssim(program: string, comparison: Comparison): readonly number[] {
  return inFolder((folder) => {
    const log = join(folder, 'ssim.txt');
    compare(program, comparison, `ssim=stats_file=${log}`);
    return [...readFileSync(log, 'utf8').matchAll(/ Y:([\d.]+)/g)].map(([, value]) => Number(value));
  });
}

function compare(
  program: string,
  { source, rendition, width, height }: Comparison,
  measurement: string,
): void {
  const graph = [
    // The containers' clocks tick differently; a number means the same picture only on one clock.
    `[0:v]settb=1/25,setpts=N,scale=${width}:${height}:flags=bicubic,format=yuv420p[made]`,
    '[1:v]settb=1/25,setpts=N,format=yuv420p[source]',
    `[made][source]${measurement}`,
  ].join(';');
  const words = ['-v', 'error', '-nostdin', '-i', rendition, '-i', source, '-lavfi', graph];
  execFileSync(program, [...words, '-f', 'null', '-'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-compare-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Where two spans meet, by how much the pictures around it fall short of those further off, and how other segments' ends do. */
export interface JoinCheck {
  /** Mean SSIM of a fifth of a second on both sides less that of the second around them; the worst join. */
  readonly worstJoin: number;
  /** The same at the ends of segments inside spans, the worst. */
  readonly worstSegment: number;
}

const NEAR_PICTURES = 5;
const NEIGHBOUR_PICTURES = 25;

/** Compares the pictures around joins, given by the number of the first picture behind, with their neighbours; pure. */
export function checkJoins(
  likeness: readonly number[],
  joins: readonly number[],
  segmentStarts: readonly number[],
): JoinCheck {
  const fall = (first: number): number => {
    const near = likeness.slice(first - NEAR_PICTURES, first + NEAR_PICTURES);
    const before = likeness.slice(Math.max(0, first - NEIGHBOUR_PICTURES), first - NEAR_PICTURES);
    const after = likeness.slice(first + NEAR_PICTURES, first + NEIGHBOUR_PICTURES);
    return mean(near) - mean([...before, ...after]);
  };
  const inner = segmentStarts.filter((start) => start > 0 && !joins.includes(start));
  return { worstJoin: Math.min(...joins.map(fall)), worstSegment: Math.min(...inner.map(fall)) };
}
