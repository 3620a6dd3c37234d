import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import { objectKey, type ObjectStore } from '../../storage/index.ts';
import { generationId, prepareJob, type LadderOptions } from '../../transcoder/index.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Version } from '../catalogue/courseware.ts';
import { UploadError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Landing, LandedUpload } from './landing.ts';

/** What a producer says about a file before its first byte. */
export interface UploadIntent {
  readonly coursewareId: string;
  /** As the producer knows it; any text. */
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string | undefined;
  readonly ladder: LadderOptions;
}

/** What the desk works with. */
export interface UploadDeskOptions {
  readonly landing: Landing;
  readonly store: ObjectStore;
  readonly catalogue: Catalogue;
  readonly maxUploadBytes: number;
  /** Disk space that must stay free. */
  readonly minFreeBytes: number;
  /** True when the store lies on the landing's disk, so that a file is there twice for a moment. */
  readonly isStoreOnSameDisk: boolean;
  readonly expiryMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called when there is work for a transcoder. */
  readonly onAccepted?: () => void;
}

const SHA256 = /^[0-9a-f]{64}$/i;
const DAY_MS = 24 * 3600 * 1000;
/** How long a finished upload still answers its client, whose last reply may have been lost. */
const RECEIPT_MS = DAY_MS;
const QUARANTINE_MS = DAY_MS;
/** One part of an object key holds 255 bytes. */
const MAX_NAME_BYTES = 200;

interface AcceptOptions {
  readonly signal?: AbortSignal;
  /** Asked when the bytes are stored: whether they can be those the digest was taken of. */
  readonly isStillSame?: () => Promise<boolean>;
}

/**
 * Takes producers' files in, whichever way they come: from the landing to the store, and with one transaction into the
 * catalogue and the queue. Everything here may be broken off at any point and repeated.
 */
export class UploadDesk {
  readonly #options: UploadDeskOptions;
  readonly #finishing = new Map<string, Promise<Version | undefined>>();

  constructor(options: UploadDeskOptions) {
    this.#options = options;
  }

  /** A fresh id for an upload; its generation will have the same. */
  newUploadId(): string {
    return randomBytes(12).toString('hex');
  }

  /**
   * Checks an intent before anything is stored for it.
   *
   * @throws {UploadError} `upload-empty`, `upload-too-large`, `upload-invalid`, `disk-full`
   * @throws {CatalogueError} `not-found`
   */
  async check(intent: UploadIntent): Promise<void> {
    const { minFreeBytes, isStoreOnSameDisk, landing, catalogue } = this.#options;
    this.checkSize(intent.fileName, intent.sizeBytes);
    if (intent.sha256 !== undefined && !SHA256.test(intent.sha256)) {
      throw new UploadError('upload-invalid', 'sha256 must be 64 hexadecimal digits.');
    }
    await catalogue.get(intent.coursewareId);
    const needed = intent.sizeBytes * (isStoreOnSameDisk ? 2 : 1) + minFreeBytes;
    if ((await landing.freeBytes()) < needed) {
      throw new UploadError('disk-full', `There is no room for another ${intent.sizeBytes} bytes.`);
    }
  }

  /** @throws {UploadError} `upload-empty`, `upload-too-large` */
  checkSize(fileName: string, sizeBytes: number): void {
    const { maxUploadBytes } = this.#options;
    if (sizeBytes === 0) throw emptyFile(fileName);
    if (sizeBytes > maxUploadBytes) {
      throw new UploadError(
        'upload-too-large',
        `The file has ${sizeBytes} bytes; at most ${maxUploadBytes} are accepted here.`,
      );
    }
  }

