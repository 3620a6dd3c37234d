import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { DEFAULT_LADDER_OPTIONS, probe, readSidecar, type LadderOptions } from '../../transcoder/index.ts';
import type { CaptionDesk } from '../captions/caption-desk.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CoursewareId } from '../catalogue/courseware.ts';
import { findBySource } from '../catalogue/known-source.ts';
import type { Database, Transaction } from '../database/transaction.ts';
import type { Config } from '../config.ts';
import { UploadError } from '../errors.ts';
import { digestOf, type UploadDesk } from '../upload/upload-desk.ts';
import { findIntake, saveIntake, type FileFacts, type IntakeRow } from './intake-rows.ts';
import { IntakeRefusal } from './refusal.ts';

/** What the intake works with. */
export interface FileIntakeOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly desk: UploadDesk;
  readonly captions: CaptionDesk;
  readonly sandbox: Config['sandbox'];
  /** Who the history says it was. */
  readonly actor: string;
  readonly ladder?: LadderOptions;
  /** Told how many more bytes of files were read. */
  readonly onBytes?: (count: number) => void;
}

/** A file to be taken in. */
export interface IntakeFile {
  readonly folder: string;
  /** Its path from the folder. */
  readonly file: string;
  readonly path: string;
  /** The item that is to play it, where that is known; a file that was taken for another one is taken for this one too. */
  readonly wanted?: CoursewareId;
  /** Paths of its caption files. */
  readonly captions: readonly string[];
  /**
   * Finds or makes the item that is to play it, in the transaction that remembers which one it is.
   *
   * @throws {Error} what a refusal is made of
   */
  item(transaction: Transaction): Promise<CoursewareId>;
  /** Whether a file whose like is in the catalogue already is refused, for nothing says that it is wanted twice. */
  readonly isRefusedWhenKnown: boolean;
}

/** What became of a file. */
export interface IntakeOutcome {
  /** `taken`: stored and queued. `shared`: the same file was there, and nothing is encoded. `known`: it had been taken before. */
  readonly kind: 'taken' | 'shared' | 'known';
  readonly coursewareId: CoursewareId;
}

/**
 * Takes files of a folder into the catalogue. Each step is remembered in the database before the next one begins, so a process that
 * is killed at any moment goes on where it was: nothing is lost, nothing is there twice, and no file is read again to know what
 * it is.
 */
export class FileIntake {
  readonly #options: FileIntakeOptions;

