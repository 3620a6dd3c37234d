import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import {
  formatRecord,
  parseRecords,
  type EventRecord,
  type JournalRecord,
  type PartRecord,
} from './journal-record.ts';
import { mediaName } from './live-playlist.ts';

/** Told of a disk that does not take what is written. */
export interface JournalHooks {
  /** Once when it begins; the class goes on from memory. */
  readonly onTrouble?: (error: Error) => void;
  /** Once when parts are safe again, with how many were not. */
  readonly onRecovered?: (lostParts: number) => void;
}

/** What a journal held when it was opened. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly records: readonly JournalRecord[];
  /** No lower number may be given to a segment of the source; 0 for a new class. */
  readonly nextNumber: number;
}

interface SegmentFile {
  readonly rendition: string;
  readonly segment: number;
  readonly handle: FileHandle;
  sizeBytes: number;
}

/** An event the disk has not taken yet; an init segment brings its bytes. */
interface Unwritten {
  readonly record: EventRecord;
  readonly file?: { readonly path: string; readonly bytes: Buffer };
}

const INDEX = 'journal';
const NUMBERS = 'numbers';
/** Longer than any line in it, so that it is overwritten in place and needs no room on a full disk. */
const NUMBERS_BYTES = 128;
/** A disk that takes nothing for so much media counts as full. */
const MAX_QUEUED_BYTES = 64 * 2 ** 20;
/** How many of the last segments may be torn after a loss of power: the open one, and those whose flush was under way. */
const UNCERTAIN_SEGMENTS = 3;

/**
 * A class on the disk: one file a segment, to which parts are appended, and one line a part in the index, written behind
 * its bytes. Nothing is flushed for a part, since a killed process loses nothing that was written; a closed segment is flushed
 * against a loss of power. When the disk is full or broken, writing is tried again with every segment.
 */