  /** Tells the catalogue that the bytes of an upload are on their way. */
  async open(uploadId: string, intent: UploadIntent): Promise<void> {
    await this.#options.catalogue.openVersion(intent.coursewareId, {
      uploadId,
      sourceName: displayName(intent.fileName),
      sourceBytes: intent.sizeBytes,
      ...(intent.sha256 === undefined ? {} : { sourceSha256: intent.sha256.toLowerCase() }),
    });
  }

  /**
   * Takes a complete upload over: checks its digest, stores it, and queues the work. Returns when all of it is durable; a
   * second call waits for the first.
   *
   * @returns the version, or `undefined` when it was taken over before
   * @throws {UploadError} `digest-mismatch`, `upload-gone`, `upload-not-found`, `disk-full`, `upload-failed`
   * @throws {StorageError} when it could not be stored; the bytes stay and the sweep tries again
   */
  async finish(uploadId: string): Promise<Version | undefined> {
    const running = this.#finishing.get(uploadId);
    if (running !== undefined) return running;
    const finishing = this.#finish(uploadId);
    this.#finishing.set(uploadId, finishing);
    try {
      return await finishing;
    } finally {
      this.#finishing.delete(uploadId);
    }
  }

  async #finish(uploadId: string): Promise<Version | undefined> {
    const { landing, metrics } = this.#options;
    const upload = await landing.find(uploadId);
    if (upload === undefined) throw new UploadError('upload-not-found', 'There is no such upload.');
    if (upload.record.acceptedAt !== undefined) return undefined;
    const intent = intentOf(upload);
    const sha256 = await landing.digest(uploadId, upload.record.size);
    if (intent.sha256 !== undefined && intent.sha256.toLowerCase() !== sha256) {
      metrics.uploadsFinished.inc({ outcome: 'digest-mismatch' });
      await this.#options.catalogue.abandonVersion(uploadId);
      await landing.quarantine(uploadId);
      throw new UploadError(
        'digest-mismatch',
        `The file arrived with SHA-256 ${sha256}, not ${intent.sha256.toLowerCase()}. Check the file and upload it again.`,
      );
    }
    try {
      const version = await this.#accept(uploadId, landing.path(uploadId), intent, sha256);
      await landing.writeRecord({ ...upload.record, acceptedAt: Date.now() });
      await landing.removeBytes(uploadId);
      metrics.uploadsFinished.inc({ outcome: 'accepted' });
      return version;
    } catch (error) {
      if (error instanceof CatalogueError && (error.code === 'not-found' || error.code === 'conflict')) {
        metrics.uploadsFinished.inc({ outcome: 'superseded' });
        await landing.remove(uploadId);
        throw new UploadError('upload-gone', 'This upload was given up or replaced by a newer one.', error);
      }
      throw error;
    }
  }

  /**
   * Takes a file of this machine in, without the landing.
   *
   * @param known - the file's digest where it is known, and the id of this upload: a call that was killed and is repeated with the
   *   same id goes on where it was, and nothing is there twice
   * @throws {UploadError} as {@link check} and {@link finish}; `digest-mismatch` when the file changes meanwhile
   * @throws {StorageError} when it could not be stored; then nothing is left behind
   */
  async take(
    path: string,
    intent: Omit<UploadIntent, 'sizeBytes' | 'sha256'>,
    signal?: AbortSignal,
    known?: { readonly uploadId: string; readonly sha256: string },
  ): Promise<Version> {
    const { size, mtimeMs } = await stat(path);
    if (size === 0) throw emptyFile(intent.fileName);
    const sha256 = known?.sha256 ?? (await digestOf(path, signal));
    const whole: UploadIntent = { ...intent, sizeBytes: size, sha256 };
    await this.check(whole);
    const uploadId = known?.uploadId ?? this.newUploadId();
    await this.open(uploadId, whole);
    try {
      return await this.#accept(uploadId, path, whole, sha256, {
        ...(signal && { signal }),
        isStillSame: async () => {
          const now = await stat(path);
          return now.size === size && now.mtimeMs === mtimeMs;
        },
      });
    } catch (error) {
      await this.#options.catalogue.abandonVersion(uploadId);
      throw error;
    }
  }

  async #accept(
    uploadId: string,
    path: string,
    intent: UploadIntent,
    sha256: string,
    { signal, isStillSame }: AcceptOptions = {},
  ): Promise<Version> {
    const { store, catalogue, onAccepted } = this.#options;
    const key = objectKey(`sources/${uploadId}/${safeName(intent.fileName)}`);
    const facts = await store.put(key, { path }, { ...(signal && { signal }) });
    if ((await isStillSame?.()) === false) {
      await store.delete(key);
      throw new UploadError(
        'digest-mismatch',
        `${JSON.stringify(displayName(intent.fileName))} was written to while it was taken in. Take it in again when it is complete.`,
      );
    }
    // The upload's own id names the generation, so a repeated call queues nothing twice.
    const generation = generationId(uploadId);
    let version: Version;
    try {
      version = await catalogue.acceptSource(
        uploadId,
        { sourceKey: key, sizeBytes: facts.sizeBytes, sha256, generation },
        [
          prepareJob(generation, {
            sourceKey: key,
            sourceName: displayName(intent.fileName),
            ladder: intent.ladder,
          }),
        ],
      );
    } catch (error) {
      if (error instanceof CatalogueError) await store.delete(key);
      throw error;
    }
    onAccepted?.();
    return version;
  }

  /** Gives an upload up and removes what arrived of it, in this order: what lies in the landing is found again and tried again. */
  async discard(uploadId: string): Promise<void> {
    await this.#options.catalogue.abandonVersion(uploadId);
    await this.#options.landing.remove(uploadId);
  }

  /**
   * Tidies the landing: takes over what is complete but was broken off before anybody was told, gives up what has rested
   * for too long, and forgets receipts and quarantined files after a day. Called at start and every minute.
   *
   * @returns how many uploads were taken over
   */
  async sweep(isInUse: (uploadId: string) => boolean = () => false): Promise<number> {
    const { landing, log } = this.#options;
    let adopted = 0;
    for (const id of await landing.ids()) {
      if (isInUse(id)) continue;
      try {
        if (await this.#sweepOne(id)) adopted += 1;
      } catch (error) {
        log.warn({ error, uploadId: id }, 'upload could not be tidied; it will be tried again');
      }
    }
    await landing.purgeQuarantine(Date.now() - QUARANTINE_MS);
    return adopted;
  }

  async #sweepOne(id: string): Promise<boolean> {
    const { landing, log, metrics, expiryMs } = this.#options;
    const upload = await landing.find(id);
    if (upload === undefined) {
      await this.discard(id);
      return false;
    }
    const age = Date.now() - upload.touchedAt;
    if (upload.record.acceptedAt !== undefined) {
      await landing.removeBytes(id);
      if (age > RECEIPT_MS) await landing.removeRecord(id);
      return false;
    }
    if (upload.offset === upload.record.size) {
      await this.finish(id);
      log.info({ uploadId: id }, 'took over a complete upload that had been broken off');
      return true;
    }
    if (age > expiryMs) {
      await this.discard(id);
      metrics.uploadsFinished.inc({ outcome: 'expired' });
      log.info({ uploadId: id, offset: upload.offset }, 'gave up an upload that had rested for too long');
    }
    return false;
  }
}

