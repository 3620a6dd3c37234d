import { DetailedError, Upload, defaultOptions } from 'tus-js-client';
import type { PreviousUpload } from 'tus-js-client';
import { ApiProblem, apiPath, newestAsking, problemOf } from './api.ts';
import { ladderMetadata, type LadderWishes } from './ladder-choice.ts';

const ENDPOINT = apiPath('uploads');
// Below what proxies usually refuse, and a broken line costs no more than what was not yet acknowledged.
const PATCH_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000];
/** The server may be flushing what came last. */
const FREE_DELAYS_MS = [0, 1_000, 3_000];
const RETURN_EVERY_MS = 10_000;
const HASHED_BYTES = 64 * 1024 * 1024;

/** An upload begun on this device and not finished. */
export interface UnfinishedUpload {
  readonly coursewareId: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly url: string;
  readonly storageKey: string;
}

/** What an upload tells. */
export interface UploadEvents {
  onProgress(sentBytes: number, totalBytes: number): void;
  /** It cannot go on at the moment; it tries again by itself. @param status HTTP status; 0 when the line is gone */
  onWaiting(status: number): void;
  onDone(): void;
  /** It cannot go on by itself; {@link ResumableUpload.start} tries again from what the server holds. */
  onFailure(problem: ApiProblem): void;
}

/** One file on its way by tus: may be paused, survives outages by itself, and a reload with the same file. */
export class ResumableUpload {
  readonly #events: UploadEvents;
  readonly #upload: Upload;
  readonly #previous: UnfinishedUpload | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  #prepared: Promise<void> | undefined;
  readonly #beginnings = newestAsking();
  /** Why the server would not tell how much it holds. */
  #refusal: ApiProblem | undefined;

  constructor(
    coursewareId: string,
    file: File,
    previous: UnfinishedUpload | undefined,
    wishes: LadderWishes,
    events: UploadEvents,
  ) {
    this.#events = events;
    this.#previous = previous;
    this.#upload = new Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: PATCH_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      metadata: { courseware: coursewareId, filename: file.name, ...ladderMetadata(wishes) },
      storeFingerprintForResuming: true,
      removeFingerprintOnSuccess: true,
      fingerprint: () =>
        Promise.resolve(`yuanjiao-${coursewareId}-${file.name}-${file.size}-${file.lastModified}`),
      onShouldRetry: (error) => this.#refusal === undefined && !isFinal(statusOf(error)),
      // The library takes every refusal for the end of what the server holds, and begins anew. A session that has expired is none.
      onAfterResponse: (request, reply) => {
        const status = reply.getStatus();
        if (request.getMethod() !== 'HEAD' || !isFinal(status) || isGone(status)) return;
        this.#refusal = problemOf(status, '', null);
        throw this.#refusal;
      },
      onProgress: (sent, total) => events.onProgress(sent, total),
      onSuccess: () => {
        this.#isRunning = false;
        events.onDone();
      },
      onError: (error) => this.#onError(error),
    });
  }

  /** Whether the server was ever told of it, and may hold some of it. */
  get hasBegun(): boolean {
    return this.#upload.url !== null;
  }

  /** Begins, or goes on after {@link pause}. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#refusal = undefined;
    void this.#begin();
  }

  /** Stops sending; what the server acknowledged stays there. */
  pause(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    void this.#upload.abort().catch(() => undefined);
  }

  /**
   * Stops for good and frees what the server holds. Where that cannot be done it only rests, as after {@link pause}.
   *
   * @throws {ApiProblem} while the server may still hold it
   */
  async abandon(): Promise<void> {
    this.pause();
    const { url } = this.#upload;
    if (url !== null) await freeHeld(url);
    await forgetUrl(url);
  }

  // Paused and begun again while the file is still being read, only the last beginning counts.
  async #begin(): Promise<void> {
    const isNewest = this.#beginnings();
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    if (this.#isRunning && isNewest()) this.#upload.start();
  }

  async #prepare(): Promise<void> {
    if (this.#previous === undefined) await this.#promiseDigest(this.#upload.file as File);
    else this.#upload.resumeFromPreviousUpload(await previousUpload(this.#previous));
  }

  // WebCrypto digests only whole buffers, and only on secure origins: small files get the promise, others do without.
  async #promiseDigest(file: File): Promise<void> {
    const subtle = (crypto as Partial<Crypto>).subtle;
    if (subtle === undefined || file.size > HASHED_BYTES) return;
    try {
      const bytes = await new Response(file).arrayBuffer();
      const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
      const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      this.#upload.options.metadata = { ...this.#upload.options.metadata, sha256 };
    } catch {
      // A file that cannot be read fails in the upload itself, with a message.
    }
  }

  #onError(error: Error | DetailedError): void {
    if (!this.#isRunning) return;
    const status = this.#refusal?.status ?? statusOf(error);
    if (!isFinal(status)) {
      this.#events.onWaiting(status);
      this.#timer = setTimeout(() => this.#upload.start(), RETURN_EVERY_MS);
      return;
    }
    this.#isRunning = false;
    this.#events.onFailure(this.#refusal ?? problemOfUpload(error));
  }
}

