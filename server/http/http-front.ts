import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';

import { RequestError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics, RouteClass } from '../metrics.ts';
import { sendProblem } from './problem.ts';

/** Answers requests; may reject, then the sender gets a problem. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** What stands behind the listening socket. */
export interface HttpFrontOptions {
  /** `/v/…` */
  readonly deliver: Handler;
  /** Playlists, media and state of live classes; absent where there are none. */
  readonly live?: {
    /** Whether an address is one of these. */
    readonly takes: (url: string) => boolean;
    readonly handle: Handler;
  };
  /** Everything else. */
  readonly app: Handler;
  /** What a signed address stands for; others as they are. Throws for one that is forged or too old. */
  readonly openPath?: (url: string) => string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown, request: IncomingMessage) => void;
  /** How long a request other than an upload may take to arrive. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection may be silent, such as an upload's. Default 120 s. */
  readonly idleMs?: number;
}

const DOWNLOAD_PATH = /^\/api\/v1\/courseware\/[^/]+\/downloads\/./;
const LIVE_PATH = /^\/live\/[^?]+\.(m3u8|mp4|m4s|json)(?:\?|$)/;
const LIVE_CLASSES: Readonly<Record<string, RouteClass>> = {
  m3u8: 'live-playlist',
  mp4: 'live-media',
  m4s: 'live-media',
  json: 'live-state',
};
const UPLOAD_PATH = /^\/api\/v1\/uploads(?:[/?]|$)/;
/** Longer than any proxy keeps an idle connection, so that it is never the server who closes under a new request. */
const KEEP_ALIVE_MS = 75_000;
/** Every hall switches on at the same minute. */
const BACKLOG = 4096;

/** Too many to write a line for each, and as slow as the reader's line. */
const UNLOGGED: ReadonlySet<RouteClass> = new Set<RouteClass>([
  'media',
  'playlist',
  'live-media',
  'live-playlist',
  'live-state',
]);

const REQUEST_ID = Symbol('request id');
type Identified = IncomingMessage & { [REQUEST_ID]?: string };

/** The request's id in logs and problems: the one a proxy gave it, or a fresh one. */
export function requestIdOf(request: IncomingMessage): string {
  const identified = request as Identified;
  const given = request.headers['x-request-id'];
  identified[REQUEST_ID] ??= typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
  return identified[REQUEST_ID];
}

