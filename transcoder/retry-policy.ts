import { StorageError } from '../storage/index.ts';
import { TranscodeError, type TranscodeErrorCode } from './errors.ts';
import type { FailureVerdict, JobFailure } from './job.ts';

/**
 * What to do about a failed attempt:
 *
 * - `fail`: it counts; the verdict says whether another attempt may succeed or only a person can help.
 * - `postpone`: not the lecture's fault (the store is away, a disk is full); the job goes back untouched and the worker
 *   rests, so an outage of an hour uses up no attempt.
 * - `drop`: the job is no longer ours; nothing is recorded.
 */
export type NextAttempt =
  | { readonly kind: 'fail'; readonly verdict: FailureVerdict }
  | { readonly kind: 'postpone' }
  | { readonly kind: 'drop' };

/** What is wrong with the machine and not with the lecture. */
const NEEDS_THE_OPERATOR: ReadonlySet<TranscodeErrorCode> = new Set([
  'scratch-full',
  'tool-missing',
  'sandbox-missing',
]);

const FIRST_PAUSE_MS = 2_000;
/** What a busy machine did not get to is not tried again at once: it would only be busier. */
const FIRST_PAUSE_OF_STALLED_MS = 60_000;

/** Decides from the error and how often the job has failed before; pure. */
export function nextAttempt(error: unknown, failures: number): NextAttempt {
  if (error instanceof StorageError) {
    if (error.code === 'canceled') return { kind: 'drop' };
    if (error.isRetryable || error.code === 'store-denied') return { kind: 'postpone' };
    return { kind: 'fail', verdict: 'give-up' };
  }
  if (error instanceof TranscodeError) {
    if (error.code === 'canceled' || error.code === 'lease-lost') return { kind: 'drop' };
    if (NEEDS_THE_OPERATOR.has(error.code)) return { kind: 'postpone' };
    if (!error.isRetryable) return { kind: 'fail', verdict: 'give-up' };
  }
  const isStalled = error instanceof TranscodeError && error.code === 'probe-stalled';
  const firstMs = isStalled ? FIRST_PAUSE_OF_STALLED_MS : FIRST_PAUSE_MS;
  return { kind: 'fail', verdict: { retryAfterMs: firstMs * 4 ** failures } };
}

/** What is kept of an error with its job. */
export function failureOf(error: unknown): JobFailure {
  if (error instanceof TranscodeError) {
    const facts = error.ffmpeg;
    return {
      code: error.code,
      message: error.message,
      ...(facts === undefined ? {} : { detail: `${facts.command}\n${facts.stderrTail}` }),
    };
  }
  if (error instanceof StorageError) return { code: error.code, message: error.message };
  const unknown = error instanceof Error ? error : new Error(String(error));
  return { code: 'unexpected', message: unknown.message, detail: unknown.stack ?? '' };
}
