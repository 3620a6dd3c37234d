import { copyTask } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader, type Fragment } from './fmp4.ts';
import {
  encodedRenditions,
  framesToSeconds,
  spanFrames,
  type GenerationPlan,
  type VideoPlan,
} from './generation-plan.ts';
import { firstPictureIsIdr, hasWholeUnits } from './h264.ts';
import type { JobRun } from './job-run.ts';
import { DamageCounter } from './picture-damage.ts';
import { measureBandwidth } from './playlist/bandwidth.ts';
import type { VideoRendition } from './rendition-plan.ts';
import { openScratch } from './scratch.ts';
import { runName, storeRun, type SegmentRun } from './segment-run.ts';

/** A segment may take a third more than the rung's cap, which is what the cap's two-second buffer allows an encoder too. */
const PEAK_ALLOWANCE = 4 / 3;

/**
 * Makes a rendition by copying the source's packets: 250 times cheaper than encoding, and without loss. What the headers promised
 * is proved on what came out: every segment begins with an IDR picture exactly where the grid has it, no segment takes more than
 * the rung allows, and no byte of it is damaged as far as can be told without decoding. Where no other rung is encoded, which would
 * tell of damage, it is decoded too.
 *
 * @returns the runs, one for each span; `undefined` when the source does not keep its promise and has to be encoded
 * @throws what running ffmpeg and storing throw, but for what the source is to blame for
 */
export async function copyRung(
  run: JobRun,
  sourcePath: string,
  plan: GenerationPlan,
  rendition: VideoRendition,
): Promise<readonly SegmentRun[] | undefined> {
  const { video } = plan;
  if (video === undefined) return undefined;
  const scratch = await openScratch(run.scratchDir, sourcePath);
  try {
    const counter = new DamageCounter();
    const isAlone = encodedRenditions(video).length === 0;
    await runFfmpeg(copyTask(video, isAlone), scratch, {
      signal: run.signal,
      onLog: (line) => counter.note(line),
    });
    if (isAlone && !isSound(counter, video)) return undefined;
    const path = scratch.path('copy.mp4');
    const reader = new FragmentReader(path);
    const fragments = await reader.read();
    const { header } = reader;
    if (header === undefined || !(await isExact(path, video, fragments, header.timescale))) return undefined;
    const runs: SegmentRun[] = [];
    for (const span of video.spans) {
      const segments = groupBySegment(video, fragments).slice(
        span.firstSegment,
        span.firstSegment + span.segmentCount,
      );
      const name = runName(rendition.name, span.index, run.token);
      runs.push(
        await storeRun(run.store, run.prefix, name, { path, header, fragments: segments }, run.signal),
      );
    }
    const { peak } = measureBandwidth(runs, Math.round(plan.segmentDuration));
    return peak <= rendition.maxBitrate * PEAK_ALLOWANCE ? runs : undefined;
  } catch (error) {
    if (
      error instanceof TranscodeError &&
      (error.code === 'encoder-failed' || error.code === 'output-invalid')
    )
      return undefined;
    throw error;
  } finally {
    await scratch.remove();
  }
}

/** Whether all pictures could be decoded, and none with holes. */
function isSound({ damage, decoded }: DamageCounter, { grid }: VideoPlan): boolean {
  return damage.lost === 0 && damage.patched === 0 && decoded === grid.frameCount;
}

/** Joins the fragments, one for each key picture, to the segments of the grid. */
function groupBySegment(video: VideoPlan, fragments: readonly Fragment[]): readonly Fragment[] {
  const segments: Fragment[] = [];
  let pictures = 0;
  for (const fragment of fragments) {
    const last = segments.at(-1);
    if (last === undefined || pictures % video.grid.segmentFrames === 0) segments.push(fragment);
    else {
      segments[segments.length - 1] = {
        ...last,
        sizeBytes: last.sizeBytes + fragment.sizeBytes,
        durationTicks: last.durationTicks + fragment.durationTicks,
        sampleCount: last.sampleCount + fragment.sampleCount,
      };
    }
    pictures += fragment.sampleCount;
  }
  return segments;
}

async function isExact(
  path: string,
  video: VideoPlan,
  fragments: readonly Fragment[],
  timescale: number,
): Promise<boolean> {
  const { grid } = video;
  const segments = groupBySegment(video, fragments);
  const lastSpan = video.spans.at(-1);
  if (lastSpan === undefined || segments.length !== lastSpan.firstSegment + lastSpan.segmentCount)
    return false;
  const last = spanFrames(grid, lastSpan);
  if (segments.reduce((sum, segment) => sum + segment.sampleCount, 0) !== last.first + last.count)
    return false;
  for (const [position, segment] of segments.entries()) {
    const begin = Math.round(framesToSeconds(grid, position * grid.segmentFrames) * timescale);
    if (segment.decodeTime !== begin || !segment.startsWithSync) return false;
    if (!(await firstPictureIsIdr(path, segment))) return false;
  }
  for (const fragment of fragments) if (!(await hasWholeUnits(path, fragment))) return false;
  return true;
}
