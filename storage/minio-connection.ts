import { createHash } from 'node:crypto';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

import type * as Minio from 'minio';
import type { Client, ClientOptions } from 'minio';

import { StorageError } from './errors.ts';
import type { ObjectKey } from './object-key.ts';
import { canceled } from './object-source.ts';
import { isPassingStatus, refusal, refusalIn } from './s3-reply.ts';

/** Where an S3 server is and who we are there. */
export interface S3Endpoint {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** One request to the bucket, or to an object in it. */
export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: ObjectKey;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HashedBytes;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside 2xx that the caller understands; any other one is thrown. */
  readonly understands?: readonly number[];
}

/** A body and its digest, made with {@link MinioConnection.hashName}. */
export interface HashedBytes {
  readonly bytes: Buffer;
  readonly digest: Buffer;
}

const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 3000;
/** A server may take its time over a body: it writes to several disks before it answers. */
const STORING_PATIENCE = 3;

/** Every status is expected, for the library turns an unexpected one into an error that has lost the status. */
const EVERY_STATUS = Array.from({ length: 500 }, (_, index) => 100 + index);
const NOTHING = Buffer.alloc(0);

/** A reply that may be another one in a moment, such as 503. */
class PassingRefusal extends Error {
  override readonly name = 'PassingRefusal';
  readonly told: StorageError;

  constructor(told: StorageError) {
    super(told.message);
    this.told = told;
  }
}

/**
 * The one door to `minio`. Of the library we use what it does well, addresses and signatures, and not what it does not:
 * it waits for ever for a silent server (an agent's time-out does not help), retries neither a reset nor a refusal, loses
 * the status and body of a 5xx, prints its retries to the console, and its uploads hang or end the process when their
 * source fails. So each call gets a client of its own, cheap to make, whose transport carries the time-out and the signal
 * of this call and keeps hold of the reply.
 */
export class MinioConnection {
  /** What {@link HashedBytes.digest} is made with: part of the signature over HTTP, a checksum over HTTPS. */
  readonly hashName: 'sha256' | 'md5';
  /** Longest silence of the server before a call fails, in milliseconds; {@link STORING_PATIENCE} times that with a body. */
  readonly timeoutMs: number;
  readonly endpoint: S3Endpoint;
  readonly #library: typeof Minio;
  readonly #agent: http.Agent;
  readonly #requests = new Set<ClientRequest>();
  #isClosed = false;

  private constructor(library: typeof Minio, endpoint: S3Endpoint, timeoutMs: number) {
    this.#library = library;
    this.endpoint = endpoint;
    this.timeoutMs = timeoutMs;
    this.hashName = endpoint.isSecure ? 'md5' : 'sha256';
    this.#agent = endpoint.isSecure
      ? new https.Agent({ keepAlive: true, maxFreeSockets: 32 })
      : new http.Agent({ keepAlive: true, maxFreeSockets: 32 });
  }

  /** Loads the library; connects to nothing yet. */
  static async open(endpoint: S3Endpoint, timeoutMs: number): Promise<MinioConnection> {
    return new MinioConnection(await import('minio'), endpoint, timeoutMs);
  }

  /** Bytes that are at hand, with their digest. */
  hashed(bytes: Buffer): HashedBytes {
    return { bytes, digest: createHash(this.hashName).update(bytes).digest() };
  }

  /**
   * Sends a call that may be sent twice, again and again with growing pauses while the server is unreachable, resets the
   * connection or says 408, 429 or 5xx. No try starts later than the time-out after the first, so that a dead server
   * ends in an error soon. The caller reads or destroys the reply.
   *
   * @throws {StorageError} for anything but a 2xx status or one that the call understands
   */
  async send(call: S3Call): Promise<IncomingMessage> {
    return await this.#persist(call, () => this.#sendOnce(call));
  }

