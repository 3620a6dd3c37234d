import { copyRung } from './copy-rung.ts';
import { recogniseContent } from './content-trial.ts';
import { openScratch } from './scratch.ts';
import { asJson, jobsForPlan, type PreparePayload, type PrepareResult } from './generation-jobs.ts';
import { planGeneration } from './generation-plan.ts';
import type { JobOutcome, JobRun } from './job-run.ts';
import { DEFAULT_LADDER_OPTIONS, ladderFor } from './ladder.ts';
import { probe } from './probe.ts';

/** Carries out a `prepare` job: looks into the source, plans, and queues what the plan needs. */
export async function prepare(run: JobRun): Promise<JobOutcome> {
  const payload = run.job.payload as unknown as PreparePayload;
  const { generation } = run.job;
  const path = await run.sources.open({ generation, sourceKey: payload.sourceKey }, run.signal);
  const media = await probe(path, { signal: run.signal, scratchDir: run.scratchDir });
  const profile = await recogniseContent(path, media, { scratchDir: run.scratchDir, signal: run.signal });
  const ladder = ladderFor(profile, { ...DEFAULT_LADDER_OPTIONS, ...payload.ladder });
  const hopeful = planGeneration(media, ladder, true, run.encoder);
  const rendition = hopeful.video?.renditions.find(({ isCopied }) => isCopied);
  const runs = rendition === undefined ? undefined : await copyRung(run, path, hopeful, rendition);
  const result: PrepareResult =
    rendition === undefined || runs === undefined
      ? { sourceKey: payload.sourceKey, plan: planGeneration(media, ladder, false, run.encoder), copied: {} }
      : { sourceKey: payload.sourceKey, plan: hopeful, copied: { [rendition.name]: runs } };
  return { result: asJson(result), next: jobsForPlan(generation, result.plan) };
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
