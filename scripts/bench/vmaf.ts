import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** How near a rendition comes to its source, picture by picture. */
export interface Likeness {
  /** VMAF (model vmaf_v0.6.1) of each picture, 0 to 100. */
  readonly vmaf: readonly number[];
  /** SSIM of each picture, 0 to 1. */
  readonly ssim: readonly number[];
}

export interface Comparison {
  /** The source as it was handed in. */
  readonly source: string;
  /** The rendition's playlist or file; scaled up to the source's size with a bicubic filter, as screens do. */
  readonly rendition: string;
  readonly width: number;
  readonly height: number;
}

/** Measures a rendition against its source, both of one constant rate, so that pictures are paired by their number. */
export function likeness(program: string, { source, rendition, width, height }: Comparison): Likeness {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-vmaf-'));
  const log = join(folder, 'vmaf.json');
  const options = `n_threads=${availableParallelism()}:feature=name=float_ssim:log_fmt=json:log_path=${log}`;
  const graph = [
    `[0:v]setpts=N,scale=${width}:${height}:flags=bicubic,format=yuv420p[made]`,
    '[1:v]setpts=N,format=yuv420p[source]',
    `[made][source]libvmaf=${options}`,
  ].join(';');
  try {
    const words = ['-v', 'error', '-nostdin', '-i', rendition, '-i', source, '-lavfi', graph];
    execFileSync(program, [...words, '-f', 'null', '-'], { stdio: ['ignore', 'ignore', 'inherit'] });
    const { frames } = JSON.parse(readFileSync(log, 'utf8')) as {
      frames: { metrics: { vmaf: number; float_ssim: number } }[];
    };
    return {
      vmaf: frames.map(({ metrics }) => metrics.vmaf),
      ssim: frames.map(({ metrics }) => metrics.float_ssim),
    };
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
  /** Mean VMAF of a fifth of a second on both sides less that of the second around them; the worst join. */
  readonly worstJoin: number;
  /** The same at the ends of segments inside spans, the worst. */
  readonly worstSegment: number;
}

const NEAR_PICTURES = 5;
const NEIGHBOUR_PICTURES = 25;

/** Compares the pictures around joins, given by the number of the first picture behind, with their neighbours; pure. */
export function checkJoins(
  vmaf: readonly number[],
  joins: readonly number[],
  segmentStarts: readonly number[],
): JoinCheck {
  const fall = (first: number): number => {
    const near = vmaf.slice(first - NEAR_PICTURES, first + NEAR_PICTURES);
    const before = vmaf.slice(Math.max(0, first - NEIGHBOUR_PICTURES), first - NEAR_PICTURES);
    const after = vmaf.slice(first + NEAR_PICTURES, first + NEIGHBOUR_PICTURES);
    return mean(near) - mean([...before, ...after]);
  };
  const inner = segmentStarts.filter((start) => start > 0 && !joins.includes(start));
  return { worstJoin: Math.min(...joins.map(fall)), worstSegment: Math.min(...inner.map(fall)) };
}
