import { spanTask } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader, type Fragment } from './fmp4.ts';
import { asJson, prepared, workPayload, type MediaResult, type PrepareResult } from './generation-jobs.ts';
import { encodedRenditions, framesToSeconds, spanFrames, type VideoPlan } from './generation-plan.ts';
import { TOO_MANY_DOTS, TOO_MANY_DOTS_MESSAGE } from './hostile-media.ts';
import type { Json } from './job.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { DamageCounter, type PictureDamage } from './picture-damage.ts';
import type { Rescue } from './picture-graph.ts';
import { openSourceScratch } from './prepare.ts';
import type { Scratch } from './scratch.ts';
import { runName, storeRun, type SegmentRun } from './segment-run.ts';
import { keptRuns } from './span-runs.ts';
import type { Span } from './span.ts';

/**
 * Carries out a `span` job: one decode, every size of the picture, one stored object for each. Where a size turns out bad or
 * cannot be stored, the others stay: the next attempt makes the missing ones alone.
 */
export async function encodeSpan(run: JobRun): Promise<JobOutcome> {
  const preparation = prepared(run.siblings);
  const video = preparation?.plan.video;
  const span = video?.spans[workPayload(run.job).span ?? -1];
  if (preparation === undefined || video === undefined || span === undefined) {
    throw new TranscodeError(
      'output-invalid',
      `Cannot encode ${run.job.name}: it is not in the generation's plan.`,
    );
  }
  if (video.encoder !== 'x264' && video.encoder !== run.encoder) {
    throw new TranscodeError(
      'encoder-missing',
      `The lecture was begun with the hardware encoder ${video.encoder}, and this worker has ${run.encoder}. Set YUANJIAO_ENCODER to the same on all workers that have the hardware; where it is gone for good, upload the lecture again.`,
    );
  }
  const runs = await keptRuns(run.job, run.store, run.prefix);
  const missing = encodedRenditions(video).filter(({ name }) => runs[name] === undefined);
  let damage = (run.job.result as Partial<MediaResult> | undefined | null)?.damage;
  if (missing.length > 0) {
    const made = await encodeMissing(run, preparation, { ...video, renditions: missing }, span);
    Object.assign(runs, made.runs);
    damage = made.damage ?? damage;
    if (made.failure !== undefined) {
      if (Object.keys(made.runs).length > 0) await run.checkpoint({ result: resultOf(runs, damage) });
      throw made.failure;
    }
  }
  return { result: resultOf(runs, damage) };
}

function resultOf(runs: MediaResult['runs'], damage: PictureDamage | undefined): Json {
  const result: MediaResult = damage === undefined ? { runs } : { runs, damage };
  return asJson(result);
}

/** What of the sizes could be made and stored, and the first failure. */
type SpanOutcome = MediaResult & { readonly failure?: Error };

/**
 * Encodes what is missing of a span; where that failed before, its pictures are made up for. Not at the first attempt: a fault of
 * this machine must not be taken for one of the source.
 */
async function encodeMissing(
  run: JobRun,
  preparation: PrepareResult,
  video: VideoPlan,
  span: Span,
): Promise<SpanOutcome> {
  const rescues: readonly Rescue[] = run.job.failures > 0 ? ['none', 'held', 'blank'] : ['none'];
  const scratch = await openSourceScratch(run, preparation);
  try {
    for (const rescue of rescues) {
      const isLast = rescue === rescues.at(-1);
      try {
        const made = await encodeOnce(run, scratch, video, span, rescue);
        if (made.failure === undefined || isLast || !isSourceFault(made.failure)) return made;
      } catch (error) {
        if (isLast || !isSourceFault(error)) throw error;
      }
    }
    throw new TypeError('a span has at least one way to be encoded');
  } finally {
    await scratch.remove();
  }
}

