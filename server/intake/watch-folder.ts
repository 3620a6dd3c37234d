import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { areCaptionsOf, isCaptionFile } from '../captions/caption-files.ts';
import type { Database } from '../database/transaction.ts';
import type { ImportDesk } from '../exchange/import-desk.ts';
import { tableReferences } from '../exchange/table-references.ts';
import type { Log } from '../log.ts';
import { isOpenForWriting } from './file-busy.ts';
import { factsOf, type FileIntake, type IntakeOutcome } from './file-intake.ts';
import { foreignNames, giveOwnName } from './file-names.ts';
import { FolderKeeper } from './folder-keeper.ts';
import {
  countUnfinished,
  findIntake,
  forgetIntake,
  intakeRows,
  pruneIntake,
  saveIntake,
} from './intake-rows.ts';
import { putAway } from './put-away.ts';
import { IntakeRefusal, reasonOf } from './refusal.ts';
import { realFolder } from './shelf-plan.ts';
import { describedIn, isFolderTable, isSidecarOf, NOTHING_WRITTEN } from './sidecar.ts';

/** What happens in a watched folder. */
export type WatchEvent =
  | { readonly kind: 'taken'; readonly file: string; readonly outcome: IntakeOutcome }
  | { readonly kind: 'refused'; readonly file: string; readonly reason: string }
  /** Its name was not UTF-8; `file` is what it is called now. */
  | { readonly kind: 'renamed'; readonly file: string }
  /** The failure lies in no file; it is tried again later. */
  | { readonly kind: 'postponed'; readonly file: string | undefined; readonly error: unknown }
  /** As many lectures of the folder are in the queue as may be. */
  | { readonly kind: 'full'; readonly unfinished: number }
  /** Another process looks after the folder. */
  | { readonly kind: 'kept-by-another' };

/** What a folder is watched with. */
export interface WatchFolderOptions {
  readonly database: Database;
  readonly imports: ImportDesk;
  readonly intake: FileIntake;
  /** Made when it is missing. */
  readonly folder: string;
  /** Who the history says it was. */
  readonly actor: string;
  /** How long a file and what belongs to it must rest before it is taken for complete. Default 10 s. */
  readonly settleMs?: number;
  /** How often the folder is looked at. Default 2 s. */
  readonly everyMs?: number;
  /** Lectures of the folder that may be in the queue at a time. Default 20. */
  readonly ahead?: number;
  readonly onEvent?: (event: WatchEvent) => void;
}

/** How long to rest after a failure that lies in no file. */
const TROUBLE_MS = 30_000;

/** Copies under way, and what systems leave lying about. */
const PASSED_OVER =
  /(^[.~]|^~\$|~$|\.(part|partial|filepart|tmp|temp|crdownload|download|aria2|!ut|swp)$|^(thumbs\.db|desktop\.ini)$)/i;

interface Group {
  readonly name: string;
  /** What goes with it: its description and its captions. */
  readonly companions: readonly string[];
  /** Other files of the same name with another ending, of which only the first can be taken. */
  readonly rival: string | undefined;
}

/**
 * Takes in what people put into a folder: a file when it is complete, with the description and the captions that lie beside it. It
 * goes to `已入库` when the catalogue has it, or to `未入库` with a text that says why not. A process that is killed at any moment is
 * succeeded without anything lost or there twice.
 *
 * The folder is looked at, not listened to: network shares tell nobody of changes.
 */
export class WatchFolder {
  readonly #options: WatchFolderOptions;
  readonly #stopping = new AbortController();
  readonly #resting = new Map<string, { readonly signature: string; readonly since: number }>();
  #running: Promise<void> | undefined;
  #lastTold: WatchEvent['kind'] | undefined;

  constructor(options: WatchFolderOptions) {
    this.#options = options;
  }

