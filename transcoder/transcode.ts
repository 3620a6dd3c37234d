import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import type { ObjectKey, ObjectStore } from '../storage/index.ts';
import type { SandboxPolicy } from './box.ts';
import { chooseEncoder, type EncoderWish } from './encoder-trial.ts';
import type { CaptionTrack } from './captions/caption-track.ts';
import { completeWithCaptions } from './captions/complete-lecture.ts';
import { embeddedCaptions } from './captions/embedded-captions.ts';
import {
  captionProblemText,
  readSidecar,
  storeSidecar,
  type CaptionsOption,
  type SidecarCaptions,
} from './captions/sidecar-captions.ts';
import { canceled, throwIfCanceled, TranscodeError } from './errors.ts';
import { prepareJob } from './generation-jobs.ts';
import { generationStatus, type GenerationStatus } from './generation-status.ts';
import { generationId } from './job.ts';
import { DEFAULT_LADDER_OPTIONS, type LadderOptions } from './ladder.ts';
import { MemoryJobStore } from './memory-job-store.ts';
import { MULTIVARIANT_NAME } from './presentation.ts';
import { RemainingTime } from './remaining-time.ts';
import type { PublishResult } from './publish.ts';
import { keyUnder } from './segment-run.ts';
import { TranscodeWorker } from './worker.ts';

/** How {@link transcode} makes a lecture, and how to follow or stop it. */
export interface TranscodeOptions extends Partial<LadderOptions> {
  /** Folder in the store for the lecture's objects, such as `lectures/7`; empty, the default, for the store's root. */
  readonly prefix?: string;
  /** Spans encoded at once; the number of processors by default. */
  readonly concurrency?: number;
  /** Caption files to take along; they take the place of captions in the source that have the same language. */
  readonly captions?: readonly CaptionsOption[];
  /** A folder for unfinished work, with room for a span or two; one of its own under the system's temporary folder by default. */
  readonly scratchDir?: string;
  /** What encodes the picture: `x264` by default; `auto` takes a graphics chip that proves itself in a trial. */
  readonly encoder?: EncoderWish;
  /** Whether it works where there is no sandbox; `preferred`, the default, does. */
  readonly sandbox?: SandboxPolicy;
  /** Stops the encoders at once; the call then ends with `canceled` when they are gone. */
  readonly signal?: AbortSignal;
  /** Called about twice a second and once more at the end; with the seconds that are left once there is a pace to tell them by. */
  readonly onProgress?: (status: GenerationStatus, remainingSeconds: number | undefined) => void;
}

/** What {@link transcode} leaves. */
export interface TranscodeResult extends PublishResult {
  /** Key of the multivariant playlist. */
  readonly entryKey: ObjectKey;
  /** What was odd about the source, in words for its producer. */
  readonly warnings: readonly string[];
}

const PROGRESS_MS = 500;

/**
 * Makes HLS of a media file: renditions as fragmented MP4 with byte ranges, playlists, a poster and a list of all objects. It
 * is the server's own pipeline with its jobs in memory.
 *
 * The playlists are written last, so a store never names what it does not hold; what an aborted call left is overwritten by the
 * next one.
 *
 * @throws {TranscodeError} with the code of what was wrong with the file, `canceled` when `signal` was aborted
 * @throws {StorageError} when the store fails; `invalid-key` at once for a `prefix` that is none
 * @throws {RangeError} at once for a `concurrency` that is no whole number from 1 up
 * @throws the file system's own error when the file is not there or may not be read
 *
 * @example
 * const store = await openStore('folder:/srv/lecture');
 * const { renditions } = await transcode('lecture.mp4', store); // ['360p', '480p', '720p', 'audio']
 */
