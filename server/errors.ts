/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The environment variable or the name in the file. */
  readonly key: string;
  /** `environment`, or the file's path. */
  readonly origin: string;
  readonly expected: string;
  /** `(hidden)` for secrets. */
  readonly received: string;
}

/** The configuration cannot be used; the message has one line for every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'invalid-config';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(
      ({ key, origin, expected, received }) =>
        `  ${key} (${origin}): must be ${expected}; received ${received}`,
    );
    super(`The configuration has ${problems.length} problem(s):\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** What can be wrong with a request, whatever it is about. */
export type RequestErrorCode =
  | 'malformed-request'
  | 'invalid-input'
  | 'cross-site-refused'
  | 'no-such-address'
  | 'method-not-allowed'
  | 'link-invalid'
  | 'link-expired'
  | 'key-reused'
  | 'body-too-large'
  | 'unsupported-body'
  | 'request-timeout'
  | 'not-playable-yet'
  | 'not-live-now'
  | 'not-complete-yet'
  | 'nothing-in-production'
  | 'busy'
  | 'stopping'
  | 'internal';

/** One value that was not accepted. */
export interface InputProblem {
  /** Where it stands, such as `body.tags.0`. */
  readonly path: string;
  readonly message: string;
}

/** Facts that go with a {@link RequestError}. */
export interface RequestErrorFacts {
  readonly problems?: readonly InputProblem[];
  /** When to come back, in seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A request that cannot be served; the message is written for the person who sent it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  readonly problems: readonly InputProblem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: RequestErrorCode, message: string, facts: RequestErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.problems = facts.problems ?? [];
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** What can go wrong while a producer's file arrives. */
export type UploadErrorCode =
  | 'upload-not-found'
  | 'upload-gone'
  | 'upload-busy'
  | 'upload-offset'
  | 'upload-invalid'
  | 'upload-empty'
  | 'upload-too-large'
  | 'digest-mismatch'
  | 'disk-full'
  | 'upload-failed';

/** An upload that cannot go on; the message says what to do. Everything the producer was told is kept is kept. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;

  constructor(code: UploadErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
