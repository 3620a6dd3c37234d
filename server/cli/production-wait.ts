import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import {
  chooseEncoder,
  generationStatus,
  RemainingTime,
  TranscodeWorker,
  type GenerationId,
  type GenerationStatus,
  type Job,
} from '../../transcoder/index.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { CommandError, exitCodeOfFailure, EXIT } from './exit-code.ts';
import type { ProgressBar } from './progress-bar.ts';

const LOOK_MS = 500;
/** Workers look for work every second; when none has come by then, there is none, or it is busy with something else. */
const QUEUED_PATIENCE_MS = 3_000;
/** A worker reports every ten seconds at the latest. */
const ACTIVE_PATIENCE_MS = 15_000;

/** What a wait needs besides the generation. */
export interface WaitOptions {
  readonly config: Config;
  readonly foundation: Foundation;
  readonly bar: ProgressBar;
  readonly signal: AbortSignal;
}

/**
 * Watches a lecture being made until it is ready. While nobody works on it, it is worked on here: leases see to it that no
 * job is done twice, so a server or worker that starts meanwhile only makes it faster.
 *
 * @throws {CommandError} `badMedia`, `unavailable` or `failed` with what stopped it; `interrupted`
 */
export async function waitUntilReady(
  generation: GenerationId,
  options: WaitOptions,
): Promise<GenerationStatus> {
  const { foundation, bar, signal } = options;
  const idle = new IdleWatch();
  const remaining = new RemainingTime();
  let worker: TranscodeWorker | undefined;
  try {
    for (;;) {
      const jobs = await foundation.jobs.list(generation);
      const status = generationStatus(jobs);
      bar.update(status.progress, status.stage, remaining.look(jobs));
      if (status.stage === 'ready') {
        bar.finish();
        return status;
      }
      if (status.stage === 'failed' || status.stage === 'canceled') throw failureOf(status);
      if (worker === undefined && idle.isIdle(jobs)) {
        worker = await ownWorker(options);
        worker.start();
      }
      await pause(LOOK_MS, undefined, { signal });
    }
  } catch (error) {
    bar.clear();
    if (!signal.aborted) throw error;
    throw new CommandError(
      'interrupted',
      'Stopped on request. What is made so far stays; run it again with --if-missing --wait to go on.',
      error,
    );
  } finally {
    await worker?.stop();
  }
}

function failureOf(status: GenerationStatus): CommandError {
  if (status.failure === undefined) {
    return new CommandError(
      'failed',
      'The encoding was canceled by somebody; it can be started again in the studio.',
    );
  }
  const { code, message, detail } = status.failure;
  const exitCode = exitCodeOfFailure(code);
  if (exitCode === EXIT.badMedia) return new CommandError('badMedia', message);
  const said = detail === undefined ? message : `${message}\n${detail}`;
  return new CommandError(exitCode === EXIT.unavailable ? 'unavailable' : 'failed', said);
}

async function ownWorker({ config, foundation, bar }: WaitOptions): Promise<TranscodeWorker> {
  const scratchDir = join(config.dataDir, 'scratch');
  const { profile: encoder } = await chooseEncoder(config.encoder, scratchDir);
  return new TranscodeWorker({
    jobs: foundation.jobs,
    store: foundation.store,
    scratchDir,
    sandbox: config.sandbox,
    encoder,
    concurrency: config.workers > 0 ? config.workers : availableParallelism(),
    onEvent: (event) => {
      if (event.kind !== 'postponed' && event.kind !== 'store-trouble' && event.kind !== 'failed') return;
      bar.clear();
      console.error(
        `${event.failure.message} (${event.kind === 'failed' ? event.job.name : 'trying again'})`,
      );
    },
  });
}

/** Notices when nobody works on a generation. */
class IdleWatch {
  #seen = '';
  #since = performance.now();

  isIdle(jobs: readonly Job[]): boolean {
    const now = JSON.stringify(
      jobs.map(({ id, state, attempts, progress }) => [id, state, attempts, progress]),
    );
    if (now !== this.#seen) {
      this.#seen = now;
      this.#since = performance.now();
    }
    const patienceMs = jobs.some((job) => job.state === 'active') ? ACTIVE_PATIENCE_MS : QUEUED_PATIENCE_MS;
    return performance.now() - this.#since >= patienceMs;
  }
}
