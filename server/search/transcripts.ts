import { objectKey, readObject, type ObjectStore } from '../../storage/index.ts';
import { ORIGINAL_CAPTIONS, readCaptions, retime, type Cue } from '../../transcoder/index.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { getCaptions } from '../catalogue/caption-rows.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import { spokenText, type SpokenCue } from './spoken-minutes.ts';
import { dropTranscript, missingTranscripts, orphanedTranscripts, saveTranscript } from './spoken-rows.ts';

/** Captions as they are spoken. */
export function spokenCues(cues: readonly Cue[]): readonly SpokenCue[] {
  return cues.map(({ startMs, text }) => ({ startMs, text: spokenText(text) }));
}

/** Forgets what was said in captions that are gone or hidden. */
export async function dropOrphans(transaction: Transaction): Promise<void> {
  for (const key of await orphanedTranscripts(transaction)) await dropTranscript(transaction, key);
}

/** What the transcripts work with. */
export interface TranscriptsOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Called with captions that could not be read; they are tried again with the next sweep. */
  readonly onTrouble?: (coursewareId: string, error: unknown) => void;
}

const PIECE = 20;

/**
 * Makes captions searchable that came without passing the caption desk: those found in media, and those of a library that is older
 * than its search. What is to be done is read from the tables, so nothing is forgotten.
 */
export class Transcripts {
  readonly #options: TranscriptsOptions;

  constructor(options: TranscriptsOptions) {
    this.#options = options;
  }

  /**
   * Indexes what is not indexed yet and forgets what is gone.
   *
   * @returns how many captions were indexed
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    const { database } = this.#options;
    if ((await database.read(orphanedTranscripts)).length > 0) await database.write(dropOrphans);
    const failed = new Set<string>();
    for (let count = 0; ;) {
      const missing = await database.read((statements) =>
        missingTranscripts(statements, PIECE + failed.size),
      );
      const next = missing.filter(({ coursewareId, language }) => !failed.has(`${coursewareId} ${language}`));
      if (next.length === 0 || signal?.aborted === true) return count;
      for (const { coursewareId, language } of next) {
        if (await this.#index(coursewareId, language)) count += 1;
        else failed.add(`${coursewareId} ${language}`);
      }
    }
  }

  async #index(coursewareId: string, language: string): Promise<boolean> {
    const { database, store, onTrouble } = this.#options;
    try {
      const captions = await database.read((statements) => getCaptions(statements, coursewareId, language));
      const bytes = await readObject(store, objectKey(`${captions.folder}/${ORIGINAL_CAPTIONS}`));
      const cues = spokenCues(retime(readCaptions(bytes).cues, captions));
      return await database.write(async (transaction) => {
        const now = await getCaptions(transaction, coursewareId, language);
        if (now.edition !== captions.edition) return false;
        await saveTranscript(transaction, { coursewareId, language }, captions.edition, cues);
        return true;
      });
    } catch (error) {
      // Whoever took them away meanwhile has left nothing to do.
      if (!(error instanceof CatalogueError && error.code === 'not-found')) onTrouble?.(coursewareId, error);
      return false;
    }
  }
}
