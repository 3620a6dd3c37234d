import { deleteBelow, objectKey, readObject, type ObjectStore } from '../../storage/index.ts';
import {
  captionFolder,
  languageLabel,
  languageTag,
  ORIGINAL_CAPTIONS,
  readCaptions,
  retime,
  storeCaptions,
  unusable,
  type CaptionFile,
  type CaptionKind,
  type Cue,
  type GenerationId,
  type Timing,
} from '../../transcoder/index.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import {
  captionsOfGeneration,
  captionsOnAir,
  getCaptions,
  listCaptions,
  removeCaptions,
  saveCaptions,
  type Captions,
  type NewCaptions,
} from '../catalogue/caption-rows.ts';
import { getCourseware, lockCourseware } from '../catalogue/courseware-rows.ts';
import type { Database } from '../database/transaction.ts';
import { newId } from '../database/new-id.ts';
import { dropTranscript, saveTranscript } from '../search/spoken-rows.ts';
import { spokenCues } from '../search/transcripts.ts';

/** A caption file that is handed in. */
export interface CaptionsInput extends Partial<Timing> {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  /** 1 to 40 characters; the language's own name by default. */
  readonly label?: string;
  /** `subtitles` by default. */
  readonly kind?: CaptionKind;
}

/** What to change of captions; absent fields stay. */
export interface CaptionsPatch extends Partial<Timing> {
  readonly label?: string;
  readonly kind?: CaptionKind;
}

/** What the desk works with. */
export interface CaptionDeskOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Called when viewers should see something else than before. */
  readonly onChanged?: () => void;
  /** Called with what could not be deleted from the store. */
  readonly onLeftover?: (folder: string, error: unknown) => void;
}

/** The first line of a file nobody could read says enough; the rest of ten thousand says nothing more. */
const MAX_KEPT_PROBLEMS = 200;

/**
 * Takes in caption files, keeps them at the lecture's times, and puts them on the air. Texts are stored first and under a name
 * of their own, the catalogue names them last: viewers see the old captions or the new ones, whole, whatever fails.
 */
export class CaptionDesk {
  readonly #options: CaptionDeskOptions;

  constructor(options: CaptionDeskOptions) {
    this.#options = options;
  }

