import { embeddedWarnings } from './captions/embedded-captions.ts';
import type { Chapter } from './chapters.ts';
import { picturesOf, prepared, type MediaResult } from './generation-jobs.ts';
import type { GenerationPlan } from './generation-plan.ts';
import { generationWork } from './generation-progress.ts';
import type { Job, JobFailure } from './job.ts';
import { ratio } from './media-info.ts';
import { damageOf, damageWarnings } from './picture-damage.ts';
import { finishedMedia } from './presentation.ts';
import { soundWarnings, type SoundFacts } from './sound-correction.ts';

/** What was measured of a sound track before it was encoded, and what was done about it. */
export interface TrackReport extends SoundFacts {
  /** The rendition: `audio`, `audio-2`, … */
  readonly name: string;
  /** What a viewer reads in the menu. */
  readonly label: string;
  readonly language: string | undefined;
}

/** How far the making of one lecture's renditions has come; derived from its jobs and from nothing else. */
export interface GenerationStatus {
  readonly stage: 'probing' | 'transcoding' | 'ready' | 'failed' | 'canceled';
  /**
   * 0 to 1, the share of the whole work by what each part costs; 0 until there is a plan, 1 when it is ready and not before.
   * Never goes back, also when a worker is lost and its work is done again.
   */
  readonly progress: number;
  /** True once the first segment of every rendition can be fetched. */
  readonly isPlayable: boolean;
  /** Seconds; undefined until probed. */
  readonly duration: number | undefined;
  /** What was odd about the source, in words for its producer; more may come while its sound is heard. */
  readonly warnings: readonly string[];
  /** The sound tracks that have been heard so far, the default first. */
  readonly sound: readonly TrackReport[];
  /** Names of the poster and of the storyboard's index, under the generation's prefix; undefined until there are any. */
  readonly poster: string | undefined;
  readonly storyboard: string | undefined;
  /** What the source's container divides it into; empty until probed. */
  readonly chapters: readonly Chapter[];
  /** Why it failed; only in the stage `failed`. */
  readonly failure: JobFailure | undefined;
}

/** What is shown while the last things are still to be done. */
const ALMOST = 0.999;

/** Reads the status off a generation's jobs; pure. */
export function generationStatus(jobs: readonly Job[]): GenerationStatus {
  const stage = stageOf(jobs);
  const plan = prepared(jobs)?.plan;
  const media = finishedMedia(jobs);
  const sound = plan === undefined ? [] : trackReports(jobs, plan);
  return {
    stage,
    progress: stage === 'ready' ? 1 : progressOf(jobs),
    isPlayable: media !== undefined && [...media.runs.values()].every((runs) => runs.length > 0),
    duration: plan?.duration,
    warnings: [...warningsOf(jobs), ...soundWarningsOf(sound), ...embeddedWarnings(jobs)],
    sound,
    poster: picturesOf(jobs)?.poster ?? undefined,
    storyboard: picturesOf(jobs)?.storyboard ?? undefined,
    chapters: plan?.chapters ?? [],
    failure: stage === 'failed' ? jobs.find((job) => job.state === 'dead')?.failure : undefined,
  };
}

function trackReports(jobs: readonly Job[], plan: GenerationPlan): readonly TrackReport[] {
  return plan.audio.flatMap(({ name, label, language }) => {
    const job = jobs.find((candidate) => candidate.kind === 'track' && candidate.name === name);
    const sound = (job?.result as unknown as MediaResult | undefined)?.sound;
    return sound === undefined ? [] : [{ ...sound, name, label, language }];
  });
}

function soundWarningsOf(sound: readonly TrackReport[]): readonly string[] {
  return sound.flatMap((track) =>
    soundWarnings(track).map((warning) => (sound.length > 1 ? `音轨“${track.label}”：${warning}` : warning)),
  );
}

/** What was seen before the encoding, and what came to light in it. */
function warningsOf(jobs: readonly Job[]): readonly string[] {
  const plan = prepared(jobs)?.plan;
  const rate = plan?.video?.grid.rate;
  return [
    ...(plan?.warnings ?? []),
    ...(rate === undefined ? [] : damageWarnings(damageOf(jobs), ratio(rate))),
  ];
}

function stageOf(jobs: readonly Job[]): GenerationStatus['stage'] {
  if (jobs.some((job) => job.state === 'dead')) return 'failed';
  if (jobs.some((job) => job.kind === 'publish' && job.state === 'done')) return 'ready';
  if (jobs.some((job) => job.state === 'canceled')) return 'canceled';
  return prepared(jobs) === undefined ? 'probing' : 'transcoding';
}

function progressOf(jobs: readonly Job[]): number {
  if (prepared(jobs) === undefined) return 0;
  const { total, reached } = generationWork(jobs);
  return Math.min(ALMOST, reached / total);
}
