import type { AudioPlan } from './audio-plan.ts';
import { TranscodeError } from './errors.ts';
import { evenSound, type EvenSound } from './even-sound.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { FragmentReader, type Fragment } from './fmp4.ts';
import { asJson, prepared, type MediaResult } from './generation-jobs.ts';
import type { GenerationPlan } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { measureCorrected, measureSound } from './measure-sound.ts';
import { openSourceScratch } from './prepare.ts';
import type { Scratch } from './scratch.ts';
import { runName, storeRun, type SegmentRun } from './segment-run.ts';
import { audioTask } from './sound-args.ts';
import {
  mustBeHeardAgain,
  isSilent,
  planCorrection,
  refineCorrection,
  type SoundFacts,
} from './sound-correction.ts';
import { planSpans } from './span.ts';

/** Of the job's progress, what hearing the track takes; the rest is encoding it. */
const MEASURING_SHARE = 0.3;

/**
 * Carries out a `track` job: hears the whole track, decides what to do about its loudness, and then makes it in one pass, stored
 * in runs as it comes, so that watching can begin long before the pass ends.
 *
 * Hearing comes first because what is decided holds from the first segment on. It runs while the picture's first spans are
 * encoded, and a repeated attempt does not hear the track again.
 */
export async function makeTrack(run: JobRun): Promise<JobOutcome> {
  const preparation = prepared(run.siblings);
  const audio = preparation?.plan.audio.find(({ name }) => name === run.job.name);
  if (preparation === undefined || audio === undefined) {
    throw new TranscodeError(
      'output-invalid',
      'Cannot make the sound: the generation has no such track in its plan.',
    );
  }
  const original = await openSourceScratch(run, preparation);
  let even: EvenSound | undefined;
  try {
    let sound = heardBefore(run) ?? (await hear(run, audio, original));
    if (sound.changesForm === true) {
      even = await evenSound(run, audio, original);
      // What could not be decoded is silence in the copy.
      const { lostSeconds = 0 } = sound;
      sound = { ...(await hear(run, even.audio, even.scratch)), changesForm: true, lostSeconds };
    }
    // A second language nobody speaks would only stand in the menu. The default stays, for the picture's sake.
    if (isSilent(sound) && !audio.isDefault) return { result: asJson({ runs: {}, sound }) };
    const source = even ?? { audio, scratch: original };
    const track = new GrowingTrack(run, preparation.plan, audio, sound, source.scratch.path('audio.m4s'));
    return { result: asJson(await encode(run, source.audio, track, source.scratch)) };
  } finally {
    await even?.scratch.remove();
    await original.remove();
  }
}

function heardBefore(run: JobRun): SoundFacts | undefined {
  return (run.job.result as unknown as MediaResult | undefined)?.sound;
}

async function hear(run: JobRun, audio: AudioPlan, scratch: Scratch): Promise<SoundFacts> {
  const options = {
    signal: run.signal,
    onProgress: (seconds: number) => {
      void run.checkpoint({ progress: Math.min(1, seconds / audio.duration) * MEASURING_SHARE });
    },
  };
  const measure = await measureSound(audio, scratch, options);
  let correction = planCorrection(measure);
  if (mustBeHeardAgain(measure, correction)) {
    const loudness = await measureCorrected(audio, measure.mix, correction, scratch, options);
    correction = refineCorrection(correction, loudness);
  }
  const sound: SoundFacts = { ...measure, ...correction, channels: 1 };
  await run.checkpoint({ progress: MEASURING_SHARE, result: asJson({ runs: {}, sound }) });
  return sound;
}

async function encode(
  run: JobRun,
  audio: AudioPlan,
  track: GrowingTrack,
  scratch: Scratch,
): Promise<MediaResult> {
  const finished = new AbortController();
  const encoding = runFfmpeg(audioTask(audio, track.sound, track.segmentDuration), scratch, {
    signal: AbortSignal.any([run.signal, finished.signal]),
    onProgress: (seconds) => {
      const share = MEASURING_SHARE + (1 - MEASURING_SHARE) * (seconds / audio.duration);
      track.follow(Math.min(0.99, share), finished);
    },
  });
  await encoding.catch((error: unknown) => {
    throw track.failure ?? error;
  });
  return await track.finish();
}

/** Stores what ffmpeg has written so far in runs as long as the picture's spans. */
class GrowingTrack {
  readonly #run: JobRun;
  readonly #name: string;
  readonly #path: string;
  readonly #reader: FragmentReader;
  /** Segments in each run still to be stored. */
  readonly #lengths: number[];
  readonly #runs: SegmentRun[] = [];
  /** Runs that an earlier attempt has shown: a growing playlist must not become shorter, so they stand until there are as many again. */
  readonly #shownBefore: number;
  #waiting: Fragment[] = [];
  #storing: Promise<void> | undefined;

  readonly sound: SoundFacts;
  /** Seconds. */
  readonly segmentDuration: number;
  /** The first failure to store, which ended the encoding. */
  failure: Error | undefined;

  constructor(run: JobRun, plan: GenerationPlan, audio: AudioPlan, sound: SoundFacts, path: string) {
    this.#run = run;
    this.#name = audio.name;
    this.#path = path;
    this.sound = sound;
    this.segmentDuration = plan.segmentDuration;
    this.#reader = new FragmentReader(path);
    const earlier = run.job.result as unknown as MediaResult | undefined;
    this.#shownBefore = earlier?.runs[audio.name]?.length ?? 0;
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

  /** Stores the rest, which may be shorter than planned, and returns the whole result. */
  async finish(): Promise<MediaResult> {
    await this.#storing;
    if (this.failure !== undefined) throw this.failure;
    await this.#storeWhole(0.99);
    if (this.#waiting.length > 0) await this.#storeNext(this.#waiting.length);
    return this.#result();
  }

  #result(): MediaResult {
    return { runs: { [this.#name]: [...this.#runs] }, sound: this.sound };
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
      ...(hasGrown && this.#runs.length >= this.#shownBefore ? { result: asJson(this.#result()) } : {}),
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
    const name = runName(this.#name, this.#runs.length, this.#run.token);
    const source = { path: this.#path, header, fragments };
    this.#runs.push(await storeRun(this.#run.store, this.#run.prefix, name, source, this.#run.signal));
    this.#waiting = this.#waiting.slice(length);
    this.#lengths.shift();
  }
}