export async function transcode(
  path: string,
  store: ObjectStore,
  options: TranscodeOptions = {},
): Promise<TranscodeResult> {
  const source = resolve(path);
  const prefix = options.prefix ?? '';
  const entryKey = keyUnder(prefix, MULTIVARIANT_NAME);
  const { concurrency, signal } = options;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw new RangeError(`options.concurrency is ${concurrency}; pass a whole number from 1 up`);
  }
  throwIfCanceled(signal);
  await stat(source);
  // Read before the hours of encoding: their faults are told at once.
  const sidecars = await readSidecars(options.captions ?? []);
  const jobs = new MemoryJobStore();
  const generation = generationId(randomBytes(8).toString('hex'));
  const ladder: LadderOptions = {
    includes1080p: options.includes1080p ?? DEFAULT_LADDER_OPTIONS.includes1080p,
    includesFloor: options.includesFloor ?? DEFAULT_LADDER_OPTIONS.includesFloor,
    keepsFullRate: options.keepsFullRate ?? DEFAULT_LADDER_OPTIONS.keepsFullRate,
  };
  await jobs.enqueue([prepareJob(generation, { sourceKey: 'source', sourceName: basename(source), ladder })]);
  const scratchDir = options.scratchDir ?? (await mkdtemp(join(tmpdir(), 'yuanjiao-')));

  let worker: TranscodeWorker | undefined;
  let ticker: NodeJS.Timeout | undefined;
  const remaining = new RemainingTime();
  const report = async (): Promise<GenerationStatus> => {
    const known = await jobs.list(generation);
    const status = generationStatus(known);
    options.onProgress?.(status, remaining.look(known));
    return status;
  };
  let forgetSignal: (() => void) | undefined;
  try {
    const { profile: encoder } = await chooseEncoder(options.encoder ?? 'x264', scratchDir);
    await new Promise<void>((finish, fail) => {
      const stop = (): void => fail(canceled(signal));
      if (signal?.aborted === true) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      // A caller may keep one signal for all his lectures.
      forgetSignal = () => signal?.removeEventListener('abort', stop);
      worker = new TranscodeWorker({
        jobs,
        store,
        scratchDir,
        pollMs: 50,
        prefixOf: () => prefix,
        localSource: () => source,
        encoder,
        sandbox: options.sandbox ?? 'preferred',
        ...(concurrency === undefined ? {} : { concurrency }),
        onEvent: (event) => {
          // Nobody may mend a store or a disk while a function call waits, so it ends with what stopped it.
          if (event.kind === 'postponed') fail(event.error);
          if (event.kind === 'done' && event.job.kind === 'publish') finish();
          if (event.kind !== 'failed') return;
          void report().then((status) => {
            if (status.stage === 'failed') fail(event.error);
          }, fail);
        },
      });
      ticker = setInterval(() => void report().catch(fail), PROGRESS_MS);
      worker.start();
    });
    const { warnings } = await report();
    const finished = await jobs.list(generation);
    const published = finished.find((job) => job.kind === 'publish');
    await completeWithCaptions(store, prefix, [
      ...embeddedCaptions(finished).filter((track) => !sidecars.some(isOfLanguage(track.language))),
      ...(await storeSidecars(store, prefix, sidecars)),
    ]);
    return {
      ...(published?.result as unknown as PublishResult),
      entryKey,
      warnings: [...warnings, ...sidecars.flatMap(warningsOf)],
    };
  } finally {
    clearInterval(ticker);
    forgetSignal?.();
    await worker?.stop();
    if (options.scratchDir === undefined) await rm(scratchDir, { recursive: true, force: true });
  }
}

async function readSidecars(options: readonly CaptionsOption[]): Promise<readonly SidecarCaptions[]> {
  const sidecars: SidecarCaptions[] = [];
  for (const option of options) {
    const sidecar = await readSidecar(option);
    const twin = sidecars.find(isOfLanguage(sidecar.language));
    if (twin !== undefined) {
      throw new TranscodeError(
        'captions-unusable',
        `${twin.fileName} and ${sidecar.fileName} are both ${sidecar.language}. Name the language of each.`,
      );
    }
    sidecars.push(sidecar);
  }
  return sidecars;
}

function isOfLanguage(language: string): (captions: SidecarCaptions) => boolean {
  return (captions) => captions.language === language;
}

async function storeSidecars(
  store: ObjectStore,
  prefix: string,
  sidecars: readonly SidecarCaptions[],
): Promise<readonly CaptionTrack[]> {
  const tracks: CaptionTrack[] = [];
  for (const sidecar of sidecars) tracks.push(await storeSidecar(store, prefix, sidecar));
  return tracks;
}

function warningsOf({ fileName, file }: SidecarCaptions): readonly string[] {
  return file.problems.map((problem) => `${fileName} ${captionProblemText(problem)}`);
}
