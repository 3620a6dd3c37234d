import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import {
  objectKey,
  StorageError,
  type ByteRange,
  type ObjectFacts,
  type ObjectStore,
} from '../../storage/index.ts';
import { PACKAGE_NAME, type GenerationId, type Presentation } from '../../transcoder/index.ts';
import { RequestError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import {
  captionedList,
  captionedPlaylist,
  captionFileAt,
  isCaptioned,
  type ServedCaptions,
} from './caption-delivery.ts';
import { parseDeliveryAddress, type DeliveryAddress } from './delivery-address.ts';
import { replyWithMedia, replyWithPlaylist } from './media-reply.ts';
import { prepareText, type PreparedText } from './prepared-text.ts';
import { SharedCache } from './shared-cache.ts';
import { cutOffWhenStalled } from './stalled-reader.ts';

/** Who may see a generation, and where its playlists come from. */
export interface MediaGrant {
  /** True when everybody may watch it. */
  readonly isPublic: boolean;
  /** True once its playlists lie in the store; before, they are composed from what is finished. */
  readonly isComplete: boolean;
  /** What is added to its playlists on the way out. */
  readonly captions: ServedCaptions;
}

/** What the delivery of media needs of the rest. */
export interface DeliveryOptions {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  /** Memory for what many players fetch. */
  readonly cacheBytes: number;
  /** `undefined` when there is no such generation. */
  readonly grant: (generation: GenerationId) => Promise<MediaGrant | undefined>;
  /** Lets the sender see what is not public, or throws. */
  readonly admit: (request: IncomingMessage, generation: GenerationId) => Promise<void>;
  /** The playlists of an unfinished generation as they stand. */
  readonly compose: (generation: GenerationId) => Promise<Presentation | undefined>;
  /** A reader that takes nothing for so long is cut off. Default 60 s. */
  readonly stallMs?: number;
  /** Bytes that may be on their way from the store into memory at once. Default 256 MiB. */
  readonly maxLoadingBytes?: number;
  /** Long transfers past the cache at once. Default 512. */
  readonly maxStreams?: number;
}

interface CachedGrant {
  readonly grant: MediaGrant | undefined;
}

interface ComposedPlaylists {
  readonly presentation: Presentation | undefined;
  readonly prepared: Map<string, PreparedText>;
}

interface Piece {
  readonly bytes: Buffer;
}

/** A segment of the highest rendition is about 4 MB; anything longer is a download and streams past the cache. */
const MAX_CACHED_BYTES = 8 * 2 ** 20;
/** After a lecture was taken off the air, no new request is served for longer than this. */
const GRANT_TTL_MS = 2_000;
/** How old the playlist of a growing lecture may be. */
const COMPOSED_TTL_MS = 1_000;
const FACTS_TTL_MS = 60_000;
const RETRY_AFTER_SECONDS = 2;

/**
 * Serves `/v/<generation>/…`: playlists and the byte ranges of media that they name, straight from memory when anybody
 * asked for the same a moment ago. Stands in front of the framework: a cached segment is one look-up and one write.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stallMs: number;
  readonly #maxLoadingBytes: number;
  readonly #maxStreams: number;
  readonly #pieces: SharedCache<Piece>;
  readonly #playlists: SharedCache<PreparedText>;
  readonly #facts: SharedCache<ObjectFacts>;
  readonly #grants: SharedCache<CachedGrant>;
  readonly #composed: SharedCache<ComposedPlaylists>;
  #loadingBytes = 0;
  #streams = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs ?? 60_000;
    this.#maxLoadingBytes = options.maxLoadingBytes ?? 256 * 2 ** 20;
    this.#maxStreams = options.maxStreams ?? 512;
    const { cache } = options.metrics;
    this.#pieces = new SharedCache<Piece>({
      maxBytes: options.cacheBytes,
      keeping: ({ bytes }) => ({ sizeBytes: bytes.length }),
      onLook: (outcome) => cache.inc({ outcome }),
    });
    this.#playlists = new SharedCache<PreparedText>({
      maxBytes: Math.ceil(options.cacheBytes / 8),
      keeping: ({ plain, gzip }) => ({ sizeBytes: plain.length + gzip.length }),
    });
    this.#facts = new SharedCache<ObjectFacts>({
      maxBytes: 2 ** 22,
      keeping: ({ key }) => ({ sizeBytes: 200 + key.length, ttlMs: FACTS_TTL_MS }),
    });
    this.#grants = new SharedCache<CachedGrant>({
      maxBytes: 10_000,
      // What is not public may become so at any moment, when a new making takes the place of an old one: its first viewer
      // must not be refused for what was true a second ago.
      keeping: ({ grant }) => ({ sizeBytes: 1, ttlMs: grant?.isPublic === true ? GRANT_TTL_MS : 0 }),
    });
    this.#composed = new SharedCache<ComposedPlaylists>({
      maxBytes: 1_000,
      keeping: () => ({ sizeBytes: 1, ttlMs: COMPOSED_TTL_MS }),
    });
  }

  /** Bytes of media and playlists held in memory. */
  get cachedBytes(): number {
    return this.#pieces.sizeBytes + this.#playlists.sizeBytes;
  }

  /** Forgets who may see what, because somebody has just decided otherwise. */
  forgetGrants(): void {
    this.#grants.clear();
    this.#composed.clear();
  }

  /**
   * Answers one request completely; what is in memory, before this returns.
   *
   * @throws {RequestError} `no-such-address`, `method-not-allowed`, `not-playable-yet`, `busy`, and what `admit` throws
   * @throws {StorageError} what the store throws, as long as nothing of the answer was sent
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new RequestError('method-not-allowed', `${request.method} is not possible here.`);
    }
    const address = parseDeliveryAddress(request.url ?? '');
    if (address === undefined) throw noSuchMedia();
    cutOffWhenStalled(request, response, this.#stallMs, this.#options.metrics);
    // Nearly every request is for what others just had; it is answered without a promise, each of which costs as much as
    // the look-up.
    const grant = this.#grants.peek(address.generation)?.grant;
    if (grant?.isPublic === true && this.#answerFromMemory(request, response, address, grant))
      return undefined;
    return this.#answer(request, response, address);
  }

  #answerFromMemory(
    request: IncomingMessage,
    response: ServerResponse,
    address: DeliveryAddress,
    grant: MediaGrant,
  ): boolean {
    if (isText(address)) {
      const playlist = grant.isComplete
        ? this.#playlists.peek(textName(address, grant))
        : this.#composed.peek(address.generation)?.prepared.get(textName(address, grant));
      if (playlist === undefined) return false;
      sendPlaylist(request, response, address, playlist, grant);
      return true;
    }
    const key = keyOf(address, grant);
    const facts = key === undefined ? undefined : this.#facts.peek(key);
    if (facts === undefined) return false;
    const { status, headers, range } = replyWithMedia(request.headers, address, facts, true);
    const isBodyless = range === undefined || request.method === 'HEAD';
    const piece = isBodyless ? undefined : this.#pieces.peek(pieceName(facts, range));
    if (!isBodyless && piece === undefined) return false;
    response.writeHead(status, headers).end(piece?.bytes);
    return true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, address: DeliveryAddress): Promise<void> {
    const { grant } = await this.#grants.get(address.generation, async () => ({
      grant: await this.#options.grant(address.generation),
    }));
    if (grant === undefined) throw noSuchMedia();
    if (!grant.isPublic) await this.#options.admit(request, address.generation);
    if (isText(address)) {
      sendPlaylist(request, response, address, await this.#playlist(address, grant), grant);
      return;
    }
    const key = keyOf(address, grant);
    if (key === undefined) throw noSuchMedia();
    const facts = await this.#factsOf(key);
    const { status, headers, range } = replyWithMedia(request.headers, address, facts, grant.isPublic);
    if (range === undefined || request.method === 'HEAD') {
      response.writeHead(status, headers).end();
    } else if (range.length <= MAX_CACHED_BYTES) {
      const piece = await this.#pieces.get(pieceName(facts, range), async () => ({
        bytes: await this.#load(facts, range),
      }));
      response.writeHead(status, headers).end(piece.bytes);
    } else {
      await this.#stream(facts, range, response, () => response.writeHead(status, headers));
    }
  }

  async #playlist(address: DeliveryAddress, grant: MediaGrant): Promise<PreparedText> {
    const name = textName(address, grant);
    const caption = captionFileAt(address, grant.captions);
    if (caption === 'none') throw noSuchMedia();
    if (caption?.kind === 'playlist') {
      return this.#playlists.get(name, async () => prepareText(Buffer.from(caption.text)));
    }
    if (!grant.isComplete) {
      const composed = await this.#composed.get(address.generation, async () => ({
        presentation: await this.#options.compose(address.generation),
        prepared: new Map<string, PreparedText>(),
      }));
      const text = composed.presentation?.playlists.get(address.name);
      if (text === undefined) {
        if (address.name !== 'index.m3u8' || composed.presentation !== undefined) throw noSuchMedia();
        throw new RequestError('not-playable-yet', 'Nothing of this lecture can be played yet.', {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
      const whole = isCaptioned(address, grant.captions) ? captionedPlaylist(text, grant.captions) : text;
      const prepared = composed.prepared.get(name) ?? prepareText(Buffer.from(whole));
      composed.prepared.set(name, prepared);
      return prepared;
    }
    return this.#playlists.get(name, async () => prepareText(await this.#completeText(address, grant)));
  }

  /** A text of a finished lecture as it is stored, with the captions of the moment. */
  async #completeText({ key, name }: DeliveryAddress, { captions }: MediaGrant): Promise<Buffer> {
    const stored = await this.#loadWhole(key);
    if (isCaptioned({ name }, captions)) return Buffer.from(captionedPlaylist(String(stored), captions));
    if (name !== PACKAGE_NAME || captions.tracks.length === 0) return stored;
    const multivariant = await this.#loadWhole(key.slice(0, -name.length) + 'index.m3u8');
    return captionedList(stored, String(multivariant), captions);
  }

  async #loadWhole(key: string): Promise<Buffer> {
    const facts = await this.#factsOf(key);
    return this.#load(facts, { offset: 0, length: facts.sizeBytes });
  }

  async #factsOf(key: string): Promise<ObjectFacts> {
    return this.#facts.get(key, async () => {
      const facts = await this.#options.store.head(objectKey(key));
      if (facts === undefined) throw noSuchMedia();
      return facts;
    });
  }

  async #load(facts: ObjectFacts, range: ByteRange): Promise<Buffer> {
    if (range.length === 0) return Buffer.alloc(0);
    if (this.#loadingBytes + range.length > this.#maxLoadingBytes && this.#loadingBytes > 0) {
      throw this.#busy();
    }
    this.#loadingBytes += range.length;
    try {
      const object = await this.#options.store.get(facts.key, range);
      const pieces: Buffer[] = [];
      let length = 0;
      for await (const piece of object.body as AsyncIterable<Buffer>) {
        pieces.push(piece);
        length += piece.length;
      }
      if (length !== range.length) throw cutShort(facts, range, length);
      return Buffer.concat(pieces, length);
    } finally {
      this.#loadingBytes -= range.length;
    }
  }

  async #stream(
    facts: ObjectFacts,
    range: ByteRange,
    response: ServerResponse,
    onOpen: () => void,
  ): Promise<void> {
    if (this.#streams >= this.#maxStreams) throw this.#busy();
    this.#streams += 1;
    try {
      const object = await this.#options.store.get(facts.key, range);
      onOpen();
      // When the store breaks off, the connection is closed short of its Content-Length: never a whole-looking half.
      await pipeline(object.body, response);
    } finally {
      this.#streams -= 1;
    }
  }

  #busy(): RequestError {
    this.#options.metrics.refusedBusy.inc();
    return new RequestError('busy', 'Too much is being fetched at this moment.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
}

function sendPlaylist(
  request: IncomingMessage,
  response: ServerResponse,
  address: DeliveryAddress,
  playlist: PreparedText,
  grant: MediaGrant,
): void {
  const { status, headers, body } = replyWithPlaylist(request.headers, address, playlist, grant.isPublic);
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}

/** What is handed out as one text, in either coding, and asked for anew each time. */
function isText({ isPlaylist, name }: DeliveryAddress): boolean {
  return isPlaylist || name === PACKAGE_NAME;
}

/** Names a text in memory: other captions make another text. */
function textName({ key }: DeliveryAddress, { captions }: MediaGrant): string {
  return captions.revision === '' ? key : `${key}#${captions.revision}`;
}

/** Where the object lies; `undefined` for captions that are not on the air. */
function keyOf(address: DeliveryAddress, { captions }: MediaGrant): string | undefined {
  const file = captionFileAt(address, captions);
  if (file === undefined) return address.key;
  return file !== 'none' && file.kind === 'object' ? file.key : undefined;
}

function pieceName(facts: ObjectFacts, range: ByteRange): string {
  return `${facts.key}#${facts.etag}#${range.offset}+${range.length}`;
}

function noSuchMedia(): RequestError {
  return new RequestError('no-such-address', 'There is no such lecture, or no such part of it.');
}

function cutShort(facts: ObjectFacts, range: ByteRange, received: number): StorageError {
  return new StorageError(
    'store-unavailable',
    `Object ${facts.key}: the store sent ${received} of ${range.length} bytes from ${range.offset}.`,
    { key: facts.key },
  );
}
