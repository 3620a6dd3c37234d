import {
  generationId,
  type Chapter,
  type GenerationId,
  type GenerationStatus,
} from '../../../transcoder/index.ts';
import { lockCourseware } from '../../catalogue/courseware-rows.ts';
import { allOf, weigh, writeOutcomes } from '../../catalogue/courseware-writing.ts';
import type { CoursewareInput } from '../../catalogue/courseware-input.ts';
import { recordChanges } from '../../catalogue/history.ts';
import { addTag } from '../../catalogue/tags.ts';
import type { Statements, Transaction } from '../../database/transaction.ts';
import { findGeneration } from '../../catalogue/version-places.ts';
import { insertVersion, settleGeneration } from '../../catalogue/versions.ts';
import { lockClass } from '../live-class-rows.ts';
import { noteRecording } from '../live-class-writing.ts';
import type { LiveClass } from '../live-class.ts';

/** Whom the history names. */
const ACTOR = 'live class';
/** The tag of every recording. */
export const RECORDING_TAG = '直播课堂';

const PREFIX = 'live-';

/** The making of a class's recording: told by the class's token, so that it is never made twice. */
export function recordingGeneration({ token }: Pick<LiveClass, 'token'>): GenerationId {
  return generationId(`${PREFIX}${token}`);
}

/** The token of the class whose recording a making is; `undefined` for any other making. */
export function tokenOfRecording(generation: GenerationId): string | undefined {
  return generation.startsWith(PREFIX) ? generation.slice(PREFIX.length) : undefined;
}

/** How far a class's recording has come. */
export type RecordingState = 'none' | 'journal' | 'stored';

/** Where a class's recording can be played from. */
export async function recordingState(statements: Statements, liveClass: LiveClass): Promise<RecordingState> {
  const found = await findGeneration(statements, recordingGeneration(liveClass));
  if (found === undefined) return 'none';
  return found.version.production === 'ready' ? 'stored' : 'journal';
}

/** What is known of a recording when its class has ended. */
export interface RecordingSummary {
  /** Seconds. */
  readonly duration: number;
  readonly sizeBytes: number;
  readonly chapters: readonly Chapter[];
}

/**
 * Puts a draft into the catalogue that plays the class's recording out of its journal; in one transaction, and once for a class:
 * called again, it changes nothing.
 *
 * @throws {CatalogueError} `not-found` when the class was removed
 */
export async function draftRecording(
  transaction: Transaction,
  classId: string,
  summary: RecordingSummary,
): Promise<void> {
  const liveClass = await lockClass(transaction, classId);
  const generation = recordingGeneration(liveClass);
  if ((await findGeneration(transaction, generation)) !== undefined) return;
  const fields = await describe(transaction, liveClass);
  const outcomes = allOf(await weigh(transaction, [{ fields }], ACTOR));
  const [coursewareId] = await writeOutcomes(transaction, ACTOR, outcomes);
  if (coursewareId === undefined) throw new Error('a draft was made without an id');
  const courseware = await lockCourseware(transaction, coursewareId);
  const version = await insertVersion(transaction, courseware, 'current', {
    production: 'uploaded',
    generation,
    sourceName: `${liveClass.title.slice(0, 200)}（直播录制）`,
    sourceBytes: summary.sizeBytes,
  });
  await recordChanges(transaction, coursewareId, ACTOR, [
    {
      field: `version ${version.number}: production`,
      before: 'none',
      after: 'uploaded',
      reason: `recorded from live class ${liveClass.id}`,
    },
  ]);
  await settleGeneration(transaction, ACTOR, generation, statusOf(summary, 0));
  await noteRecording(transaction, ACTOR, liveClass, coursewareId);
}

/** Writes how far the copy has come; a draft that was removed meanwhile is no trouble. */
export function noteCopied(
  transaction: Transaction,
  liveClass: LiveClass,
  summary: RecordingSummary,
  progress: number,
): Promise<void> {
  return settleGeneration(transaction, ACTOR, recordingGeneration(liveClass), statusOf(summary, progress));
}

/** The recording is stored and verified: from now on it is played from the store. */
export function noteStored(
  transaction: Transaction,
  liveClass: LiveClass,
  stored: {
    readonly duration: number;
    readonly poster: string | undefined;
    readonly storyboard: string | undefined;
    readonly warnings: readonly string[];
  },
): Promise<void> {
  return settleGeneration(transaction, ACTOR, recordingGeneration(liveClass), {
    ...statusOf({ duration: stored.duration, sizeBytes: 0, chapters: [] }, 1),
    stage: 'ready',
    poster: stored.poster,
    storyboard: stored.storyboard,
    warnings: stored.warnings,
  });
}

function statusOf(summary: RecordingSummary, progress: number): GenerationStatus {
  return {
    stage: 'transcoding',
    progress,
    isPlayable: true,
    duration: summary.duration,
    warnings: [],
    sound: [],
    poster: undefined,
    storyboard: undefined,
    chapters: summary.chapters,
    failure: undefined,
  };
}

/** What the class says of itself, as far as the catalogue has a place for it. */
async function describe(transaction: Transaction, liveClass: LiveClass): Promise<CoursewareInput> {
  const { title, description, lecturers, hostUnit, audience, onAirAt, plannedStart } = liveClass;
  return {
    title,
    description,
    kind: 'live_replay',
    origin: 'live',
    year: Number((onAirAt ?? plannedStart).slice(0, 4)),
    presenters: lecturers,
    ...(hostUnit !== undefined && { producer: hostUnit }),
    audience,
    tags: await tagsOf(transaction, liveClass),
  };
}

/** The class's words that are tags; anything else is no tag of the library, and nobody is there to be asked. */
async function tagsOf(transaction: Transaction, { tags }: LiveClass): Promise<readonly string[]> {
  const rows = await transaction.rows<{ word: string }>(
    'SELECT name AS word FROM tag UNION SELECT alias AS word FROM tag_alias',
  );
  const known = new Set(rows.map(({ word }) => word));
  if (!known.has(RECORDING_TAG)) await addTag(transaction, RECORDING_TAG);
  return [RECORDING_TAG, ...tags.filter((tag) => known.has(tag) && tag !== RECORDING_TAG)];
}
