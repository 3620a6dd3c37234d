import { DetailedError, Upload, defaultOptions } from 'tus-js-client';
import type { PreviousUpload } from 'tus-js-client';
import { apiPath, problemOf } from './api.ts';
import type { ApiProblem } from './api.ts';
import { ladderMetadata, type LadderWishes } from './ladder-choice.ts';

const ENDPOINT = apiPath('uploads');
// Below what proxies usually refuse, and a broken line costs no more than what was not yet acknowledged.
const PATCH_BYTES = 64 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1_000, 2_000, 5_000, 10_000];
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
  /** The line is gone; it tries again by itself. */
  onWaiting(): void;
  onDone(): void;
  /** It cannot go on by itself. */
  onFailure(problem: ApiProblem): void;
}

/** One file on its way by tus: may be paused, survives outages by itself, and a reload with the same file. */
export class ResumableUpload {
  readonly #events: UploadEvents;
  readonly #upload: Upload;
  readonly #previous: UnfinishedUpload | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  #wasPrepared = false;

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
      onShouldRetry: (error) => !isFinal(statusOf(error)),
      onProgress: (sent, total) => events.onProgress(sent, total),
      onSuccess: () => {
        this.#isRunning = false;
        events.onDone();
      },
      onError: (error) => this.#onError(error),
    });
  }

  /** Begins, or goes on after {@link pause}. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#begin();
  }

  /** Stops sending; what the server acknowledged stays there. */
  pause(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    void this.#upload.abort().catch(() => undefined);
  }

  /** Stops for good and frees what the server holds. */
  async abandon(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#upload.abort(true).catch(() => undefined);
  }

  async #begin(): Promise<void> {
    if (!this.#wasPrepared) {
      const file = this.#upload.file as File;
      if (this.#previous === undefined) await this.#promiseDigest(file);
      else this.#upload.resumeFromPreviousUpload(await previousUpload(this.#previous));
      this.#wasPrepared = true;
    }
    if (this.#isRunning) this.#upload.start();
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
    const status = statusOf(error);
    if (!isFinal(status)) {
      this.#events.onWaiting();
      this.#timer = setTimeout(() => this.#upload.start(), RETURN_EVERY_MS);
      return;
    }
    this.#isRunning = false;
    const reply = error instanceof DetailedError ? error.originalResponse : undefined;
    this.#events.onFailure(
      problemOf(status, reply?.getBody() ?? '', reply?.getHeader('Retry-After') ?? null),
    );
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

/** How many bytes the server holds; undefined when it knows the upload no more, which is then forgotten here too. */
export async function heldBytes(upload: UnfinishedUpload): Promise<number | undefined> {
  const reply = await fetch(upload.url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
  const offset = Number(reply.headers.get('Upload-Offset'));
  if (reply.ok && Number.isFinite(offset) && offset < upload.sizeBytes) return offset;
  if (reply.ok || reply.status === 404 || reply.status === 410) await forget(upload);
  return undefined;
}

/** Frees what the server holds of an upload that nobody wants to finish. */
export async function abandonUpload(upload: UnfinishedUpload): Promise<void> {
  await Upload.terminate(upload.url, { ...defaultOptions, endpoint: ENDPOINT }).catch(() => undefined);
  await forget(upload);
}

async function forget(upload: UnfinishedUpload): Promise<void> {
  await defaultOptions.urlStorage.removeUpload(upload.storageKey);
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

// No answer, a server in trouble, and the conflicts tus itself resolves by asking for the offset may pass.
function isFinal(status: number): boolean {
  return status === 507 || (status >= 400 && status < 500 && ![408, 409, 423, 425, 429].includes(status));
}
