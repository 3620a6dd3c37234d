import { copyRung } from './copy-rung.ts';
import { recogniseContent } from './content-trial.ts';
import { openScratch } from './scratch.ts';
import { asJson, jobsForPlan, type PreparePayload, type PrepareResult } from './generation-jobs.ts';
import { planGeneration } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { DEFAULT_LADDER_OPTIONS, ladderFor } from './ladder.ts';
import type { AudioTrack, MediaInfo } from './media-info.ts';
import { readPackets, withFieldOrder } from './probe.ts';
import { planRemux, type RemuxPlan } from './remux-plan.ts';

/** Carries out a `prepare` job: looks into the source, plans, and queues what the plan needs. */
export async function prepare(run: JobRun): Promise<JobOutcome> {
  const payload = run.job.payload as unknown as PreparePayload;
  const { generation } = run.job;
  const { path, media, remux } = await openWorkingForm(run, payload.sourceKey);
  const profile = await recogniseContent(path, media, { scratchDir: run.scratchDir, signal: run.signal });
  const ladder = ladderFor(profile, { ...DEFAULT_LADDER_OPTIONS, ...payload.ladder });
  const hopeful = planGeneration(media, ladder, true, remux, run.encoder);
  const rendition = hopeful.video?.renditions.find(({ isCopied }) => isCopied);
  const runs = rendition === undefined ? undefined : await copyRung(run, path, hopeful, rendition);
  const result: PrepareResult =
    rendition === undefined || runs === undefined
      ? {
          sourceKey: payload.sourceKey,
          plan: planGeneration(media, ladder, false, remux, run.encoder),
          copied: {},
        }
      : { sourceKey: payload.sourceKey, plan: hopeful, copied: { [rendition.name]: runs } };
  return { result: asJson(result), next: jobsForPlan(generation, result.plan) };
}

/** A source in the form that all jobs of its generation will read. */
interface WorkingForm {
  readonly path: string;
  readonly media: MediaInfo;
  readonly remux: readonly RemuxPlan[];
}

/** One pass gives the file an index, a second one straightens what is left of a clock that jumps. */
const MOST_PASSES = 2;

/** Copies the source as often as it needs, and looks into the last copy, because that is what will be cut and decoded. */
async function openWorkingForm(run: JobRun, sourceKey: string): Promise<WorkingForm> {
  const options = { signal: run.signal, scratchDir: run.scratchDir };
  const remux: RemuxPlan[] = [];
  const open = (): Promise<string> =>
    run.sources.open({ generation: run.job.generation, sourceKey, remux }, run.signal);
  let path = await open();
  const original = await readPackets(path, options);
  let media = original;
  while (remux.length < MOST_PASSES) {
    const pass = planRemux(media, remux.length > 0);
    if (pass === undefined) break;
    remux.push(pass);
    path = await open();
    media = await readPackets(path, options);
  }
  const { declaredDuration, unreadShare, shifts, subtitles, chapters } = original;
  const audio = media.audio.map((track, place) => withTags(track, original.audio[place]));
  const known = { ...media, audio, declaredDuration, unreadShare, shifts, subtitles, chapters };
  return { path, media: await withFieldOrder(known, path, options), remux };
}

/** A copy has the tracks in the same order, but not every container keeps what they are called. */
function withTags(track: AudioTrack, original: AudioTrack = track): AudioTrack {
  const { language, title, isDefault, isCommentary } = original;
  return { ...track, language, title, isDefault, isCommentary };
}

/** A scratch on the generation's source in the form its plan asks for. */
export async function openSourceScratch(
  run: JobRun,
  { sourceKey, plan }: PrepareResult,
): ReturnType<typeof openScratch> {
  const path = await run.sources.open(
    { generation: run.job.generation, sourceKey, remux: plan.remux },
    run.signal,
  );
  return openScratch(run.scratchDir, path);
}
