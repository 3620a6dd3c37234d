import { open } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { Broadcast, LiveMedia, LiveText, PlaylistAnswer } from '../../transcoder/live/index.ts';
import { RequestError } from '../errors.ts';
import type { BroadcastShelf } from '../live/broadcast-shelf.ts';
import type { Metrics } from '../metrics.ts';
import { isUnchanged } from './conditional.ts';
import { parseLiveAddress, type LiveAddress } from './live-address.ts';
import { replyWithPlaylist } from './media-reply.ts';
import { prepareLongText, prepareText, type PreparedText } from './prepared-text.ts';
import { sendProblem } from './problem.ts';
import { SharedCache } from './shared-cache.ts';
import { cutOffWhenStalled } from './stalled-reader.ts';

/** What the delivery of live classes needs of the rest. */
export interface LiveDeliveryOptions {
  readonly shelf: Pick<BroadcastShelf, 'of' | 'stateOf'>;
  /** Lets the sender watch what is not public, or throws. */
  readonly admit: (request: IncomingMessage, token: string) => Promise<void>;
  readonly metrics: Metrics;
  /** Memory for what is fetched from further back than the broadcast keeps. */
  readonly cacheBytes: number;
  /** A reader that takes nothing for so long is cut off. Default 20 s. */
  readonly stallMs?: number;
}

/**
 * How long an edge and a player may keep what (seconds). A playlist that was waited for is the same for whoever asks the same, for
 * as long as it can be of use; one that does not hold what was asked for must be asked for again soon.
 */
const LIFETIMES = {
  multivariant: 'max-age=5, stale-while-revalidate=60, stale-if-error=60',
  playlist: 'max-age=1, stale-while-revalidate=2, stale-if-error=30',
  asked: 'max-age=12',
  media: 'max-age=86400, immutable',
  part: 'max-age=60',
  missing: 'max-age=1',
  state: 'max-age=1, stale-while-revalidate=60, stale-if-error=60',
} as const;

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** Longer texts are compressed beside everything else. */
const LONG_TEXT = 16_384;
/** Within it a state document is made once, however many ask. */
const STATE_TTL_MS = 500;

interface KnownState {
  /** Undefined where nothing may be known. */
  readonly text: PreparedText | undefined;
}

/**
 * The origin of live classes: playlists, parts, segments and the state document under `/live/`, in front of the framework as
 * media of finished lectures are. A part goes out of memory, the same bytes to everybody; a text is compressed once.
 */
export class LiveDelivery {
  readonly #options: LiveDeliveryOptions;
  readonly #stallMs: number;
  readonly #prepared = new WeakMap<LiveText, PreparedText | Promise<PreparedText>>();
  readonly #pieces: SharedCache<{ readonly bytes: Buffer }>;
  readonly #states: SharedCache<KnownState>;

  constructor(options: LiveDeliveryOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs ?? 20_000;
    this.#pieces = new SharedCache({
      maxBytes: options.cacheBytes,
      keeping: ({ bytes }) => ({ sizeBytes: bytes.length }),
    });
    this.#states = new SharedCache({
      maxBytes: 2 ** 22,
      keeping: ({ text }) => ({
        sizeBytes: text === undefined ? 1 : text.plain.length + text.gzip.length,
        ttlMs: STATE_TTL_MS,
      }),
    });
  }

  /** Whether an address is one of these; all others are somebody else's. */
  static takes(url: string): boolean {
    try {
      return parseLiveAddress(url) !== undefined;
    } catch {
      return true;
    }
  }

  /**
   * Answers one request completely; may wait for what it asks for.
   *
   * @throws {RequestError} `no-such-address`, `method-not-allowed`, `malformed-request`, and what `admit` throws
   */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new RequestError('method-not-allowed', `${request.method} is not possible here.`);
    }
    const address = parseLiveAddress(request.url ?? '');
    if (address === undefined) throw noSuchClass();
    if (address.kind === 'state') {
      await this.#sendState(request, response, address.classId);
      return;
    }
    const shelved = this.#options.shelf.of(address.token);
    if (shelved === undefined) throw noSuchClass();
    const { broadcast, isPublic } = shelved;
    if (!isPublic) await this.#options.admit(request, address.token);
    const reply = this.#reply(request, response, isPublic);
    if (address.kind === 'media') await this.#sendMedia(reply, broadcast, address);
    else if (address.kind === 'multivariant') {
      await this.#sendText(reply, broadcast.multivariant(address.list), LIFETIMES.multivariant);
    } else {
      const answer = await broadcast
        .playlist(address.rendition, address.list, address.query, reply.gone)
        .catch((error: unknown) => reply.leftOr(error));
      if (answer !== undefined) await this.#sendAnswer(reply, answer);
    }
  }

  #reply(request: IncomingMessage, response: ServerResponse, isPublic: boolean): Reply {
    return new Reply(request, response, isPublic, () =>
      cutOffWhenStalled(request, response, this.#stallMs, this.#options.metrics),
    );
  }

  async #sendAnswer(reply: Reply, answer: PlaylistAnswer): Promise<void> {
    const { liveUnanswered } = this.#options.metrics;
    switch (answer.kind) {
      case 'text':
        await this.#sendText(reply, answer.text, answer.isAsked ? LIFETIMES.asked : LIFETIMES.playlist);
        break;
      case 'too-far-ahead':
        liveUnanswered.inc({ why: 'too-far-ahead' });
        throw new RequestError('malformed-request', '_HLS_msn and _HLS_part must be of what comes next.');
      case 'not-in-time':
        liveUnanswered.inc({ why: 'not-in-time' });
        reply.problem(notNow());
        break;
      case 'unknown':
        reply.problem(noSuchClass(), LIFETIMES.missing);
        break;
    }
  }

  async #sendText(reply: Reply, text: LiveText | undefined, lifetime: string): Promise<void> {
    if (text === undefined) {
      reply.problem(notNow());
      return;
    }
    const prepared = this.#prepared.get(text) ?? prepare(text.text);
    this.#prepared.set(text, prepared);
    reply.text(PLAYLIST_TYPE, prepared instanceof Promise ? await prepared : prepared, lifetime);
  }

  async #sendMedia(
    reply: Reply,
    broadcast: Broadcast,
    { rendition, name, token }: LiveAddress & { readonly kind: 'media' },
  ): Promise<void> {
    const media = await broadcast
      .media(rendition, name, reply.gone)
      .catch((error: unknown) => reply.leftOr(error));
    if (reply.hasLeft) return;
    if (media === undefined) {
      reply.problem(noSuchClass(), LIFETIMES.missing);
      return;
    }
    const pieces = media.kind === 'memory' ? media.pieces : [await this.#read(media)];
    const type = name.startsWith('i') ? 'video/mp4' : 'video/iso.segment';
    const lifetime = name.startsWith('p') ? LIFETIMES.part : LIFETIMES.media;
    // A name never gets other bytes.
    reply.media(type, `"${token}-${rendition}-${name}"`, pieces, media.sizeBytes, lifetime);
  }

  async #read({ path, offset, sizeBytes }: LiveMedia & { readonly kind: 'disk' }): Promise<Buffer> {
    const { bytes } = await this.#pieces.get(`${path}#${offset}+${sizeBytes}`, async () => {
      const file = await open(path);
      try {
        const buffer = Buffer.allocUnsafe(sizeBytes);
        const { bytesRead } = await file.read(buffer, 0, sizeBytes, offset);
        if (bytesRead < sizeBytes) throw new Error(`${path} ends ${sizeBytes - bytesRead} bytes early`);
        return { bytes: buffer };
      } finally {
        await file.close();
      }
    });
    return bytes;
  }

  async #sendState(request: IncomingMessage, response: ServerResponse, classId: string): Promise<void> {
    const reply = this.#reply(request, response, true);
    const { text } = await this.#states.get(classId, async () => {
      const state = await this.#options.shelf.stateOf(classId);
      return { text: state === undefined ? undefined : prepareText(Buffer.from(JSON.stringify(state))) };
    });
    if (text === undefined) reply.problem(noSuchClass(), LIFETIMES.missing);
    else reply.text('application/json; charset=utf-8', text, LIFETIMES.state);
  }
}