/**
 * Limits, counting, and a stop that cuts nobody off in the middle of a transfer: behind a listening socket of its own, or behind
 * somebody else's server that hands its requests to {@link handle}.
 */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #live = new Set<ServerResponse>();
  readonly #onDrain = new Set<() => void>();
  #server: Server | undefined;
  #isStopping = false;

  constructor(options: HttpFrontOptions) {
    this.#options = options;
  }

  /** True from the moment a stop was asked for. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Starts to listen. Rejects with the system's error, such as `EADDRINUSE`. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    const server = this.#openServer();
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return server.address() as AddressInfo;
  }

  #openServer(): Server {
    const server = createServer(
      {
        headersTimeout: 20_000,
        // Counted from the first byte to the last of a request, which an upload over a thin line takes hours for; other
        // requests get a limit of their own below.
        requestTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: 16_384,
      },
      (request, response) => this.handle(request, response),
    );
    server.timeout = this.#options.idleMs ?? 120_000;
    server.maxRequestsPerSocket = 0;
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const status =
        error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      else socket.destroy();
    });
    return server;
  }

  /**
   * Takes no new connections, lets the answers under way end, and closes what is left after `graceMs`.
   *
   * @returns how many answers had to be cut off
   */
  async stop(graceMs: number): Promise<number> {
    this.#isStopping = true;
    // `http.Server.close` also closes connections whose answer was handed over with `end()` but has not left yet, which
    // truncates every buffered segment under way. The socket's own close only stops listening.
    const server = this.#server;
    const closed = new Promise<void>((resolve) =>
      server === undefined ? resolve() : NetServer.prototype.close.call(server, () => resolve()),
    );
    if (this.#live.size > 0) await this.#drained(graceMs);
    const cut = this.#live.size;
    // Somebody else's server has connections that are not ours to close.
    if (server === undefined) for (const response of this.#live) response.destroy();
    else server.closeAllConnections();
    await closed;
    return cut;
  }

  async #drained(graceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onDrain.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Answers a request, whoever received it. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    const sentBefore = request.socket.bytesWritten;
    this.#live.add(response);
    response.once('close', () => {
      this.#live.delete(response);
      if (this.#live.size === 0) for (const drained of this.#onDrain) drained();
      this.#record(request, response, startedAt, sentBefore);
    });
    if (this.#isStopping) response.setHeader('Connection', 'close');
    try {
      request.url = this.#options.openPath?.(request.url ?? '') ?? request.url ?? '';
    } catch (error) {
      this.#fail(request, response, error);
      return;
    }
    const { url } = request;
    const live = this.#options.live?.takes(url) === true ? this.#options.live : undefined;
    const isMedia = url.startsWith('/v/');
    if (!isMedia && live === undefined) response.setHeader('X-Request-Id', requestIdOf(request));
    if (!UPLOAD_PATH.test(url)) this.#limitArrival(request, response);

    try {
      const answering =
        live === undefined
          ? (isMedia ? this.#options.deliver : this.#options.app)(request, response)
          : live.handle(request, response);
      answering?.catch((error: unknown) => this.#fail(request, response, error));
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  #limitArrival(request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
    const timer = setTimeout(() => {
      // A body that nobody has read yet may have arrived all the same.
      if (request.complete || response.headersSent) return;
      response.setHeader('Connection', 'close');
      sendProblem(
        request,
        response,
        new RequestError('request-timeout', 'The request took too long to arrive.'),
      );
      request.destroy();
    }, this.#options.requestTimeoutMs ?? 30_000);
    request.once('close', () => clearTimeout(timer));
    request.once('end', () => clearTimeout(timer));
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    // A reader who leaves in the middle is no failure of ours.
    if (request.socket.destroyed || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') {
      response.destroy();
      return;
    }
    const problem = sendProblem(request, response, error, requestIdOf(request));
    if (problem.status >= 500 && problem.code !== 'busy') {
      this.#options.onFailure(error, request);
    }
  }

  #record(request: IncomingMessage, response: ServerResponse, startedAt: number, sentBefore: number): void {
    const { metrics, log } = this.#options;
    const kind = routeClass(request.url ?? '');
    const seconds = (performance.now() - startedAt) / 1000;
    const sentBytes = Math.max(0, request.socket.bytesWritten - sentBefore);
    metrics.answered(kind, response.statusCode, sentBytes);
    if (UNLOGGED.has(kind)) return;
    if (kind !== 'download') metrics.requestSeconds.observe({ class: kind }, seconds);
    if (kind === 'operations') return;
    log.info(
      {
        requestId: requestIdOf(request),
        method: request.method,
        path: (request.url ?? '').split('?', 1)[0],
        status: response.statusCode,
        ms: Math.round(seconds * 1000),
        ...(kind === 'download' && { sentBytes }),
        ...(response.writableFinished ? {} : { isAborted: true }),
      },
      'request',
    );
  }
}

function routeClass(url: string): RouteClass {
  if (url.startsWith('/v/')) return /\.m3u8(?:\?|$)/.test(url) ? 'playlist' : 'media';
  const live = LIVE_PATH.exec(url);
  if (live !== null) return LIVE_CLASSES[live[1] ?? ''] ?? 'unknown';
  if (UPLOAD_PATH.test(url)) return 'upload';
  if (DOWNLOAD_PATH.test(url)) return 'download';
  if (url.startsWith('/api/')) return 'api';
  if (/^\/(?:alive|ready|metrics)(?:\?|$)/.test(url)) return 'operations';
  return url.startsWith('/') ? 'page' : 'unknown';
}