  constructor(options: FileIntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes one file in; again does nothing.
   *
   * @throws {IntakeRefusal} and what `reasonOf` knows as the file's own fault
   * @throws {Error} everything else: then try again later
   */
  async take(file: IntakeFile, signal?: AbortSignal): Promise<IntakeOutcome> {
    const facts = await factsOf(file);
    let row = await this.#remembered(file, facts);
    if (row?.state === 'taken' && row.coursewareId !== undefined) {
      await this.#handIn(row.coursewareId, file.captions);
      return { kind: 'known', coursewareId: row.coursewareId };
    }
    row = row?.sha256 === undefined ? await this.#hashed(file, facts, signal) : row;
    if (row.coursewareId === undefined) row = await this.#begun(file, row, signal);
    const { coursewareId, sha256 } = row;
    if (coursewareId === undefined || sha256 === undefined) throw new Error('An item was begun without one');
    const kind = await this.#attach(file, row, coursewareId, sha256, signal);
    await this.#handIn(coursewareId, file.captions);
    await this.#save({ ...row, state: 'taken' });
    return { kind, coursewareId };
  }

  async #remembered(file: IntakeFile, facts: FileFacts): Promise<IntakeRow | undefined> {
    const row = await this.#options.database.read((statements) => findIntake(statements, facts));
    const isOfOther = file.wanted !== undefined && row?.coursewareId !== file.wanted;
    if (row === undefined || row.sha256 === undefined || !isOfOther || row.coursewareId === undefined)
      return row;
    return { ...row, coursewareId: undefined, state: 'hashed', uploadId: this.#options.desk.newUploadId() };
  }

  async #hashed(file: IntakeFile, facts: FileFacts, signal: AbortSignal | undefined): Promise<IntakeRow> {
    this.#options.desk.checkSize(basename(file.path), facts.sizeBytes);
    const sha256 = await digestOf(file.path, signal, this.#options.onBytes);
    const row: IntakeRow = {
      ...facts,
      sha256,
      uploadId: this.#options.desk.newUploadId(),
      coursewareId: undefined,
      state: 'hashed',
      reason: undefined,
    };
    await this.#save(row);
    return row;
  }

  /** Everything that can be wrong with the file is found out before it has an item. */
  async #begun(file: IntakeFile, row: IntakeRow, signal: AbortSignal | undefined): Promise<IntakeRow> {
    const { database, sandbox } = this.#options;
    const known = await findBySource(database, row.sha256 ?? '');
    if (known?.version.generation !== undefined && file.isRefusedWhenKnown) {
      const { id, code, title } = known.courseware;
      throw new IntakeRefusal(
        `内容和已有的课件《${title}》（${code ?? id}）完全相同，没有重复入库。` +
          '如果要另立一条，请附上写有编号的同名 .json 或 .csv，再放进来。',
      );
    }
    if (known?.version.production !== 'ready') await probe(file.path, { ...(signal && { signal }), sandbox });
    for (const path of file.captions) await readSidecar({ path });
    return database.write(async (transaction) => {
      const begun: IntakeRow = { ...row, coursewareId: await file.item(transaction), state: 'begun' };
      await saveIntake(transaction, begun);
      return begun;
    });
  }

  async #attach(
    file: IntakeFile,
    row: IntakeRow,
    coursewareId: CoursewareId,
    sha256: string,
    signal: AbortSignal | undefined,
  ): Promise<'taken' | 'shared'> {
    const { catalogue, desk, actor, ladder = DEFAULT_LADDER_OPTIONS } = this.#options;
    const own = catalogue.as(actor);
    if ((await own.shareMaking(coursewareId, sha256)) !== undefined) return 'shared';
    const intent = { coursewareId, fileName: basename(file.path), ladder };
    let uploadId = row.uploadId ?? desk.newUploadId();
    for (let isRepeated = false; ; isRepeated = true) {
      try {
        await desk.take(file.path, intent, signal, { uploadId, sha256 });
        return 'taken';
      } catch (error) {
        // The id is spent: what came of it was given up. A file that changed has to be read anew.
        uploadId = desk.newUploadId();
        const isChanged = error instanceof UploadError && error.code === 'digest-mismatch';
        await this.#save({ ...row, uploadId, ...(isChanged && { sha256: undefined }) });
        if (isRepeated || !isSpent(error)) throw error;
      }
    }
  }

  /** Hands in the captions that the item does not have yet. */
  async #handIn(coursewareId: CoursewareId, paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const { captions, actor } = this.#options;
    const known = await captions.list(coursewareId);
    for (const path of paths) {
      const { fileName, language } = await readSidecar({ path });
      const bytes = await readFile(path);
      const before = known.find((one) => one.language === language);
      if (before?.fileName === fileName && before.fileBytes === bytes.length) continue;
      await captions.put(actor, coursewareId, language, { bytes, fileName });
    }
  }

  #save(row: IntakeRow): Promise<void> {
    return this.#options.database.write((transaction) => saveIntake(transaction, row));
  }
}

/** An upload that was given up by an earlier attempt under the same id. */
function isSpent(error: unknown): boolean {
  return error instanceof CatalogueError && error.code === 'conflict';
}

/** What tells a file from what it was. */
export async function factsOf({
  folder,
  file,
  path,
}: Pick<IntakeFile, 'folder' | 'file' | 'path'>): Promise<FileFacts> {
  const { size, mtimeMs } = await stat(path);
  return { folder, file, sizeBytes: size, modifiedMs: Math.floor(mtimeMs) };
}