  /** Like {@link send}, and reads the reply's body to its end. */
  async sendForText(call: S3Call): Promise<{ readonly reply: IncomingMessage; readonly text: string }> {
    return await this.#persist(call, async () => {
      const reply = await this.#sendOnce(call);
      return { reply, text: await readText(reply) };
    });
  }

  /** What a failure on the wire, of whatever kind, means for a call. */
  told(call: S3Call, cause: unknown): StorageError {
    const { signal, key } = call;
    if (signal?.aborted) return canceled(key, signal);
    if (cause instanceof StorageError) return cause;
    if (cause instanceof PassingRefusal) return cause.told;
    const { host, port } = this.endpoint;
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    const advice = isUntrusted(cause)
      ? 'Name the file of the authority that signed its certificate in NODE_EXTRA_CA_CERTS.'
      : 'Check that it runs and can be reached from here.';
    const message = this.#isClosed
      ? `The store at ${host}:${port} is closed.`
      : `No answer from the S3 server ${host}:${port}: ${why}. ${advice}`;
    return new StorageError('store-unavailable', message, { ...(key === undefined ? {} : { key }), cause });
  }

  /** Ends every call under way and every connection. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#requests) request.destroy();
    this.#agent.destroy();
  }

  async #persist<T>(call: S3Call, attempt: () => Promise<T>): Promise<T> {
    const lastStart = performance.now() + this.timeoutMs;
    for (let pauseMs = BACKOFF_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_BACKOFF_MS)) {
      let failure: unknown;
      try {
        if (this.#isOver(call)) throw new Error('the call is over');
        return await attempt();
      } catch (error) {
        failure = error;
      }
      const waitMs = pauseMs * (0.5 + Math.random() / 2);
      const isTooLate = performance.now() + waitMs > lastStart;
      const isFinal = failure instanceof StorageError || isUntrusted(failure);
      if (isFinal || isTooLate || this.#isOver(call)) throw this.told(call, failure);
      await delay(waitMs, undefined, call.signal === undefined ? {} : { signal: call.signal }).catch(
        () => {},
      );
    }
  }

  #isOver(call: S3Call): boolean {
    return this.#isClosed || call.signal?.aborted === true;
  }

  async #sendOnce(call: S3Call): Promise<IncomingMessage> {
    const { bytes, digest } = call.body ?? this.hashed(NOTHING);
    const headers: Record<string, string> = { ...call.headers };
    if (call.method === 'PUT' || call.method === 'POST') {
      headers['content-length'] = String(bytes.length);
      if (this.hashName === 'md5') headers['content-md5'] = digest.toString('base64');
    }
    let kept: IncomingMessage | undefined;
    const client = this.#clientFor(call, (reply) => (kept = reply));
    const reply = await client
      .makeRequestStreamAsync(
        {
          method: call.method,
          bucketName: this.endpoint.bucket,
          ...(call.key === undefined ? {} : { objectName: call.key }),
          ...(call.query === undefined ? {} : { query: queryText(call.query) }),
          headers,
        },
        bytes,
        this.hashName === 'sha256' ? digest.toString('hex') : '',
        EVERY_STATUS,
        this.endpoint.region,
      )
      .catch((error: unknown) => {
        // The library throws on a 5xx and drops the reply; nobody would read it and its connection would stay busy.
        if (kept === undefined) throw error;
        return kept;
      });
    const status = reply.statusCode ?? 0;
    if ((status >= 200 && status < 300) || call.understands?.includes(status)) return reply;
    const { host, port, bucket } = this.endpoint;
    const refused = refusalIn(reply.headers, await readText(reply));
    const error = refusal(status, refused, { server: `${host}:${port}`, bucket, key: call.key });
    throw isPassingStatus(status, refused.code) ? new PassingRefusal(error) : error;
  }

  #clientFor(call: S3Call, onReply: (reply: IncomingMessage) => void): Client {
    const { host, port, isSecure, accessKey, secretKey, region } = this.endpoint;
    const send = isSecure ? https.request : http.request;
    const timeout = this.timeoutMs * (call.body === undefined ? 1 : STORING_PATIENCE);
    const request = (options: RequestOptions, take: (reply: IncomingMessage) => void): ClientRequest => {
      let reply: IncomingMessage | undefined;
      const sent = send({ ...options, timeout }, (arrived) => {
        reply = arrived;
        onReply(arrived);
        take(arrived);
      });
      const cancel = (): void => void sent.destroy();
      this.#requests.add(sent);
      call.signal?.addEventListener('abort', cancel);
      // a request that has its reply would not hand on the reason
      sent.once('timeout', () => (reply ?? sent).destroy(new Error(`it was silent for ${timeout} ms`)));
      sent.once('close', () => {
        this.#requests.delete(sent);
        call.signal?.removeEventListener('abort', cancel);
      });
      return sent;
    };
    const options: ClientOptions = {
      endPoint: host,
      port,
      useSSL: isSecure,
      accessKey,
      secretKey,
      // without it the library asks for the bucket's region first, and hides why that failed
      region,
      transport: { request } as NonNullable<ClientOptions['transport']>,
      transportAgent: this.#agent,
      retryOptions: { disableRetry: true },
    };
    return new this.#library.Client(options);
  }
}

/** A server whose certificate nobody here vouches for; asking again changes nothing. */
function isUntrusted(failure: unknown): boolean {
  return failure instanceof Error && /certificate/i.test(failure.message);
}

function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${escapeQuery(value)}`)
    .join('&');
}

/** As a signature wants it: everything escaped but the unreserved characters of RFC 3986. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function readText(reply: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of reply) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
