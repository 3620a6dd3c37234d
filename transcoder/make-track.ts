import { audioTask } from './encode-args.ts';
import { TranscodeError } from './errors.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader, type Fragment } from './fmp4.ts';
import { asJson, AUDIO_RENDITION, prepared, type MediaResult } from './generation-jobs.ts';
import type { GenerationPlan } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { openSourceScratch } from './prepare.ts';
import { runName, storeRun, type SegmentRun } from './segment-run.ts';
import { planSpans } from './span.ts';

/**
 * Carries out the `track` job: the sound of the whole lecture in one pass, stored in runs as it comes, so that watching can
 * begin long before the pass ends.
 */
export async function makeTrack(run: JobRun): Promise<JobOutcome> {
  const preparation = prepared(run.siblings);
  const audio = preparation?.plan.audio;
  if (preparation === undefined || audio === undefined) {
    throw new TranscodeError(
      'output-invalid',
      'Cannot make the sound: the generation has no sound in its plan.',
    );
  }
  const { plan } = preparation;
  const scratch = await openSourceScratch(run, preparation);
  const finished = new AbortController();
  try {
    const storage = new GrowingTrack(run, plan, scratch.path('audio.m4s'));
    const encoding = runFfmpeg(audioTask(audio, plan.segmentDuration), scratch, {
      signal: AbortSignal.any([run.signal, finished.signal]),
      onProgress: (done) => storage.follow(Math.min(0.99, done / plan.duration), finished),
    });
    await encoding.catch((error: unknown) => {
      throw storage.failure ?? error;
    });
    const runs = await storage.finish();
    return { result: asJson(resultOf(runs)) };
  } finally {
    await scratch.remove();
  }
}

function resultOf(runs: readonly SegmentRun[]): MediaResult {
  return { runs: { [AUDIO_RENDITION]: runs } };
}

/** Stores what ffmpeg has written so far in runs as long as the picture's spans. */
class GrowingTrack {
  readonly #run: JobRun;
  readonly #path: string;
  readonly #reader: FragmentReader;
  /** Segments in each run still to be stored. */
  readonly #lengths: number[];
  readonly #runs: SegmentRun[] = [];
  #waiting: Fragment[] = [];
  #storing: Promise<void> | undefined;

  /** The first failure to store, which ended the encoding. */
  failure: Error | undefined;

  constructor(run: JobRun, plan: GenerationPlan, path: string) {
    this.#run = run;
    this.#path = path;
    this.#reader = new FragmentReader(path);
    const spans = plan.video?.spans ?? planSpans(plan.duration / plan.segmentDuration);
    this.#lengths = spans.map((span) => span.segmentCount);
  }

  /** Stores the runs that have become whole, one round at a time; a failure stops the encoder. */
  follow(progress: number, encoder: AbortController): void {
    if (this.#storing !== undefined || this.failure !== undefined) return;
    this.#storing = this.#storeWhole(progress)
      .catch((error: Error) => {
        this.failure = error;
        encoder.abort();
      })
      .finally(() => {
        this.#storing = undefined;
      });
  }

  /** Stores the rest, which may be shorter than planned, and returns all runs. */
  async finish(): Promise<readonly SegmentRun[]> {
    await this.#storing;
    if (this.failure !== undefined) throw this.failure;
    await this.#storeWhole(0.99);
    if (this.#waiting.length > 0) await this.#storeNext(this.#waiting.length);
    return this.#runs;
  }

  async #storeWhole(progress: number): Promise<void> {
    this.#waiting.push(...(await this.#reader.read()));
    let hasGrown = false;
    for (;;) {
      const length = this.#lengths[0];
      // The last run waits for the end: the muxer may still add a sliver to it.
      if (length === undefined || this.#lengths.length === 1 || this.#waiting.length < length) break;
      await this.#storeNext(length);
      hasGrown = true;
    }
    await this.#run.checkpoint({
      progress,
      ...(hasGrown ? { result: asJson(resultOf([...this.#runs])) } : {}),
    });
  }

  async #storeNext(length: number): Promise<void> {
    const { header } = this.#reader;
    if (header === undefined)
      throw new TranscodeError(
        'output-invalid',
        'ffmpeg wrote sound without a header. The work is tried again.',
      );
    const fragments = this.#waiting.slice(0, length);
    const name = runName(AUDIO_RENDITION, this.#runs.length, this.#run.token);
    const source = { path: this.#path, header, fragments };
    this.#runs.push(await storeRun(this.#run.store, this.#run.prefix, name, source, this.#run.signal));
    this.#waiting = this.#waiting.slice(length);
    this.#lengths.shift();
  }
}