/** What was begun on this device and not finished, by courseware. */
export async function unfinishedUploads(): Promise<ReadonlyMap<string, UnfinishedUpload>> {
  const found = new Map<string, UnfinishedUpload>();
  for (const { metadata, size, uploadUrl, urlStorageKey } of await storedUploads()) {
    const coursewareId = metadata['courseware'];
    if (coursewareId === undefined || uploadUrl === null || size === null) continue;
    const fileName = metadata['filename'] ?? '';
    found.set(coursewareId, {
      coursewareId,
      fileName,
      sizeBytes: size,
      url: uploadUrl,
      storageKey: urlStorageKey,
    });
  }
  return found;
}

/**
 * How many bytes the server holds; undefined when it knows the upload no more, or has all of it, which is then forgotten here too.
 *
 * @throws {ApiProblem} when it does not say
 */
export async function heldBytes(upload: UnfinishedUpload): Promise<number | undefined> {
  const headers = { 'Tus-Resumable': '1.0.0' };
  const reply = await fetch(upload.url, { method: 'HEAD', headers }).catch((error: unknown) => {
    throw new ApiProblem(0, 'unreachable', String(error));
  });
  const offset = Number(reply.headers.get('Upload-Offset') ?? Number.NaN);
  if (reply.ok && offset < upload.sizeBytes) return offset;
  if (!isGone(reply.status) && !(reply.ok && offset === upload.sizeBytes)) {
    throw problemOf(reply.status, '', reply.headers.get('Retry-After'));
  }
  await forget(upload);
  return undefined;
}

/**
 * Frees what the server holds of an upload that nobody wants to finish, and forgets it here.
 *
 * @throws {ApiProblem} while the server may still hold it; then it is remembered here too
 */
export async function abandonUpload(upload: UnfinishedUpload): Promise<void> {
  await freeHeld(upload.url);
  await forget(upload);
}

async function freeHeld(url: string): Promise<void> {
  try {
    await Upload.terminate(url, { ...defaultOptions, endpoint: ENDPOINT, retryDelays: FREE_DELAYS_MS });
  } catch (error) {
    // What is gone is free.
    if (!isGone(statusOf(error as Error))) throw problemOfUpload(error as Error);
  }
}

async function forget(upload: UnfinishedUpload): Promise<void> {
  await defaultOptions.urlStorage.removeUpload(upload.storageKey);
}

async function forgetUrl(url: string | null): Promise<void> {
  for (const { uploadUrl, urlStorageKey } of await storedUploads()) {
    if (uploadUrl === url) await defaultOptions.urlStorage.removeUpload(urlStorageKey);
  }
}

async function storedUploads(): Promise<readonly PreviousUpload[]> {
  try {
    return await defaultOptions.urlStorage.findAllUploads();
  } catch {
    return []; // storage is forbidden or spoilt
  }
}

async function previousUpload(upload: UnfinishedUpload): Promise<PreviousUpload> {
  const kept = (await storedUploads()).find(({ urlStorageKey }) => urlStorageKey === upload.storageKey);
  return (
    kept ?? {
      size: upload.sizeBytes,
      metadata: {},
      creationTime: '',
      urlStorageKey: upload.storageKey,
      uploadUrl: upload.url,
      parallelUploadUrls: null,
    }
  );
}

function statusOf(error: Error | DetailedError): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

function problemOfUpload(error: Error | DetailedError): ApiProblem {
  const reply = error instanceof DetailedError ? error.originalResponse : undefined;
  const status = statusOf(error);
  if (status === 0) return new ApiProblem(0, 'unreachable', String(error));
  return problemOf(status, reply?.getBody() ?? '', reply?.getHeader('Retry-After') ?? null);
}

/** Whether the server holds nothing of an upload any more. */
function isGone(status: number): boolean {
  return status === 404 || status === 410;
}

// No answer, a server in trouble, and the conflicts tus itself resolves by asking for the offset may pass.
function isFinal(status: number): boolean {
  return status === 507 || (status >= 400 && status < 500 && ![408, 409, 423, 425, 429].includes(status));
}