  /** Begins to watch. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends; what is being taken in is broken off and goes on with the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const stopped = this.#stopping.signal;
    while (!stopped.aborted) {
      const isWell = await this.#keep().then(
        () => true,
        (error: unknown) => {
          if (!stopped.aborted) this.#tell({ kind: 'postponed', file: undefined, error });
          return false;
        },
      );
      const { everyMs = 2000 } = this.#options;
      await pause(isWell ? everyMs : TROUBLE_MS, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** Watches for as long as the folder is ours. */
  async #keep(): Promise<void> {
    const { database, everyMs = 2000 } = this.#options;
    await mkdir(this.#options.folder, { recursive: true });
    const folder = await realFolder(this.#options.folder);
    const keeper = await FolderKeeper.take(database, folder);
    if (keeper === undefined) {
      this.#tellOnce({ kind: 'kept-by-another' });
      return;
    }
    const signal = AbortSignal.any([this.#stopping.signal, keeper.lost]);
    try {
      while (!signal.aborted) {
        const isWell = await this.#look(folder, signal);
        await pause(isWell ? everyMs : TROUBLE_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      await keeper.release().catch(() => undefined);
    }
  }

  /** @returns false when something is wrong that lies in no file */
  async #look(folder: string, signal: AbortSignal): Promise<boolean> {
    const waiting = await this.#giveOwnNames(folder);
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && !PASSED_OVER.test(entry.name))
      .map(({ name }) => name)
      .toSorted();
    const { database } = this.#options;
    const known = await database.read((statements) => intakeRows(statements, folder));
    if (known.some(({ file }) => !names.includes(file))) {
      await database.write((transaction) => pruneIntake(transaction, folder, names));
    }
    const groups = groupsOf(names);
    this.#forgetOthers([...groups.map(({ name }) => name), ...waiting]);
    const complete: Group[] = [];
    for (const group of groups) if (await this.#isComplete(folder, group, names)) complete.push(group);
    // By the time they came, so that nobody's waits because others keep coming.
    const since = ({ name }: Group): number => this.#resting.get(name)?.since ?? 0;
    for (const group of complete.toSorted((a, b) => since(a) - since(b))) {
      if (signal.aborted) return true;
      if (await this.#isFull(folder)) return true;
      try {
        await this.#handle(folder, group, names, signal);
      } catch (error) {
        if (signal.aborted) return true;
        this.#tell({ kind: 'postponed', file: group.name, error });
        return false;
      }
    }
    return true;
  }

  async #isFull(folder: string): Promise<boolean> {
    const { database, ahead = 20 } = this.#options;
    const unfinished = await database.read((statements) => countUnfinished(statements, folder));
    if (unfinished < ahead) return false;
    this.#tellOnce({ kind: 'full', unfinished });
    return true;
  }

  /**
   * Gives files their names in UTF-8 once they have rested; before that, the program that writes them may still look for the old one.
   *
   * @returns under what they are remembered that still have to rest
   */
  async #giveOwnNames(folder: string): Promise<readonly string[]> {
    const waiting: string[] = [];
    for (const foreign of await foreignNames(folder)) {
      if (PASSED_OVER.test(foreign.name)) continue;
      // No name of a file has a slash.
      const key = `/${Buffer.from(foreign.bytes).toString('hex')}`;
      if (this.#hasRested(key, foreign.signature))
        this.#tell({ kind: 'renamed', file: await giveOwnName(folder, foreign) });
      else waiting.push(key);
    }
    return waiting;
  }

  #forgetOthers(names: readonly string[]): void {
    const present = new Set(names);
    for (const name of this.#resting.keys()) if (!present.has(name)) this.#resting.delete(name);
  }

  /** Whether nothing of a group was written to for long enough, and nobody has it open for writing. */
  async #isComplete(folder: string, group: Group, names: readonly string[]): Promise<boolean> {
    const tables = names.filter((name) => isFolderTable(name, names));
    const facts = await Promise.all(
      [group.name, ...group.companions, ...tables].map(async (name) => {
        const { size, mtimeMs, ino } = await stat(join(folder, name));
        return [name, size, mtimeMs, ino];
      }),
    ).catch(() => undefined);
    // What is gone, or what only somebody else can name, never rests.
    if (!this.#hasRested(group.name, JSON.stringify(facts ?? null)) || facts === undefined) return false;
    for (const name of [group.name, ...group.companions]) {
      if (await isOpenForWriting(join(folder, name))) return false;
    }
    return true;
  }

  /** Whether something is as it was for long enough. */
  #hasRested(key: string, signature: string): boolean {
    const { settleMs = 10_000 } = this.#options;
    const now = performance.now();
    const before = this.#resting.get(key);
    if (before?.signature === signature) return now - before.since >= settleMs;
    this.#resting.set(key, { signature, since: now });
    return settleMs === 0;
  }

  async #handle(folder: string, group: Group, names: readonly string[], signal: AbortSignal): Promise<void> {
    const { database } = this.#options;
    const { name, companions } = group;
    const facts = await factsOf({ folder, file: name, path: join(folder, name) });
    const before = await database.read((statements) => findIntake(statements, facts));
    if (before?.state === 'refused') {
      await this.#refuse(folder, group, before.reason ?? '');
      return;
    }
    try {
      const outcome = await this.#take(folder, group, names, signal);
      await putAway(folder, name, companions);
      this.#tell({ kind: 'taken', file: name, outcome });
    } catch (error) {
      const reason = signal.aborted ? undefined : reasonOf(error);
      if (reason === undefined) throw error;
      // Remembered first: were it killed between two moves, what is left would look like something else.
      await database.write((transaction) =>
        saveIntake(transaction, {
          ...(before ?? { sha256: undefined, uploadId: undefined, coursewareId: undefined }),
          ...facts,
          state: 'refused',
          reason,
        }),
      );
      await this.#refuse(folder, group, reason);
    }
  }

  async #refuse(folder: string, { name, companions }: Group, reason: string): Promise<void> {
    await putAway(folder, name, companions, reason);
    // It may come back with what was wrong put right.
    await this.#options.database.write((transaction) => forgetIntake(transaction, folder, name));
    this.#tell({ kind: 'refused', file: name, reason });
  }

  async #take(
    folder: string,
    { name, companions, rival }: Group,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<IntakeOutcome> {
    const { database, imports, intake, actor } = this.#options;
    if (rival !== undefined) {
      throw new IntakeRefusal(`和 ${rival} 同名，分不清说明和字幕属于哪一个；请改成不同的名字。`);
    }
    const references = await database.read(tableReferences);
    const described = await describedIn(folder, name, names, references);
    const { content, row } = described ?? NOTHING_WRITTEN;
    const title = titleOf(name);
    return intake.take(
      {
        folder,
        file: name,
        path: join(folder, name),
        captions: companions.filter(isCaptionFile).map((companion) => join(folder, companion)),
        isRefusedWhenKnown: row.code === undefined,
        item: (transaction) => imports.takeRow(transaction, actor, { content, row, title }),
      },
      signal,
    );
  }

  #tell(event: WatchEvent): void {
    this.#lastTold = undefined;
    this.#options.onEvent?.(event);
  }

