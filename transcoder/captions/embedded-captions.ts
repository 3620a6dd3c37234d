import { readFile } from 'node:fs/promises';

import { captionTask } from '../encode-args.ts';
import { TranscodeError } from '../errors.ts';
import { runFfmpeg } from '../ffmpeg.ts';
import { asJson, prepared } from '../generation-jobs.ts';
import type { Job } from '../job.ts';
import type { JobOutcome, JobRun } from '../job-run.ts';
import { openScratch } from '../scratch.ts';
import { keyUnder } from '../segment-run.ts';
import type { CaptionFormat, CaptionProblem, Charset } from './caption-file.ts';
import { extractionOf, type CaptionSource } from './caption-source.ts';
import { captionFolder, storeCaptions, type CaptionTrack } from './caption-track.ts';
import { guessLanguage, languageLabel, languageTag, scriptOf } from './language.ts';
import { readCaptions } from './read-captions.ts';

/** Captions that were in the source's container, taken out and stored under the generation's prefix. */
export interface EmbeddedCaptions extends CaptionTrack {
  readonly format: CaptionFormat;
  readonly charset: Charset;
  readonly cueCount: number;
  readonly problems: readonly CaptionProblem[];
  /** Names the track in its container, for people: `字幕轨 2（English）`. */
  readonly sourceName: string;
  readonly sourceBytes: number;
}

interface CaptionsResult {
  readonly tracks: readonly EmbeddedCaptions[];
  readonly warnings: readonly string[];
}

/** The name of the file as it was found, under its edition's folder. */
export const ORIGINAL_CAPTIONS = 'original';

/** A file is read from end to end for a few lines of text, on a slow disk for minutes without any of them. */
const STALL_MS = 30 * 60_000;

/**
 * Carries out a `captions` job: takes the text tracks out of the source in one pass. A track that cannot be read costs the
 * lecture nothing but itself; its producer is told.
 */
export async function takeEmbeddedCaptions(run: JobRun): Promise<JobOutcome> {
  const preparation = prepared(run.siblings);
  if (preparation === undefined) {
    throw new TranscodeError('output-invalid', 'Cannot take captions: the generation was never planned.');
  }
  const { sourceKey, plan } = preparation;
  const path = await run.sources.open({ generation: run.job.generation, sourceKey }, run.signal);
  const scratch = await openScratch(run.scratchDir, path);
  try {
    const failure = await runFfmpeg(captionTask(plan.captions), scratch, {
      signal: run.signal,
      stallMs: STALL_MS,
    }).then(
      () => undefined,
      (error: unknown) => damageOf(error),
    );
    const tracks: EmbeddedCaptions[] = [];
    const warnings: string[] = [];
    for (const [position, source] of plan.captions.entries()) {
      const format = extractionOf(source.codec)?.format ?? 'srt';
      const bytes = await readFile(scratch.path(`${source.streamIndex}.${format}`)).catch(() =>
        Buffer.alloc(0),
      );
      const track = await storeTrack(run, bytes, source, position, tracks);
      if (track === undefined) warnings.push(`文件里的${nameOf(source, position)}是空的或已损坏，没有带上。`);
      else tracks.push(track);
    }
    if (failure !== undefined && tracks.length > 0)
      warnings.push('文件里的字幕没有读完，可能缺少后面的部分。');
    const result: CaptionsResult = { tracks, warnings };
    return { result: asJson(result) };
  } finally {
    await scratch.remove();
  }
}

/** Damage of the file is told and lived with; everything else is for the worker. */
function damageOf(error: unknown): TranscodeError {
  if (error instanceof TranscodeError && error.code === 'encoder-failed') return error;
  throw error;
}

async function storeTrack(
  run: JobRun,
  bytes: Buffer,
  source: CaptionSource,
  position: number,
  before: readonly EmbeddedCaptions[],
): Promise<EmbeddedCaptions | undefined> {
  const { cues, problems, format, charset } = readCaptions(bytes);
  if (cues.length === 0) return undefined;
  const named = source.language === undefined ? undefined : languageTag(source.language);
  const spoken = named === 'zh' ? scriptOf(cues) : (named ?? guessLanguage('', cues));
  const language = distinctLanguage(
    spoken,
    before.map((track) => track.language),
  );
  const edition = `${language.toLowerCase()}-${run.token}`;
  const folder = keyUnder(run.prefix, captionFolder(edition));
  await run.store.put(keyUnder(folder, ORIGINAL_CAPTIONS), bytes, { signal: run.signal });
  return {
    edition,
    language,
    label: labelOf(source, language),
    kind: 'subtitles',
    format,
    charset,
    cueCount: cues.length,
    problems,
    sourceName: nameOf(source, position),
    sourceBytes: bytes.length,
    ...(await storeCaptions(run.store, folder, edition, cues, run.signal)),
  };
}

function labelOf({ title }: CaptionSource, language: string): string {
  const clean = (title ?? '').replace(/[\p{Cc}"]/gu, '').trim();
  return clean === '' ? languageLabel(language) : Array.from(clean).slice(0, 40).join('');
}

function nameOf({ title, language }: CaptionSource, position: number): string {
  const name = title ?? language;
  return `字幕轨 ${position + 1}${name === undefined ? '' : `（${name}）`}`;
}

/** A second track of a language gets a tag of its own (BCP 47, private use): players tell captions apart by their tags. */
export function distinctLanguage(language: string, taken: readonly string[]): string {
  if (!taken.includes(language)) return language;
  for (let number = 2; ; number += 1) {
    const tag = `${language}-x-${number}`;
    if (!taken.includes(tag)) return tag;
  }
}

/** The captions that a generation's jobs took out of its source; pure. */
export function embeddedCaptions(jobs: readonly Job[]): readonly EmbeddedCaptions[] {
  return resultOf(jobs)?.tracks ?? [];
}

/** What a producer should know of captions that could not be taken out; pure. */
export function embeddedWarnings(jobs: readonly Job[]): readonly string[] {
  return resultOf(jobs)?.warnings ?? [];
}

function resultOf(jobs: readonly Job[]): CaptionsResult | undefined {
  const job = jobs.find((candidate) => candidate.kind === 'captions' && candidate.state === 'done');
  return job?.result as CaptionsResult | undefined;
}
