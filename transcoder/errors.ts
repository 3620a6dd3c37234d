import type { CaptionProblem } from './captions/caption-file.ts';

/** What can go wrong between an upload and its renditions; see the README's error table. */
export type TranscodeErrorCode =
  | 'empty-file'
  | 'not-media'
  | 'refused-format'
  | 'copy-protected'
  | 'truncated-media'
  | 'damaged-media'
  | 'too-large'
  | 'no-track'
  | 'too-many-tracks'
  | 'captions-unusable'
  | 'probe-failed'
  | 'probe-overrun'
  | 'probe-stalled'
  | 'encoder-failed'
  | 'encoder-killed'
  | 'encoder-stalled'
  | 'encoder-overrun'
  | 'encoder-missing'
  | 'output-invalid'
  | 'package-invalid'
  | 'scratch-full'
  | 'lease-lost'
  | 'canceled'
  | 'tool-missing'
  | 'sandbox-missing';

/** What ffmpeg or ffprobe said when it was involved. */
export interface FfmpegFacts {
  /** The command as one line that can be pasted into a shell. */
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The last lines it wrote to stderr. */
  readonly stderrTail: string;
}

/** Facts that go with a {@link TranscodeError}; absent ones are unknown. */
export interface TranscodeErrorFacts {
  readonly ffmpeg?: FfmpegFacts;
  /** What is wrong with a caption file, line by line. */
  readonly captionProblems?: readonly CaptionProblem[];
  readonly cause?: unknown;
}

/** The codes that another attempt may cure without anybody changing anything. */
const RETRYABLE: ReadonlySet<TranscodeErrorCode> = new Set([
  'encoder-failed',
  'encoder-killed',
  'encoder-stalled',
  'encoder-missing',
  'output-invalid',
  'scratch-full',
  'probe-failed',
  'probe-stalled',
]);

/** What a caller gets who aborted his signal. */
export function canceled(signal?: AbortSignal): TranscodeError {
  return new TranscodeError(
    'canceled',
    'The work was stopped on request.',
    signal?.aborted === true ? { cause: signal.reason } : {},
  );
}

/** @throws {TranscodeError} `canceled` */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw canceled(signal);
}

/** Everything the transcoder throws on purpose. The message says what failed, on what, why, and what to do. */
export class TranscodeError extends Error {
  override readonly name = 'TranscodeError';
  readonly code: TranscodeErrorCode;
  readonly ffmpeg: FfmpegFacts | undefined;
  readonly captionProblems: readonly CaptionProblem[];

  constructor(code: TranscodeErrorCode, message: string, facts: TranscodeErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.ffmpeg = facts.ffmpeg;
    this.captionProblems = facts.captionProblems ?? [];
  }

  /** True when another attempt may succeed without anybody changing anything. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}
