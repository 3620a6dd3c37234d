import type { IncomingMessage, ServerResponse } from 'node:http';

import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';

import { demand } from '../accounts/access.ts';
import { RequestError } from '../errors.ts';
import type { Gate } from './gate.ts';
import { requestIdOf } from './http-front.ts';
import { refuseReusedKey, repeatableOf } from './idempotency-key.ts';
import { PROBLEM_PAGE_POLICY, problemPage } from './page-routes.ts';
import { problemOf, sendProblem } from './problem.ts';
import { checkInput, type Call, type Reply, type Route } from './route.ts';

/** What the application is made of. */
export interface AppOptions {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  /** True when people reach the server by https. */
  readonly isSecure: boolean;
  readonly onFailure: (error: unknown, request: IncomingMessage) => void;
}

/** Largest JSON body. */
const BODY_LIMIT = 256 * 1024;

/**
 * Puts the routes behind one door: headers, who is asking, one access check, input checked, reply sent.
 *
 * @throws {Error} when two routes collide or something is mounted that no route declares
 */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.use(securityHeaders(options.isSecure));
  for (const declared of options.routes) mount(app, declared, options.gate);
  refuseUndeclared(app, options.routes);
  app.use(refuseOtherMethods(options.routes));
  app.use(answerFailure(options.onFailure));
  return app;
}

/** The address pattern of a route in the framework's words. */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function mount(app: Express, declared: Route, gate: Gate): void {
  const { method, path, action, body } = declared;
  const calls = new WeakMap<IncomingMessage, Call<unknown, unknown, undefined>>();
  // Before a byte of the body is read: strangers are not listened to.
  const check: RequestHandler = async (request, response, next) => {
    gate.refuseCrossSite(request);
    const principal = await gate.principalOf(request);
    if (declared.subject === undefined) demand(principal, action);
    const call = {
      params: checkInput(declared.params, { ...request.params }, 'path'),
      query: checkInput(declared.query, { ...request.query }, 'query'),
      body: undefined,
      bytes: Buffer.alloc(0),
      principal,
      repeatable: undefined,
      request,
      response,
    };
    if (declared.subject !== undefined) demand(principal, action, await declared.subject(call));
    calls.set(request, call);
    next();
  };
  const handle: RequestHandler = async (request, response) => {
    const call = calls.get(request);
    if (call === undefined) throw new Error('a request was handled before it was checked');
    const sent = {
      ...call,
      body: checkInput(body, request.body, 'body'),
      ...(Buffer.isBuffer(request.body) && { bytes: request.body }),
    };
    const input: Call<unknown, unknown, unknown> = {
      ...sent,
      repeatable: repeatableOf(declared, sent, request),
    };
    const handling = async (): Promise<Reply> => declared.handle(input);
    sendReply(request, response, await handling().catch(refuseReusedKey));
  };
  app[VERBS[method]](expressPath(path), check, ...bodyReaders(declared), handle);
}

function bodyReaders({ body, file }: Route): readonly RequestHandler[] {
  if (file !== undefined) return [express.raw({ limit: file.limitBytes, type: () => true })];
  if (body === undefined) return [];
  const isOptional = body.safeParse(undefined).success;
  return [requireJson(isOptional), express.json({ limit: BODY_LIMIT, strict: true })];
}

const VERBS = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
  HEAD: 'head',
  OPTIONS: 'options',
} as const satisfies Readonly<Record<Route['method'], string>>;

/** @param isOptional - whether there need not be a body at all */
const requireJson =
  (isOptional: boolean): RequestHandler =>
  (request, _, next) => {
    const isAbsent = isOptional && request.headers['content-length'] === '0';
    if (!isAbsent && request.is('application/json') === false) {
      throw new RequestError('unsupported-body', 'The body must be application/json.');
    }
    next();
  };

function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (reply === 'sent') return;
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  if (reply.body === undefined) {
    response.writeHead(reply.status).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(reply.body));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', bytes.length);
  response.writeHead(reply.status);
  if (request.method === 'HEAD') response.end();
  else response.end(bytes);
}

function securityHeaders(isSecure: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        // MediaSource and the demuxing worker of older browsers come as blob addresses.
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginEmbedderPolicy: false,
    // Over plain http a browser ignores these two and complains to whoever has its console open.
    crossOriginOpenerPolicy: isSecure,
    originAgentCluster: isSecure,
  });
}

interface MountedLayer {
  readonly route?: { readonly path: string; readonly stack: readonly { readonly method?: string }[] };
}

/** Everything the framework would answer was declared with an action, exactly once. */
function refuseUndeclared(app: Express, routes: readonly Route[]): void {
  const declared = new Set<string>();
  for (const { method, path } of routes) {
    const name = `${method} ${expressPath(path)}`;
    if (declared.has(name)) throw new Error(`two routes are declared for ${name}`);
    declared.add(name);
  }
  for (const { route: mounted } of app.router.stack as readonly MountedLayer[]) {
    for (const { method = 'ALL' } of mounted?.stack ?? []) {
      const name = `${method.toUpperCase()} ${mounted?.path}`;
      if (!declared.has(name)) throw new Error(`${name} is mounted but no route declares who may use it`);
    }
  }
}

function refuseOtherMethods(routes: readonly Route[]): RequestHandler {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  for (const { method, path } of routes) {
    const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`);
    const known = patterns.get(path) ?? { pattern, methods: new Set<string>() };
    known.methods.add(method);
    if (method === 'GET') known.methods.add('HEAD');
    patterns.set(path, known);
  }
  return (request, response) => {
    const methods = [...patterns.values()]
      .filter(({ pattern }) => pattern.test(request.path))
      .flatMap((known) => [...known.methods]);
    if (methods.length > 0) {
      response.setHeader('Allow', [...new Set(methods)].join(', '));
      throw new RequestError('method-not-allowed', `${request.method} is not possible here.`);
    }
    throw new RequestError('no-such-address', 'There is nothing at this address.');
  };
}

/** What the framework's own parts throw, in our words. */
function translate(error: unknown): unknown {
  const { type, status, limit } = error as { type?: unknown; status?: unknown; limit?: unknown };
  if (type === 'entity.too.large') {
    return new RequestError('body-too-large', `A body may have at most ${Number(limit)} bytes.`);
  }
  if (type === 'entity.parse.failed') return new RequestError('malformed-request', 'The body is not JSON.');
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') {
    return new RequestError('unsupported-body', 'The body must be JSON in UTF-8.');
  }
  if (error instanceof URIError)
    return new RequestError('malformed-request', 'The address is not well formed.');
  if (typeof type === 'string' && typeof status === 'number' && status < 500) {
    return new RequestError('malformed-request', 'The body could not be read.');
  }
  return error;
}

function answerFailure(onFailure: AppOptions['onFailure']): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = translate(thrown);
    const { status, detail } = problemOf(error);
    if (status >= 500) onFailure(error, request);
    if (wantsPage(request) && !response.headersSent) {
      const page = problemPage(status, detail);
      response.removeHeader('ETag');
      response.writeHead(status, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Length': page.length,
        'Cache-Control': 'no-store',
        'Content-Security-Policy': PROBLEM_PAGE_POLICY,
      });
      response.end(request.method === 'HEAD' ? undefined : page);
      return;
    }
    sendProblem(request, response, error, requestIdOf(request));
  };
}

/** A person who followed a link gets a page; a program gets a problem. */
function wantsPage(request: Request): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    !request.path.startsWith('/api/') &&
    (request.headers.accept ?? '').includes('text/html')
  );
}