  /**
   * The captions of an item: Chinese first, then by language.
   *
   * @throws {CatalogueError} `not-found`
   */
  async list(coursewareId: string): Promise<readonly Captions[]> {
    return this.#options.database.read(async (statements) => {
      await getCourseware(statements, coursewareId);
      return listCaptions(statements, coursewareId);
    });
  }

  /** The captions that go with what an item plays at this moment. */
  onAir(coursewareId: string): Promise<readonly Captions[]> {
    return this.#options.database.read((statements) => captionsOnAir(statements, coursewareId));
  }

  /**
   * The captions that go with one making, of all items that play it: Chinese first, then by language; within a language those of
   * an item that everybody may watch.
   */
  listFor(generation: GenerationId): Promise<readonly Captions[]> {
    return this.#options.database.read((statements) => captionsOfGeneration(statements, generation));
  }

  /**
   * Takes a caption file in, in the place of captions of the same language.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`
   * @throws {TranscodeError} `captions-unusable` with what is wrong, line by line; nothing was changed
   * @throws {StorageError} what the store throws
   */
  async put(actor: string, coursewareId: string, given: string, input: CaptionsInput): Promise<Captions> {
    const language = tagOf(given);
    const timing = timingOf({ offsetMs: 0, stretch: 1, ...input });
    const label = labelOf(input.label ?? languageLabel(language));
    const fileName = input.fileName.normalize('NFC').slice(-200) || 'captions';
    await this.list(coursewareId);
    const { file, cues } = readAt(input.bytes, fileName, timing);
    return this.#keep(actor, coursewareId, input.bytes, cues, {
      ...timing,
      language,
      label,
      kind: input.kind ?? 'subtitles',
      origin: 'uploaded',
      fileName,
      fileBytes: input.bytes.length,
      ...factsOf(file),
    });
  }

  /**
   * Corrects the times of captions, or what they are called.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`
   * @throws {TranscodeError} `captions-unusable` when nothing would be left on the screen
   * @throws {StorageError} what the store throws
   */
  async change(actor: string, coursewareId: string, given: string, patch: CaptionsPatch): Promise<Captions> {
    const language = tagOf(given);
    const before = await this.#options.database.read((statements) =>
      getCaptions(statements, coursewareId, language),
    );
    const timing = timingOf({ ...before, ...patch });
    const { changedAt: _, edition, folder, pieceCount, objects, ...kept } = before;
    const next = {
      ...kept,
      ...timing,
      label: labelOf(patch.label ?? before.label),
      kind: patch.kind ?? before.kind,
    };
    const isSameText = timing.offsetMs === before.offsetMs && timing.stretch === before.stretch;
    // What a making took out of its media lies with that making; once people have a say in it, it is the item's own.
    if (isSameText && before.origin === 'uploaded') {
      await this.#save(actor, coursewareId, { ...next, edition, folder, pieceCount, objects });
      return this.#reread(coursewareId, language);
    }
    const bytes = await this.#originalOf(before);
    const { cues } = readAt(bytes, before.fileName, timing);
    return this.#keep(actor, coursewareId, bytes, cues, next);
  }

  /**
   * Takes captions off the air.
   *
   * @throws {CatalogueError} `not-found`
   */
  async remove(actor: string, coursewareId: string, given: string): Promise<void> {
    const language = tagOf(given);
    const folders = await this.#options.database.write(async (transaction) => {
      await lockCourseware(transaction, coursewareId);
      await dropTranscript(transaction, { coursewareId, language });
      return removeCaptions(transaction, actor, coursewareId, language);
    });
    this.#options.onChanged?.();
    for (const folder of folders) await this.#delete(folder);
  }

  /**
   * The file as it was handed in.
   *
   * @throws {CatalogueError} `not-found`
   * @throws {StorageError} what the store throws
   */
  async original(
    coursewareId: string,
    given: string,
  ): Promise<{ readonly captions: Captions; readonly bytes: Buffer }> {
    const captions = await this.#options.database.read((statements) =>
      getCaptions(statements, coursewareId, tagOf(given)),
    );
    return { captions, bytes: await this.#originalOf(captions) };
  }

  #originalOf({ folder }: Captions): Promise<Buffer> {
    return readObject(this.#options.store, objectKey(`${folder}/${ORIGINAL_CAPTIONS}`));
  }

  async #keep(
    actor: string,
    coursewareId: string,
    bytes: Uint8Array,
    cues: readonly Cue[],
    facts: Omit<NewCaptions, 'edition' | 'folder' | 'pieceCount' | 'objects'>,
  ): Promise<Captions> {
    const { store } = this.#options;
    const edition = `${facts.language.toLowerCase()}-${newId().slice(0, 8)}`;
    const folder = `captions/${captionFolder(edition)}`;
    try {
      await store.put(objectKey(`${folder}/${ORIGINAL_CAPTIONS}`), bytes);
      const stored = await storeCaptions(store, folder, edition, cues);
      await this.#save(actor, coursewareId, { ...facts, ...stored, edition, folder }, cues);
    } catch (error) {
      await this.#delete(folder);
      throw error;
    }
    return this.#reread(coursewareId, facts.language);
  }

  /** With the text that goes with them, unless it is the one before. */
  async #save(actor: string, coursewareId: string, fresh: NewCaptions, cues?: readonly Cue[]): Promise<void> {
    const gone = await this.#options.database.write(async (transaction) => {
      await lockCourseware(transaction, coursewareId);
      if (cues !== undefined) {
        const { language, edition } = fresh;
        await saveTranscript(transaction, { coursewareId, language }, edition, spokenCues(cues));
      }
      return saveCaptions(transaction, actor, coursewareId, fresh);
    });
    this.#options.onChanged?.();
    if (gone !== undefined) await this.#delete(gone);
  }

  #reread(coursewareId: string, language: string): Promise<Captions> {
    return this.#options.database.read((statements) => getCaptions(statements, coursewareId, language));
  }

  /** What stays behind is a few kilobytes that nothing names. */
  async #delete(folder: string): Promise<void> {
    const { store, onLeftover } = this.#options;
    try {
      await deleteBelow(store, folder);
    } catch (error) {
      onLeftover?.(folder, error);
    }
  }
}

function tagOf(given: string): string {
  const language = languageTag(given);
  if (language !== undefined) return language;
  throw new CatalogueError(
    'invalid-input',
    `${JSON.stringify(given)} is no language of captions; use a tag such as zh-Hans, zh-Hant or en`,
    { field: 'language' },
  );
}

function labelOf(given: string): string {
  const label = given.normalize('NFC').trim();
  const { length } = Array.from(label);
  if (length >= 1 && length <= 40 && !/[\p{Cc}"]/u.test(label)) return label;
  throw new CatalogueError('invalid-input', 'A label has 1 to 40 characters on one line, without quotes', {
    field: 'label',
  });
}

const MAX_OFFSET_MS = 24 * 3_600_000;

function timingOf({ offsetMs, stretch }: Timing): Timing {
  if (!Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) > MAX_OFFSET_MS) {
    throw new CatalogueError('invalid-input', 'The offset is a whole number of milliseconds within a day', {
      field: 'offsetMs',
    });
  }
  if (!(stretch >= 0.5 && stretch <= 2)) {
    throw new CatalogueError('invalid-input', 'The stretch is a number from 0.5 to 2', { field: 'stretch' });
  }
  return { offsetMs, stretch };
}

function readAt(
  bytes: Uint8Array,
  fileName: string,
  timing: Timing,
): { readonly file: CaptionFile; readonly cues: readonly Cue[] } {
  const file = readCaptions(bytes);
  const cues = retime(file.cues, timing);
  if (file.cues.length === 0) throw unusable(fileName, file);
  if (cues.length > 0) return { file, cues };
  throw new CatalogueError(
    'invalid-input',
    `Moved by ${timing.offsetMs} ms, every caption of ${fileName} would end before the lecture begins`,
    { field: 'offsetMs' },
  );
}

function factsOf(file: CaptionFile): Pick<NewCaptions, 'format' | 'charset' | 'cueCount' | 'problems'> {
  const { format, charset, cues, problems } = file;
  return { format, charset, cueCount: cues.length, problems: problems.slice(0, MAX_KEPT_PROBLEMS) };
}