/** One answer on its way. */
class Reply {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #isPublic: boolean;
  readonly #onSend: () => void;
  #gone: AbortController | undefined;

  /** @param onSend - called when there is something to take, not while it is waited for */
  constructor(request: IncomingMessage, response: ServerResponse, isPublic: boolean, onSend: () => void) {
    this.#onSend = onSend;
    this.#request = request;
    this.#response = response;
    this.#isPublic = isPublic;
  }

  /** Aborted when whoever asks has left. */
  get gone(): AbortSignal {
    const gone = (this.#gone ??= new AbortController());
    this.#response.once('close', () => gone.abort());
    return gone.signal;
  }

  get hasLeft(): boolean {
    return this.#response.destroyed;
  }

  /** Nothing, when it only failed because nobody waits any more. */
  leftOr(error: unknown): undefined {
    if (this.#gone?.signal.aborted !== true) throw error;
  }

  text(contentType: string, text: PreparedText, lifetime: string): void {
    this.#onSend();
    const { status, headers, body } = replyWithPlaylist(
      this.#request.headers,
      { contentType },
      text,
      this.#isPublic,
    );
    this.#response.writeHead(status, { ...headers, ...this.#headers(lifetime) });
    if (this.#request.method === 'HEAD') this.#response.end();
    else this.#response.end(body);
  }

  media(type: string, etag: string, pieces: readonly Buffer[], sizeBytes: number, lifetime: string): void {
    this.#onSend();
    const headers = {
      'X-Content-Type-Options': 'nosniff',
      ETag: etag,
      ...this.#headers(lifetime),
    };
    if (isUnchanged(this.#request.headers, etag)) {
      this.#response.writeHead(304, headers).end();
      return;
    }
    this.#response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': sizeBytes });
    if (this.#request.method !== 'HEAD') {
      this.#response.cork();
      for (const piece of pieces) this.#response.write(piece);
      this.#response.uncork();
    }
    this.#response.end();
  }

  problem(error: RequestError, lifetime?: string): void {
    sendProblem(this.#request, this.#response, error, undefined, {
      ...(lifetime === undefined ? {} : { 'Cache-Control': `public, ${lifetime}` }),
      ...SHARED,
    });
  }

  #headers(lifetime: string): OutgoingHttpHeaders {
    if (!this.#isPublic) return { 'Cache-Control': 'private, no-store' };
    return { 'Cache-Control': `public, ${lifetime}`, ...SHARED };
  }
}

/** A public class may be played by pages of other places: halls open the page of the centre and fetch from their county. */
const SHARED = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

function prepare(text: string): PreparedText | Promise<PreparedText> {
  const plain = Buffer.from(text);
  return plain.length < LONG_TEXT ? prepareText(plain) : prepareLongText(plain);
}

function noSuchClass(): RequestError {
  return new RequestError('no-such-address', 'There is no such class, or no such part of it.');
}

function notNow(): RequestError {
  return new RequestError('not-live-now', 'Nothing new of this class is there at the moment.', {
    retryAfterSeconds: 1,
  });
}
