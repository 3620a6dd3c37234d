import { setTimeout as pause } from 'node:timers/promises';

import { deleteBelow, type ObjectStore } from '../../../storage/index.ts';
import {
  generationPrefix,
  MAX_CHAPTER_TITLE,
  MAX_CHAPTERS,
  type Chapter,
} from '../../../transcoder/index.ts';
import { storeRecording, type RecordingFacts } from '../../../transcoder/live/index.ts';
import type { Database } from '../../database/transaction.ts';
import type { Log } from '../../log.ts';
import type { ClassBook } from '../class-book.ts';
import type { LiveClass, LiveClassId } from '../live-class.ts';
import type { LiveMark } from '../live-marks.ts';
import {
  draftRecording,
  noteCopied,
  noteStored,
  recordingGeneration,
  recordingState,
  type RecordingSummary,
} from './recording-rows.ts';

/** What recordings are put away with. */
export interface RecordingDeskOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly book: ClassBook;
  readonly log: Log;
  /** Where ffmpeg may work. */
  readonly scratchDir: string;
  /** How long to rest after a failure, first and at most. Default 2 s and 60 s. */
  readonly restMs?: readonly [number, number];
}

const REST_MS = [2_000, 60_000] as const;
/** Steps of the progress that are written down. */
const PROGRESS_STEP = 0.1;

/**
 * Makes lectures of classes that have ended: a draft that plays out of the journal within a second, and then the copy into the
 * store, one class after the other. Whatever is away is waited for; nothing is remembered but what the catalogue and the store have,
 * so a process that is killed at any moment is succeeded by one that goes on.
 */
export class RecordingDesk {
  readonly #options: RecordingDeskOptions;
  readonly #stopping = new AbortController();
  readonly #taken = new Set<LiveClassId>();
  #copying: Promise<void> = Promise.resolve();
  #drafting: Promise<unknown> = Promise.resolve();

  constructor(options: RecordingDeskOptions) {
    this.#options = options;
  }

  /** Takes a class that has ended; may be called again for one that was taken before. */
  take(liveClass: LiveClass, facts: RecordingFacts): void {
    const { id, records, source } = liveClass;
    if (this.#taken.has(id) || !records || source === 'simulive' || facts.durationMs === 0) return;
    this.#taken.add(id);
    this.#drafting = this.#persist(liveClass, 'the draft of a recording was not made', async () => {
      const summary = await this.#draft(liveClass, facts);
      if (summary !== undefined) this.#queue(liveClass, facts, summary);
    });
  }

  /** Breaks off what is being copied; whoever comes next goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#drafting;
    await this.#copying;
  }

  /** @returns nothing when the recording is stored already, or its draft was removed */
  async #draft(liveClass: LiveClass, facts: RecordingFacts): Promise<RecordingSummary | undefined> {
    const { database, book, log } = this.#options;
    const state = await database.read((statements) => recordingState(statements, liveClass));
    if (state === 'stored' || (state === 'none' && liveClass.state !== 'ended')) return undefined;
    const summary: RecordingSummary = {
      duration: facts.durationMs / 1000,
      sizeBytes: facts.renditions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      chapters: chaptersOf(await book.marks.list(liveClass.id), facts.durationMs / 1000),
    };
    await database.write((transaction) => draftRecording(transaction, liveClass.id, summary));
    log.info({ classId: liveClass.id, duration: summary.duration }, 'a live class is in the catalogue');
    return summary;
  }

  #queue(liveClass: LiveClass, facts: RecordingFacts, summary: RecordingSummary): void {
    this.#copying = this.#copying.then(() =>
      this.#persist(liveClass, 'a recording was not copied', () => this.#copy(liveClass, facts, summary)),
    );
  }

  async #copy(liveClass: LiveClass, facts: RecordingFacts, summary: RecordingSummary): Promise<void> {
    const { database, store, book, log, scratchDir } = this.#options;
    const generation = recordingGeneration(liveClass);
    let told = 0;
    let telling: Promise<unknown> = Promise.resolve();
    const stored = await storeRecording(facts, {
      store,
      prefix: generationPrefix(generation),
      signal: this.#stopping.signal,
      scratchDir,
      onProgress: (progress) => {
        if (progress < told + PROGRESS_STEP) return;
        told = progress;
        telling = telling
          .then(() => database.write((transaction) => noteCopied(transaction, liveClass, summary, progress)))
          .catch(() => {});
      },
    });
    await telling;
    if ((await database.read((statements) => recordingState(statements, liveClass))) === 'none') {
      await deleteBelow(store, generationPrefix(generation));
      await book.move(liveClass.id, 'archived', { reason: 'its recording was removed' });
      return;
    }
    const { duration, poster, storyboard, droppedRenditions } = stored;
    const warnings = droppedRenditions === 0 ? [] : [droppedWords(droppedRenditions)];
    await database.write((transaction) =>
      noteStored(transaction, liveClass, { duration, poster, storyboard, warnings }),
    );
    const { state } = await book.get(liveClass.id);
    if (state === 'ended') await book.move(liveClass.id, 'recorded');
    log.info({ classId: liveClass.id, generation, ...stored }, 'a recording is stored and verified');
  }

  /** Tries until it is done, or until the process is to end. */
  async #persist(liveClass: LiveClass, what: string, step: () => Promise<void>): Promise<void> {
    const [first, most] = this.#options.restMs ?? REST_MS;
    for (let restMs = first; !this.#stopping.signal.aborted; restMs = Math.min(restMs * 2, most)) {
      try {
        await step();
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if ((error as { readonly code?: unknown }).code === 'not-found') {
          this.#options.log.warn({ error, classId: liveClass.id }, `${what}: it was removed`);
          return;
        }
        this.#options.log.error({ error, classId: liveClass.id, restMs }, `${what}; it is tried again`);
      }
      await pause(restMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }
}

function droppedWords(count: number): string {
  return `直播时机器太忙，有${count}档较低的清晰度中途停编，回放里没有它${count === 1 ? '' : '们'}。`;
}

/** The marks of sections and chapters as chapters of the recording; two of one moment are one, the later said. Pure. */
export function chaptersOf(marks: readonly LiveMark[], duration: number): readonly Chapter[] {
  const chapters = new Map<number, string>();
  for (const { kind, text, mediaMs } of marks) {
    if ((kind !== 'section' && kind !== 'chapter') || text === undefined || mediaMs === undefined) continue;
    const start = Math.min(mediaMs / 1000, duration);
    if (start < duration) chapters.set(start, Array.from(text).slice(0, MAX_CHAPTER_TITLE).join(''));
  }
  return [...chapters]
    .map(([start, title]) => ({ start, title }))
    .toSorted((a, b) => a.start - b.start)
    .slice(0, MAX_CHAPTERS);
}
