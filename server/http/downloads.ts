import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { objectKey, readObject, type ByteRange, type ObjectStore } from '../../storage/index.ts';
import {
  generationPrefix,
  downloadTag,
  openDownload,
  PACKAGE_NAME,
  parsePackageList,
  readVirtualFile,
  storeReader,
  type GenerationId,
  type PackageDownload,
  type PackageList,
  type VirtualFile,
} from '../../transcoder/index.ts';
import { RequestError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { captionedList, type ServedCaptions } from './caption-delivery.ts';
import { replyWithMedia } from './media-reply.ts';
import { SharedCache } from './shared-cache.ts';
import { cutOffWhenStalled } from './stalled-reader.ts';

/** What sending files needs of the rest. */
export interface DownloadsOptions {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  /** What is added to the list of objects. */
  readonly captions: (generation: GenerationId) => Promise<ServedCaptions>;
  /** Memory for where the bytes of files come from; an hour's file takes about 3 MB. */
  readonly cacheBytes: number;
  /** A reader that takes nothing for so long is cut off. Default 60 s. */
  readonly stallMs?: number;
  /** Files on their way at once; each takes up to 2 MiB of memory. Default 128. */
  readonly maxTransfers?: number;
}

/** The package of a lecture, and the facts about its list. */
export interface OpenedPackage {
  readonly list: PackageList;
  readonly sizeBytes: number;
  /** Hex SHA-256 of the list. */
  readonly sha256: string;
}

/** One file to be sent, and to whom. */
export interface DownloadRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly generation: GenerationId;
  /** Such as `480p.mp4`. */
  readonly name: string;
  /** `Content-Disposition`. */
  readonly disposition: (download: PackageDownload) => string;
  /** True when everybody may have it. */
  readonly isPublic: boolean;
}

/** A list is written once, but for captions that come later. */
const LIST_TTL_MS = 60_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * Sends MP4 files that lie nowhere: put together from the stored objects while they are sent, in whole or from any byte on.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #lists: SharedCache<OpenedPackage>;
  readonly #files: SharedCache<VirtualFile>;
  #transfers = 0;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#lists = new SharedCache<OpenedPackage>({
      maxBytes: Math.ceil(options.cacheBytes / 4),
      keeping: ({ sizeBytes }) => ({ sizeBytes: sizeBytes * 4, ttlMs: LIST_TTL_MS }),
    });
    this.#files = new SharedCache<VirtualFile>({
      maxBytes: options.cacheBytes,
      keeping: (file) => ({ sizeBytes: memoryOf(file) }),
    });
  }

  /** Files on their way. */
  get transfers(): number {
    return this.#transfers;
  }

  /**
   * The package of a complete lecture.
   *
   * @throws {TranscodeError} `package-invalid`
   * @throws {StorageError} what the store throws
   */
  async packageOf(generation: GenerationId): Promise<OpenedPackage> {
    const captions = await this.#options.captions(generation);
    return this.#lists.get(`${generation}#${captions.revision}`, async () => {
      const read = (name: string): Promise<Buffer> =>
        readObject(this.#options.store, objectKey(`${generationPrefix(generation)}/${name}`));
      const stored = await read(PACKAGE_NAME);
      const bytes =
        captions.tracks.length === 0
          ? stored
          : captionedList(stored, String(await read(parsePackageList(stored).entry)), captions);
      return {
        list: parsePackageList(bytes),
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    });
  }

  /**
   * Answers with a file or a range of it, completely.
   *
   * @throws {RequestError} `no-such-address`, `busy`
   * @throws {TranscodeError} `package-invalid`
   * @throws {StorageError} what the store throws; once the answer has begun, the connection is closed short of its length
   */
  async send(asked: DownloadRequest): Promise<void> {
    const { request, response, generation } = asked;
    const { list } = await this.packageOf(generation);
    const download = list.downloads.find(({ name }) => name === asked.name);
    if (download === undefined)
      throw new RequestError('no-such-address', `This lecture has no ${asked.name} to download.`);
    const etag = downloadTag(list, download);
    const file = await this.#open(generation, list, download, etag);
    const facts = { etag, sizeBytes: file.sizeBytes };
    const { status, headers, range } = replyWithMedia(request.headers, download, facts, asked.isPublic);
    // The address stays when the lecture is made anew, so whoever keeps a copy has to ask again.
    if (status !== 416) headers['Cache-Control'] = asked.isPublic ? 'public, no-cache' : 'private, no-cache';
    headers['Content-Disposition'] = asked.disposition(download);
    if (range === undefined || request.method === 'HEAD') response.writeHead(status, headers).end();
    else await this.#transfer(asked, file, range, () => response.writeHead(status, headers));
  }

  #open(
    generation: GenerationId,
    list: PackageList,
    download: PackageDownload,
    etag: string,
  ): Promise<VirtualFile> {
    return this.#files.get(`${generation} ${etag}`, () =>
      openDownload(this.#reader(generation), list, download),
    );
  }

  #reader(generation: GenerationId): ReturnType<typeof storeReader> {
    return storeReader(this.#options.store, generationPrefix(generation));
  }

  async #transfer(
    { request, response, generation }: DownloadRequest,
    file: VirtualFile,
    range: ByteRange,
    onOpen: () => void,
  ): Promise<void> {
    const { metrics, stallMs = 60_000, maxTransfers = 128 } = this.#options;
    if (this.#transfers >= maxTransfers) {
      metrics.refusedBusy.inc();
      throw new RequestError('busy', `${maxTransfers} files are being sent already.`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    cutOffWhenStalled(request, response, stallMs, metrics);
    this.#transfers += 1;
    try {
      const pieces = readVirtualFile(file, range, this.#reader(generation), gone.signal);
      // Before the answer begins, so that a store that is away is told as a problem.
      const first = await pieces.next();
      onOpen();
      await pipeline(async function* () {
        if (first.value !== undefined) yield first.value;
        yield* pieces;
      }, response);
    } catch (error) {
      // Whoever leaves in the middle comes back for the rest.
      if (!request.socket.destroyed) throw error;
    } finally {
      this.#transfers -= 1;
    }
  }
}

/** A rough count: what a layout keeps of its own, and an object for each of its extents. */
function memoryOf({ extents }: VirtualFile): number {
  return extents.reduce((sum, extent) => sum + 120 + ('bytes' in extent ? extent.bytes.length : 0), 0);
}