export class Journal {
  readonly #folder: string;
  readonly #hooks: JournalHooks;
  readonly #index: FileHandle;
  readonly #numbers: FileHandle;
  readonly #files = new Map<string, SegmentFile>();
  /** Of each rendition the segment that is not written any further. */
  readonly #given = new Map<string, number>();
  readonly #flushing = new Set<Promise<void>>();
  #unwritten: Unwritten[] = [];
  #isTorn: boolean;
  #hasNewNumber = false;
  #queuedBytes = 0;
  #lostParts = 0;
  #isTroubled = false;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    hooks: JournalHooks,
    index: FileHandle,
    numbers: FileHandle,
    isTorn: boolean,
  ) {
    this.#folder = folder;
    this.#hooks = hooks;
    this.#index = index;
    this.#numbers = numbers;
    this.#isTorn = isTorn;
  }

  /**
   * Opens the journal of a class, or begins one.
   *
   * @throws {Error} what the system says when the folder cannot be made or read
   */
  static async open(folder: string, hooks: JournalHooks = {}): Promise<OpenedJournal> {
    await mkdir(folder, { recursive: true });
    const text = await readOr(join(folder, INDEX), '');
    const { opened, boot } = parseNumbers(await readOr(join(folder, NUMBERS), ''));
    const isSameBoot = boot !== '' && boot === bootId();
    const index = await open(join(folder, INDEX), 'a');
    const numbers = await open(join(folder, NUMBERS), text === '' ? 'w' : 'r+').catch(() =>
      open(join(folder, NUMBERS), 'w'),
    );
    const journal = new Journal(folder, hooks, index, numbers, text !== '' && !text.endsWith('\n'));
    const records = await journal.#whole(parseRecords(text));
    const last = records.reduce(
      (max, record) => ('segment' in record && record.kind !== 'break' ? Math.max(max, record.segment) : max),
      -1,
    );
    // After a loss of power one number more may have been in use than the disk was told in time.
    const nextNumber = Math.max(last, opened + (opened < 0 || isSameBoot ? 0 : 1)) + 1;
    return { journal, records, nextNumber };
  }

  /** Notes that a number is in use, before anybody hears of it. */
  use(number: number): void {
    this.#hasNewNumber = true;
    const line = JSON.stringify({ opened: number, boot: bootId() }).padEnd(NUMBERS_BYTES - 1) + '\n';
    this.#enqueue(0, () => writeAll(this.#numbers, Buffer.from(line), 0)).catch(() => {});
  }

  /** Writes an init segment and its line. */
  init(record: EventRecord & { readonly kind: 'init' }, bytes: Buffer): void {
    const path = join(this.#folder, record.rendition, mediaName.init(record.init));
    this.#later({ record, file: { path, bytes } });
  }

  /** Writes what happened; a line the disk does not take is written as soon as it takes something again. */
  note(record: EventRecord): void {
    this.#later({ record });
    if (record.kind === 'close') {
      void this.#enqueue(0, async () => this.#flush(record.rendition, record.segment));
    }
  }

  /** Writes a part behind those of its segment. False when the disk does not take it; then it takes no more of this segment. */
  async part(record: PartRecord, bytes: Buffer): Promise<boolean> {
    const { rendition, segment } = record;
    if (this.#given.get(rendition) === segment) return this.#lose();
    try {
      await this.#enqueue(bytes.length, async () => {
        if (this.#given.get(rendition) === segment) throw new Error('a part before it is missing');
        await this.#writePart(record, bytes);
      });
    } catch (error) {
      this.#given.set(rendition, segment);
      this.#trouble(error as Error);
      return this.#lose();
    }
    if (this.#isTroubled) {
      this.#isTroubled = false;
      this.#hooks.onRecovered?.(this.#lostParts);
      this.#lostParts = 0;
    }
    return true;
  }

  /** Waits until everything so far is safe against a loss of power, or the disk has refused it. */
  async flushed(): Promise<void> {
    await this.#enqueue(0, async () => {
      for (const { segment, rendition } of [...this.#files.values()]) this.#flush(rendition, segment);
      await this.#writeEvents();
    }).catch((error: Error) => this.#trouble(error));
    await Promise.all(this.#flushing);
    await this.#index.datasync().catch((error: Error) => this.#trouble(error));
  }

  /** As {@link flushed}; then lets go of the files. */
  async close(): Promise<void> {
    await this.flushed();
    await this.#index.close();
    await this.#numbers.close();
  }

  #later(event: Unwritten): void {
    this.#unwritten.push(event);
    void this.#enqueue(0, () => this.#writeEvents()).catch((error: Error) => this.#trouble(error));
  }

  /** One thing after another, in the order of the calls. */
  #enqueue<T>(bytes: number, step: () => Promise<T>): Promise<T> {
    if (bytes > 0 && this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      return Promise.reject(new Error(`the disk has not taken the last ${MAX_QUEUED_BYTES} bytes`));
    }
    this.#queuedBytes += bytes;
    const done = this.#tail.then(step);
    this.#tail = done
      .catch(() => {})
      .then(() => {
        this.#queuedBytes -= bytes;
      });
    return done;
  }

  async #writePart(record: PartRecord, bytes: Buffer): Promise<void> {
    await this.#writeEvents();
    let file = this.#files.get(record.rendition);
    if (file?.segment !== record.segment) {
      if (file !== undefined) this.#flush(file.rendition, file.segment);
      const folder = join(this.#folder, record.rendition);
      await mkdir(folder, { recursive: true });
      const handle = await open(join(folder, mediaName.segment(record.segment)), 'w');
      file = { rendition: record.rendition, segment: record.segment, handle, sizeBytes: 0 };
      this.#files.set(record.rendition, file);
    }
    try {
      await writeAll(file.handle, bytes, file.sizeBytes);
      await this.#writeLine(record);
    } catch (error) {
      await file.handle.truncate(file.sizeBytes).catch(() => {});
      throw error;
    }
    file.sizeBytes += bytes.length;
  }

  async #writeEvents(): Promise<void> {
    for (let event = this.#unwritten[0]; event !== undefined; event = this.#unwritten[0]) {
      if (event.file !== undefined) {
        await mkdir(join(event.file.path, '..'), { recursive: true });
        const handle = await open(event.file.path, 'w');
        try {
          await writeAll(handle, event.file.bytes, 0);
          await handle.datasync();
        } finally {
          await handle.close();
        }
      }
      await this.#writeLine(event.record);
      this.#unwritten.shift();
    }
  }

  async #writeLine(record: JournalRecord): Promise<void> {
    // What was torn stays unreadable, also where only its line feed is missing.
    const line = Buffer.from((this.#isTorn ? '~\n' : '') + formatRecord(record));
    // Until it is whole, the next one must not be written behind its torn beginning.
    this.#isTorn = true;
    await writeAll(this.#index, line, null);
    this.#isTorn = false;
  }

  /** Flushes and closes a segment's file in the background, when it is still open. */
  #flush(rendition: string, segment: number): void {
    const file = this.#files.get(rendition);
    if (file?.segment !== segment) return;
    this.#files.delete(rendition);
    const flushed = (async () => {
      try {
        await file.handle.datasync();
        if (!this.#hasNewNumber) return;
        // Once a segment of the source; what the others have written since is safe with the next.
        this.#hasNewNumber = false;
        await this.#index.datasync();
        await this.#numbers.datasync();
      } catch (error) {
        this.#trouble(error as Error);
      } finally {
        await file.handle.close();
      }
    })();
    this.#flushing.add(flushed);
    void flushed.then(() => this.#flushing.delete(flushed));
  }

  #trouble(error: Error): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#hooks.onTrouble?.(error);
  }

  #lose(): false {
    this.#lostParts += 1;
    return false;
  }

  /** Leaves out parts whose bytes did not survive. */
  async #whole(records: readonly JournalRecord[]): Promise<readonly JournalRecord[]> {
    const trims: EventRecord[] = [];
    for (const [rendition, segments] of lastSegments(records)) {
      for (const [segment, parts] of segments) {
        const path = join(this.#folder, rendition, mediaName.segment(segment));
        const sizeBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
        const kept = parts.filter((part) => part.offset + part.sizeBytes <= sizeBytes).length;
        if (kept < parts.length) trims.push({ kind: 'trim', rendition, segment, parts: kept });
      }
    }
    for (const trim of trims) this.note(trim);
    return [...records, ...trims];
  }
}