/** Reads what was said about an upload from its metadata. */
export function readIntent(
  metadata: Readonly<Record<string, string | null>> | undefined,
  sizeBytes: number | undefined,
): UploadIntent {
  const coursewareId = metadata?.['courseware'] ?? '';
  if (!/^[a-z0-9-]{1,40}$/.test(coursewareId)) {
    throw new UploadError('upload-invalid', 'Upload-Metadata must have "courseware", the id of an item.');
  }
  if (sizeBytes === undefined || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new UploadError('upload-invalid', 'Upload-Length must be a number of bytes.');
  }
  const sha256 = metadata?.['sha256'] ?? undefined;
  return {
    coursewareId,
    fileName: metadata?.['filename'] ?? '',
    sizeBytes,
    sha256: sha256 === '' ? undefined : sha256,
    ladder: {
      includes1080p: metadata?.['includes1080p'] === 'true',
      includesFloor: metadata?.['includesFloor'] === 'true',
      keepsFullRate: metadata?.['keepsFullRate'] === 'true',
    },
  };
}

function intentOf(upload: LandedUpload): UploadIntent {
  return readIntent(upload.record.metadata, upload.record.size);
}

/**
 * The SHA-256 of a file in hexadecimal.
 *
 * @param onBytes - told how many more were read
 */
export async function digestOf(
  path: string,
  signal?: AbortSignal,
  onBytes: (count: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20, ...(signal && { signal }) })) {
    hash.update(piece as Buffer);
    onBytes((piece as Buffer).length);
  }
  return hash.digest('hex');
}

function emptyFile(name: string): UploadError {
  return new UploadError('upload-empty', `The file ${JSON.stringify(displayName(name))} is empty (0 bytes).`);
}

/** The name as people see it: one line, not absurdly long. */
function displayName(name: string): string {
  const line = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return cutBytes(line, MAX_NAME_BYTES) || '未命名';
}

/** The name as a part of an object key; letters of every script stay. */
function safeName(name: string): string {
  return (
    displayName(name)
      .replace(/[\\/:*?"<>|]+/g, '_')
      .replace(/^\.+/, '_') || '_'
  );
}

function cutBytes(text: string, bytes: number): string {
  let cut = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    cut += character;
  }
  return cut;
}
