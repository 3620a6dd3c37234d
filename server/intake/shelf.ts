import { setTimeout as pause } from 'node:timers/promises';

import { findByCodes } from '../catalogue/courseware-rows.ts';
import type { Database } from '../database/transaction.ts';
import type { FileIntake, IntakeOutcome } from './file-intake.ts';
import { countUnfinished, intakeRows } from './intake-rows.ts';
import { reasonOf } from './refusal.ts';
import type { ShelfEntry } from './shelf-plan.ts';

/** What happens while a shelf is taken in. */
export type ShelfEvent =
  | { readonly kind: 'begun'; readonly entry: ShelfEntry; readonly number: number }
  | {
      readonly kind: 'ended';
      readonly entry: ShelfEntry;
      readonly number: number;
      readonly outcome: IntakeOutcome;
    }
  | { readonly kind: 'refused'; readonly entry: ShelfEntry; readonly number: number; readonly reason: string }
  | { readonly kind: 'waiting'; readonly unfinished: number };

/** What a shelf is taken in with. */
export interface ShelfOptions {
  readonly database: Database;
  readonly intake: FileIntake;
  /** The folder's real path. */
  readonly folder: string;
  /** Makings of this shelf that may be unfinished at a time. */
  readonly ahead: number;
  readonly onEvent: (event: ShelfEvent) => void;
  /** Called while there are as many unfinished as there may be; by default it only waits. */
  readonly onFull?: (signal: AbortSignal) => Promise<void>;
}

/** What came of a shelf. */
export interface ShelfResult {
  readonly taken: number;
  readonly shared: number;
  readonly known: number;
  readonly refused: readonly { readonly entry: ShelfEntry; readonly reason: string }[];
}

const LOOK_MS = 2_000;

/**
 * Takes the files of a shelf in, whose items are in the catalogue already. Only a few of its makings are in the queue at a time: what
 * people upload meanwhile is not behind ten thousand others, and the store holds no more than is worked on. What is refused
 * keeps nothing else from being taken.
 *
 * @throws {Error} a failure that lies in no file, such as a full disk; the same call goes on from there later
 */
export async function takeShelf(
  entries: readonly ShelfEntry[],
  options: ShelfOptions,
  signal: AbortSignal,
): Promise<ShelfResult> {
  const { database, intake, folder, onEvent } = options;
  const counts = { taken: 0, shared: 0, known: 0 };
  const refused: { entry: ShelfEntry; reason: string }[] = [];
  const rows = await database.read((statements) => intakeRows(statements, folder));
  const before = new Map(rows.map((row) => [row.file, row]));
  for (const [index, entry] of entries.entries()) {
    const number = index + 1;
    const isDone = before.get(entry.file)?.state === 'taken';
    if (!isDone) await untilRoom(options, signal);
    onEvent({ kind: 'begun', entry, number });
    const [item] = await database.read((statements) => findByCodes(statements, [entry.code]));
    if (item === undefined) throw new Error(`There is no item ${entry.code} any more; run it again`);
    try {
      const outcome = await intake.take(
        {
          folder,
          file: entry.file,
          path: entry.path,
          captions: entry.captions,
          isRefusedWhenKnown: false,
          wanted: item.id,
          item: async () => item.id,
        },
        signal,
      );
      counts[outcome.kind] += 1;
      onEvent({ kind: 'ended', entry, number, outcome });
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      refused.push({ entry, reason });
      onEvent({ kind: 'refused', entry, number, reason });
    }
  }
  return { ...counts, refused };
}

async function untilRoom(
  { database, folder, ahead, onEvent, onFull }: ShelfOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    signal.throwIfAborted();
    const unfinished = await database.read((statements) => countUnfinished(statements, folder));
    if (unfinished < ahead) return;
    if (!isTold) onEvent({ kind: 'waiting', unfinished });
    await (onFull === undefined ? pause(LOOK_MS, undefined, { signal }) : onFull(signal));
  }
}