/** Of each rendition the last few segments with their parts. */
function lastSegments(
  records: readonly JournalRecord[],
): ReadonlyMap<string, ReadonlyMap<number, PartRecord[]>> {
  const found = new Map<string, Map<number, PartRecord[]>>();
  for (let place = records.length - 1; place >= 0; place -= 1) {
    const record = records[place];
    if (record?.kind !== 'part') continue;
    const segments = found.get(record.rendition) ?? new Map<number, PartRecord[]>();
    found.set(record.rendition, segments);
    const parts = segments.get(record.segment);
    if (parts !== undefined) parts.unshift(record);
    else if (segments.size < UNCERTAIN_SEGMENTS) segments.set(record.segment, [record]);
  }
  return found;
}

function parseNumbers(text: string): { readonly opened: number; readonly boot: string } {
  try {
    const read = JSON.parse(text) as { readonly opened?: unknown; readonly boot?: unknown };
    return {
      opened: Number.isSafeInteger(read.opened) ? (read.opened as number) : -1,
      boot: String(read.boot),
    };
  } catch {
    return { opened: -1, boot: '' };
  }
}

let boot: string | undefined;

/** Differs after a restart of the machine, across which what was not flushed may be lost; '' where the system does not tell. */
function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    boot = '';
  }
  return boot;
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}
