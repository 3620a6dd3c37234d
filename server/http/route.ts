import type { IncomingMessage, ServerResponse } from 'node:http';

import type { z } from 'zod';

import type { AccessSubject, Action, Principal } from '../accounts/access.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { RepeatableRequest } from '../catalogue/repeated-creation.ts';
import { RequestError, type InputProblem } from '../errors.ts';
import type { ErrorCode } from './problem-kinds.ts';

/** One request, checked, as a route sees it. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** What was sent to a route that takes a file; empty for every other. */
  readonly bytes: Buffer;
  readonly principal: Principal;
  /** Of a route that says so, where the sender has named his request: asked again, it makes nothing again. */
  readonly repeatable: RepeatableRequest | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a route answers with; `sent` when it has written to the response itself. */
export type Reply =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'sent';

/** What an answer looks like, for the API's description. */
export interface ReplyShape {
  readonly description: string;
  /** JSON of this shape. */
  readonly schema?: z.ZodType;
  /** Any other type of body. */
  readonly contentType?: string;
}

/** How a route is declared. */
export interface RouteSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** With parameters in braces: `/api/v1/courseware/{id}`. */
  readonly path: string;
  /** Looked up in the one table of who may do what. */
  readonly action: Action;
  /** What the action is about, where that matters to the table. */
  readonly subject?: (
    call: Call<z.infer<Params>, z.infer<Query>, unknown>,
  ) => Promise<AccessSubject> | AccessSubject;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The body is a file, of whatever type it is called. */
  readonly file?: { readonly description: string; readonly limitBytes: number };
  /** It makes something, and heeds the name that a sender gives his request (Idempotency-Key). */
  readonly isRepeatable?: true;
  /** Request headers worth describing. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly replies: Readonly<Record<number, ReplyShape>>;
  /** What it may refuse with, besides what every route may. */
  readonly refuses?: readonly ErrorCode[];
  /** Kept out of the API's description: pages and assets. */
  readonly isHidden?: true;
  handle(call: Call<z.infer<Params>, z.infer<Query>, z.infer<Body>>): Promise<Reply> | Reply;
}

/** A declared route, whatever its input. */
export type Route = RouteSpec<z.ZodType, z.ZodType, z.ZodType>;

/** Declares a route; the input of its handler has the types of its schemas. */
export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<Params, Query, Body>): Route {
  return spec;
}

/**
 * Checks input against its schema; without a schema nothing is read.
 *
 * @throws {RequestError} `invalid-input`, naming every place that is wrong
 */
export function checkInput(schema: z.ZodType | undefined, given: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map((issue): InputProblem => ({
    path: [where, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  const words = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new RequestError('invalid-input', words, { problems });
}

/** What the table of rights needs to know of an item. */
export function aboutCourseware(courseware: Courseware): AccessSubject {
  return { publication: courseware.publication };
}
