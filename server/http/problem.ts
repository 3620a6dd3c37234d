import type { IncomingMessage, ServerResponse } from 'node:http';

import { StorageError } from '../../storage/index.ts';
import { TranscodeError } from '../../transcoder/index.ts';
import { AccountError } from '../accounts/account-error.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { DatabaseError } from '../database/database-error.ts';
import { RequestError, UploadError, type InputProblem } from '../errors.ts';
import { ExchangeError } from '../exchange/exchange-error.ts';
import { LiveClassError } from '../live/live-class-error.ts';
import { RoomError } from '../live/room/room-error.ts';
import { PROBLEMS, type ErrorCode, type ProblemKind } from './problem-kinds.ts';

/** A failure as it goes over the wire (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** For the person in front of the screen. */
  readonly detail: string;
  /** For whoever writes a client: what exactly was wrong with the request. */
  readonly reason?: string;
  readonly errors?: readonly InputProblem[];
  /** What may have been meant. */
  readonly near?: readonly string[];
  /** Finds the request in the log. */
  readonly requestId?: string;
}

/** Puts any error into words that may leave the server; what was not thrown on purpose becomes `internal`. */
export function problemOf(error: unknown, requestId?: string): Problem {
  const known = isKnown(error) ? error : undefined;
  const code = known?.code ?? 'internal';
  const kind = PROBLEMS[code];
  const errors = inputProblems(error);
  const near = error instanceof CatalogueError ? error.near : [];
  return {
    type: `urn:yuanjiao:problem:${code}`,
    title: kind.title,
    status: kind.status,
    code,
    detail: detailOf(error, kind, near),
    ...(kind.showsMessage === true && known !== undefined && { reason: known.message }),
    ...(errors.length > 0 && { errors }),
    ...(near.length > 0 && { near }),
    ...(requestId !== undefined && { requestId }),
  };
}

function detailOf(error: unknown, { advice }: ProblemKind, near: readonly string[]): string {
  // Its message is written for the person in front of the screen, and says more.
  if (error instanceof ExchangeError || error instanceof LiveClassError) return error.message;
  return near.length > 0 ? `${advice}相近的标签有：${near.join('、')}。` : advice;
}

function inputProblems(error: unknown): readonly InputProblem[] {
  if (error instanceof RequestError) return error.problems;
  if (error instanceof TranscodeError) {
    return error.captionProblems.map(({ line, message }) => ({ path: `line ${line}`, message }));
  }
  return error instanceof CatalogueError && error.field !== undefined
    ? [{ path: `body.${error.field}`, message: error.message }]
    : [];
}

type KnownError = InstanceType<(typeof FAMILIES)[number]>;

const FAMILIES = [
  RequestError,
  UploadError,
  ExchangeError,
  LiveClassError,
  RoomError,
  CatalogueError,
  AccountError,
  DatabaseError,
  StorageError,
  TranscodeError,
] as const;

function isKnown(error: unknown): error is KnownError {
  return FAMILIES.some((family) => error instanceof family);
}

/** Headers that say when to come back, and how to sign in. */
export function problemHeaders(problem: Problem, error: unknown): Readonly<Record<string, string>> {
  const retryAfter =
    (error instanceof RequestError || error instanceof AccountError || error instanceof RoomError) &&
    error.retryAfterSeconds !== undefined
      ? error.retryAfterSeconds
      : problem.status === 503
        ? 5
        : undefined;
  return {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(problem.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="yuanjiao"' } : {}),
  };
}

/** Headers that describe a body that will not be sent after all. */
const BODY_HEADERS = ['Content-Length', 'Content-Range', 'Content-Encoding', 'ETag', 'Accept-Ranges', 'Vary'];

/**
 * Answers with a problem; when the answer has begun already, the connection is closed so that nobody takes it for whole.
 *
 * @param headers - take the place of those that a problem has by itself
 */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  requestId?: string,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  const problem = problemOf(error, requestId);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return problem;
  }
  for (const name of BODY_HEADERS) response.removeHeader(name);
  const body = Buffer.from(JSON.stringify(problem));
  const all = { ...problemHeaders(problem, error), ...headers };
  for (const [name, value] of Object.entries(all)) response.setHeader(name, value);
  response.setHeader('Content-Length', body.length);
  response.writeHead(problem.status);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  return problem;
}
