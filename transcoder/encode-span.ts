import { spanTask } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader, type Fragment } from './fmp4.ts';
import { asJson, prepared, workPayload, type MediaResult } from './generation-jobs.ts';
import { encodedRenditions, framesToSeconds, spanFrames, type VideoPlan } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { openSourceScratch } from './prepare.ts';
import { runName, storeRun, type SegmentRun } from './segment-run.ts';
import type { Span } from './span.ts';

/** Carries out a `span` job: one decode, every size of the picture, one stored object for each. */
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
  const scratch = await openSourceScratch(run, preparation);
  try {
    const seconds = framesToSeconds(video.grid, spanFrames(video.grid, span).count);
    await runFfmpeg(spanTask(video, span, run.threads), scratch, {
      signal: run.signal,
      onProgress: (done) => void run.checkpoint({ progress: Math.min(0.99, done / seconds) }),
    });
    const runs: Record<string, readonly SegmentRun[]> = {};
    for (const rendition of encodedRenditions(video)) {
      const path = scratch.path(`${rendition.name}.mp4`);
      const reader = new FragmentReader(path);
      const fragments = await reader.read();
      checkSpan(video, span, rendition.name, fragments, reader.header?.timescale ?? 0);
      if (reader.header === undefined) continue;
      const name = runName(rendition.name, span.index, run.token);
      runs[rendition.name] = [
        await storeRun(run.store, run.prefix, name, { path, header: reader.header, fragments }, run.signal),
      ];
    }
    const result: MediaResult = { runs };
    return { result: asJson(result) };
  } finally {
    await scratch.remove();
  }
}

/** Exit status 0 proves nothing: every picture must be there, in segments cut where the plan cuts them. */
function checkSpan(
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
