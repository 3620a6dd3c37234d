import {
  generationPrefix,
  captionFolder,
  type CaptionFormat,
  type CaptionKind,
  type CaptionProblem,
  type CaptionTrack,
  type Charset,
  type EmbeddedCaptions,
  type GenerationId,
} from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';
import { recordChanges, type Change } from './history.ts';
import type { Statements, Transaction } from '../database/transaction.ts';
import { findVersions, type VersionPlace } from './version-places.ts';

/** Captions of one language of an item. */
export interface Captions extends CaptionTrack {
  readonly origin: 'uploaded' | 'embedded';
  /** `time in the file × stretch + offset` is the time in the lecture. */
  readonly offsetMs: number;
  readonly stretch: number;
  /** The file's name as its producer knows it, or what the track is called in its container. */
  readonly fileName: string;
  readonly fileBytes: number;
  readonly format: CaptionFormat;
  readonly charset: Charset;
  readonly cueCount: number;
  readonly problems: readonly CaptionProblem[];
  /** Key prefix of its texts in the object store. */
  readonly folder: string;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

/** Captions as they are to be kept. */
export type NewCaptions = Omit<Captions, 'changedAt'>;

interface CaptionRow {
  readonly language: string;
  readonly label: string;
  readonly kind: CaptionKind;
  readonly origin: Captions['origin'];
  readonly is_hidden: number;
  readonly is_edited: number;
  readonly offset_ms: number;
  readonly stretch: number;
  readonly file_name: string;
  readonly file_bytes: number;
  readonly format: CaptionFormat;
  readonly charset: Charset;
  readonly cue_count: number;
  readonly problems: string;
  readonly edition: string;
  readonly folder: string;
  readonly former_folder: string | null;
  readonly piece_count: number;
  readonly objects: string;
  readonly source_sha256: string | null;
  readonly changed_at: number;
}

function captionsOf(row: CaptionRow): Captions {
  return {
    language: row.language,
    label: row.label,
    kind: row.kind,
    origin: row.origin,
    offsetMs: row.offset_ms,
    stretch: row.stretch,
    fileName: row.file_name,
    fileBytes: row.file_bytes,
    format: row.format,
    charset: row.charset,
    cueCount: row.cue_count,
    problems: JSON.parse(row.problems) as readonly CaptionProblem[],
    edition: row.edition,
    folder: row.folder,
    pieceCount: row.piece_count,
    objects: JSON.parse(row.objects) as CaptionTrack['objects'],
    changedAt: row.changed_at,
  };
}

function allRows(statements: Statements, coursewareId: string): Promise<CaptionRow[]> {
  return statements.rows<CaptionRow>(
    `SELECT * FROM caption WHERE courseware_id = $1 ORDER BY ${BY_LANGUAGE}`,
    coursewareId,
  );
}

/** Chinese first: whoever turns captions on without a word gets the first ones. */
const BY_LANGUAGE = "CASE WHEN language LIKE 'zh%' THEN 0 ELSE 1 END, language";

/** The captions of an item: Chinese first, then by language. */
export async function listCaptions(
  statements: Statements,
  coursewareId: string,
): Promise<readonly Captions[]> {
  return (await allRows(statements, coursewareId)).filter((row) => row.is_hidden === 0).map(captionsOf);
}

/** The captions that go with an item's current version; those found in other media are left out. */
export async function captionsOnAir(
  statements: Statements,
  coursewareId: string,
): Promise<readonly Captions[]> {
  const rows = await statements.rows<CaptionRow>(
    `SELECT caption.* FROM caption JOIN version v ON v.courseware_id = caption.courseware_id AND v.place = 'current'
      WHERE caption.courseware_id = $1 AND ${GOES_WITH_V} ORDER BY ${BY_LANGUAGE}`,
    coursewareId,
  );
  return rows.map(captionsOf);
}

/**
 * The captions that go with one making, of all items that play it. Whoever has only the making's address cannot say which item
 * is meant: of several in one language, those come first that belong to an item everybody may watch, and then to the oldest.
 */
export async function captionsOfGeneration(
  statements: Statements,
  generation: GenerationId,
): Promise<readonly Captions[]> {
  const rows = await statements.rows<CaptionRow>(
    `SELECT * FROM (
       SELECT caption.*, ROW_NUMBER() OVER (PARTITION BY caption.language, caption.folder
           ORDER BY ${PUBLIC_FIRST}) AS copy,
         MIN(${PUBLIC_RANK}) OVER (PARTITION BY caption.language, caption.folder) AS rank,
         MIN(v.created_at) OVER (PARTITION BY caption.language, caption.folder) AS since
       FROM version v
         JOIN courseware c ON c.id = v.courseware_id
         JOIN caption ON caption.courseware_id = v.courseware_id
       WHERE v.generation = $1 AND ${GOES_WITH_V}) AS captions
      WHERE copy = 1 ORDER BY ${BY_LANGUAGE}, rank, since, courseware_id`,
    generation,
  );
  return rows.map(captionsOf);
}

/** Captions of the version `v` and not of media that its item had before or will have. */
const GOES_WITH_V = `caption.is_hidden = 0
  AND (caption.origin = 'uploaded' OR COALESCE(caption.source_sha256, '') = COALESCE(v.source_sha256, ''))`;

const PUBLIC_RANK = "CASE WHEN c.publication = 'published' AND v.place <> 'upcoming' THEN 0 ELSE 1 END";
const PUBLIC_FIRST = `${PUBLIC_RANK}, v.created_at, v.id`;

/** @throws {CatalogueError} `not-found` */
export async function getCaptions(
  statements: Statements,
  coursewareId: string,
  language: string,
): Promise<Captions> {
  const found = (await listCaptions(statements, coursewareId)).find((one) => one.language === language);
  if (found === undefined) {
    throw new CatalogueError(
      'not-found',
      `Courseware ${coursewareId} has no captions in ${JSON.stringify(language)}`,
    );
  }
  return found;
}

/**
 * Keeps captions in the place of those of the same language. The item must be locked.
 *
 * @returns the folder that nobody can be watching any more, to be deleted from the store after the transaction
 */
export async function saveCaptions(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  fresh: NewCaptions,
): Promise<string | undefined> {
  const before = (await allRows(transaction, coursewareId)).find((row) => row.language === fresh.language);
  const isSameText = before?.folder === fresh.folder;
  const formerFolder = isSameText ? before.former_folder : before?.folder;
  await writeRow(transaction, coursewareId, fresh, {
    isEdited: true,
    formerFolder: formerFolder ?? undefined,
    sourceSha256: before?.source_sha256 ?? undefined,
  });
  const shown = before === undefined || before.is_hidden === 1 ? undefined : summaryOf(captionsOf(before));
  await recordChanges(transaction, coursewareId, actor, changeOf(fresh.language, shown, summaryOf(fresh)));
  return isSameText ? undefined : deletable(before?.former_folder);
}

/**
 * Takes captions away. Those of the media itself are only hidden, so that another making of it does not bring them back.
 * The item must be locked.
 *
 * @returns folders to be deleted from the store after the transaction
 * @throws {CatalogueError} `not-found`
 */
export async function removeCaptions(
  transaction: Transaction,
  actor: string,
  coursewareId: string,
  language: string,
): Promise<readonly string[]> {
  const before = await getCaptions(transaction, coursewareId, language);
  const row = (await allRows(transaction, coursewareId)).find((one) => one.language === language);
  if (before.origin === 'embedded') {
    await transaction.rows(
      'UPDATE caption SET is_hidden = 1 WHERE courseware_id = $1 AND language = $2',
      coursewareId,
      language,
    );
  } else {
    await transaction.rows(
      'DELETE FROM caption WHERE courseware_id = $1 AND language = $2',
      coursewareId,
      language,
    );
  }
  await recordChanges(transaction, coursewareId, actor, changeOf(language, summaryOf(before), undefined));
  const gone = before.origin === 'embedded' ? [] : [row?.folder, row?.former_folder];
  return gone.flatMap((folder) => deletable(folder) ?? []);
}

/**
 * Takes over the captions that a making found in the media, once it is on the air, for all items that play it. What people
 * uploaded, corrected or removed stays as they left it; captions of media that was replaced go with it.
 */
export async function adoptCaptions(
  transaction: Transaction,
  actor: string,
  generation: GenerationId,
  found: readonly EmbeddedCaptions[],
): Promise<void> {
  for (const player of await findVersions(
    transaction,
    "v.generation = $1 AND v.place IN ('current', 'upcoming')",
    generation,
  )) {
    await adoptCaptionsFor(transaction, actor, player, generation, found);
  }
}

/** The same for one item, which must be locked. */
export async function adoptCaptionsFor(
  transaction: Transaction,
  actor: string,
  { coursewareId, version }: VersionPlace,
  generation: GenerationId,
  found: readonly EmbeddedCaptions[],
): Promise<void> {
  const rows = await allRows(transaction, coursewareId);
  const changes: Change[] = [];
  for (const row of rows.filter((one) => isOfOtherMedia(one, version.sourceSha256))) {
    if (found.some(({ language }) => language === row.language)) continue;
    await transaction.rows(
      'DELETE FROM caption WHERE courseware_id = $1 AND language = $2',
      coursewareId,
      row.language,
    );
    changes.push(...changeOf(row.language, summaryOf(captionsOf(row)), undefined));
  }
  for (const track of found) {
    const before = rows.find((row) => row.language === track.language);
    const fresh = foundIn(generation, track);
    if (before !== undefined && (isPeoples(before, version.sourceSha256) || before.folder === fresh.folder))
      continue;
    await writeRow(transaction, coursewareId, fresh, {
      isEdited: false,
      formerFolder: before?.folder,
      sourceSha256: version.sourceSha256,
    });
    const shown = before === undefined ? undefined : summaryOf(captionsOf(before));
    changes.push(...changeOf(track.language, shown, summaryOf(fresh)));
  }
  await recordChanges(transaction, coursewareId, actor, changes);
}

function isOfOtherMedia(row: CaptionRow, sourceSha256: string | undefined): boolean {
  return row.origin === 'embedded' && row.source_sha256 !== (sourceSha256 ?? null);
}

/** Whether people have had their say about them: handed in, corrected, or taken away from this very media. */
function isPeoples(row: CaptionRow, sourceSha256: string | undefined): boolean {
  if (row.origin === 'uploaded') return true;
  return !isOfOtherMedia(row, sourceSha256) && (row.is_edited === 1 || row.is_hidden === 1);
}

function foundIn(generation: GenerationId, track: EmbeddedCaptions): NewCaptions {
  const { sourceName, sourceBytes, ...rest } = track;
  return {
    ...rest,
    origin: 'embedded',
    offsetMs: 0,
    stretch: 1,
    fileName: sourceName,
    fileBytes: sourceBytes,
    folder: `${generationPrefix(generation)}/${captionFolder(track.edition)}`,
  };
}

/** What lies under a generation is the generation's, and goes with it. */
function deletable(folder: string | null | undefined): string | undefined {
  return folder?.startsWith('captions/') === true ? folder : undefined;
}

interface RowFacts {
  readonly isEdited: boolean;
  readonly formerFolder: string | undefined;
  readonly sourceSha256: string | undefined;
}

async function writeRow(
  transaction: Transaction,
  coursewareId: string,
  fresh: NewCaptions,
  { isEdited, formerFolder, sourceSha256 }: RowFacts,
): Promise<void> {
  const columns = {
    label: fresh.label,
    kind: fresh.kind,
    origin: fresh.origin,
    is_hidden: 0,
    is_edited: isEdited ? 1 : 0,
    offset_ms: fresh.offsetMs,
    stretch: fresh.stretch,
    file_name: fresh.fileName,
    file_bytes: fresh.fileBytes,
    format: fresh.format,
    charset: fresh.charset,
    cue_count: fresh.cueCount,
    problems: JSON.stringify(fresh.problems),
    edition: fresh.edition,
    folder: fresh.folder,
    former_folder: formerFolder,
    piece_count: fresh.pieceCount,
    objects: JSON.stringify(fresh.objects),
    source_sha256: fresh.origin === 'embedded' ? sourceSha256 : undefined,
  };
  const names = Object.keys(columns);
  const marks = names.map((_, index) => `$${index + 3}`);
  await transaction.rows(
    `INSERT INTO caption (courseware_id, language, ${names.join(', ')}, changed_at)
     VALUES ($1, $2, ${marks.join(', ')}, ${transaction.words.now})
     ON CONFLICT (courseware_id, language) DO UPDATE SET
       ${names.map((name) => `${name} = excluded.${name}`).join(', ')}, changed_at = excluded.changed_at`,
    coursewareId,
    fresh.language,
    ...Object.values(columns),
  );
}

function changeOf(
  language: string,
  before: string | undefined,
  after: string | undefined,
): readonly Change[] {
  return before === after ? [] : [{ field: `captions ${language}`, before, after }];
}

/** What the history says of captions: file, number of cues and what was done to their times. */
function summaryOf({ fileName, label, cueCount, offsetMs, stretch, kind }: NewCaptions): string {
  const timing = [
    ...(offsetMs === 0 ? [] : [`${offsetMs > 0 ? '+' : ''}${offsetMs} ms`]),
    ...(stretch === 1 ? [] : [`× ${stretch}`]),
  ];
  return [fileName, label, kind, `${cueCount} cues`, ...timing].join(', ');
}