  /** What does not change is not told every two seconds. */
  #tellOnce(event: WatchEvent): void {
    if (this.#lastTold === event.kind) return;
    this.#options.onEvent?.(event);
    this.#lastTold = event.kind;
  }
}

/** What a lecture is called about which nothing was written: like its file. */
function titleOf(name: string): string {
  const stem = basename(name, extname(name)).normalize('NFC').toWellFormed();
  const line = stem.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, ' ').trim();
  return Array.from(line).slice(0, 200).join('') || name;
}

function groupsOf(names: readonly string[]): readonly Group[] {
  const lectures = names.filter((name) => !isCaptionFile(name) && !/\.(json|csv|xlsx)$/i.test(name));
  const stems = new Map<string, string>();
  return lectures.map((name) => {
    const stem = basename(name, extname(name));
    const rival = stems.get(stem);
    if (rival !== undefined) return { name, companions: [], rival };
    stems.set(stem, name);
    const companions = names.filter((one) => isSidecarOf(one, stem) || areCaptionsOf(one, stem));
    return { name, companions, rival: undefined };
  });
}

/** Writes what happens in a watched folder to the log. */
export function logWatching(log: Log, folder: string, event: WatchEvent): void {
  const { kind, ...facts } = event;
  const fields = { folder, ...facts };
  if (kind === 'taken') log.info(fields, 'took in a file of the watched folder');
  else if (kind === 'refused') log.warn(fields, 'refused a file of the watched folder');
  else if (kind === 'renamed') log.info(fields, 'gave a file of the watched folder its name in UTF-8');
  else if (kind === 'postponed') log.error(fields, 'the watched folder has to wait');
  else if (kind === 'full') log.info(fields, 'the watched folder waits for lectures in the queue');
  else log.info(fields, 'another process looks after the watched folder');
}