/** What the source is to blame for, when it happens again and again. */
function isSourceFault(error: unknown): boolean {
  return error instanceof TranscodeError && ['encoder-failed', 'output-invalid'].includes(error.code);
}

async function encodeOnce(
  run: JobRun,
  scratch: Scratch,
  video: VideoPlan,
  span: Span,
  rescue: Rescue,
): Promise<SpanOutcome> {
  const { count } = spanFrames(video.grid, span);
  const seconds = framesToSeconds(video.grid, count);
  const counter = new DamageCounter();
  let isTooLarge = false;
  await runFfmpeg(spanTask(video, span, run.threads, rescue), scratch, {
    signal: run.signal,
    onProgress: (done) => void run.checkpoint({ progress: Math.min(0.99, done / seconds) }),
    onLog: (line) => {
      counter.note(line);
      isTooLarge ||= TOO_MANY_DOTS.test(line);
    },
  });
  const runs: Record<string, readonly SegmentRun[]> = {};
  let failure: Error | undefined;
  for (const { name } of encodedRenditions(video)) {
    try {
      runs[name] = [await storeRendition(run, video, span, name, scratch.path(`${name}.mp4`))];
    } catch (error) {
      if (run.signal.aborted) throw error;
      failure ??= error as Error;
    }
  }
  // Pictures that were refused for their size are not damaged, and nothing makes up for them.
  if (failure !== undefined && isTooLarge) throw new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE);
  const damage = video.still === undefined ? spanDamage(counter, rescue, count) : undefined;
  return {
    runs,
    ...(damage !== undefined && { damage }),
    ...(failure !== undefined && { failure }),
  };
}

/** What is wrong with the pictures of a span. A still has none to lose: it is drawn, or is one picture for all of the lecture. */
function spanDamage(counter: DamageCounter, rescue: Rescue, count: number): PictureDamage | undefined {
  const { lost, patched } = counter.damage;
  // Of a span that had to be rescued, all that was not decoded is lost, whatever ffmpeg complained of.
  const missing = rescue === 'none' ? lost : Math.max(lost, count - counter.decoded);
  return missing + patched > 0 ? { lost: Math.min(count, missing), patched } : undefined;
}

async function storeRendition(
  run: JobRun,
  video: VideoPlan,
  span: Span,
  rendition: string,
  path: string,
): Promise<SegmentRun> {
  const reader = new FragmentReader(path);
  const fragments = await reader.read();
  const { header } = reader;
  checkSpan(video, span, rendition, fragments, header?.timescale ?? 0);
  if (header === undefined) {
    throw new TranscodeError(
      'output-invalid',
      `ffmpeg wrote ${rendition} without a header. The work is tried again.`,
    );
  }
  const name = runName(rendition, span.index, run.token);
  return storeRun(run.store, run.prefix, name, { path, header, fragments }, run.signal);
}

/**
 * Exit status 0 proves nothing: every picture must be there, in segments cut where the plan cuts them.
 *
 * @throws {TranscodeError} `output-invalid`
 */
export function checkSpan(
  video: VideoPlan,
  span: Span,
  rendition: string,
  fragments: readonly Fragment[],
  timescale: number,
): void {
  const { first, count } = spanFrames(video.grid, span);
  const fault = (what: string): TranscodeError =>
    new TranscodeError(
      'output-invalid',
      `Span ${span.index} in ${rendition} is not as planned: ${what}. The work is tried again; if it fails each time, the source is damaged there.`,
    );
  const pictures = fragments.reduce((sum, fragment) => sum + fragment.sampleCount, 0);
  if (pictures !== count) throw fault(`${pictures} pictures and not ${count}`);
  fragments.forEach((fragment, position) => {
    const begin = Math.round(
      framesToSeconds(video.grid, first + position * video.grid.segmentFrames) * timescale,
    );
    if (fragment.decodeTime !== begin) {
      throw fault(`segment ${position} begins at tick ${fragment.decodeTime} and not at ${begin}`);
    }
  });
}
