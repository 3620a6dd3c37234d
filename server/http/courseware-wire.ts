import { z } from 'zod';

import type { Principal } from '../accounts/access.ts';
import {
  COURSEWARE_KINDS,
  COURSEWARE_ORIGINS,
  type Courseware,
  type Version,
} from '../catalogue/courseware.ts';
import type { GenerationId } from '../../transcoder/index.ts';

/** The shapes of courseware as the API sends and takes it. */

export const epochMs = z.number().int().describe('Epoch milliseconds.');
export const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .describe('YYYY-MM-DD.');

export const productionWord = z
  .enum(['none', 'uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'failed'])
  .meta({ id: 'ProductionState' });
export const publicationWord = z
  .enum(['draft', 'submitted', 'in_review', 'returned', 'approved', 'published', 'suspended', 'withdrawn'])
  .meta({ id: 'PublicationState' });
export const kindWord = z.enum(COURSEWARE_KINDS).meta({ id: 'CoursewareKind' });
const originWord = z.enum(COURSEWARE_ORIGINS).meta({ id: 'CoursewareOrigin' });

export const coursewareId = z.string().regex(/^[a-z0-9-]{1,40}$/);
export const idParams = z.strictObject({ id: coursewareId.describe('As the address of the thing has it.') });

/** Where a page of a list begins; each list says how long a mark of its own can be. */
export const pageMark = (longest: number) =>
  z.string().max(longest).optional().describe('The `next` of the page before; absent: the first page.');

/** How many a page of a list has. */
export const pageSize = (usual: number, most = 100) =>
  z.coerce.number().int().min(1).max(most).optional().describe(`At most so many; default ${usual}.`);

export const failure = z
  .object({ code: z.string(), message: z.string() })
  .meta({ id: 'Failure', description: 'Why the making failed, in words for the producer.' });

const version = z
  .object({
    number: z.number().int(),
    production: productionWord,
    generation: z.string().optional(),
    isPlayable: z.boolean(),
    progress: z.number().min(0).max(1),
    duration: z.number().optional().describe('Seconds.'),
    failure: failure.optional(),
    warnings: z.array(z.string()),
    sourceName: z.string().optional().describe('Only for who may edit.'),
    sourceBytes: z.number().int().optional().describe('Only for who may edit.'),
    sourceSha256: z.string().optional().describe('Only for who may edit.'),
  })
  .meta({ id: 'Version', description: 'One version of an item’s media.' });

export const named = z
  .object({ id: z.string(), name: z.string() })
  .meta({ id: 'Named', description: 'Somebody or something an item refers to.' });

const rights = z
  .object({ holder: z.string().optional(), scope: z.string().optional(), until: day.optional() })
  .meta({ id: 'Rights', description: 'After `until` it is withdrawn by itself.' });

export const uses = z
  .object({
    views: z.number().int().describe('Viewers, each counted once a day.'),
    plays: z.number().int(),
    favourites: z.number().int(),
  })
  .meta({ id: 'Uses' });

export const courseware = z
  .object({
    id: coursewareId,
    number: z.number().int().describe('A running number, never given twice.'),
    code: z.string().nullable().describe('The office’s own; no two items have the same.'),
    title: z.string(),
    description: z.string(),
    kind: kindWord.nullable(),
    category: z.object({ code: z.string(), name: z.string() }).nullable(),
    series: z.string().nullable().describe('Its title.'),
    seriesId: z.string().nullable(),
    seriesPosition: z.number().int().nullable(),
    tags: z.array(z.string()),
    year: z.number().int().nullable(),
    origin: originWord.nullable(),
    dialect: z.string().nullable(),
    language: z.string().describe('BCP 47.'),
    region: named.extend({ code: z.string(), path: z.string() }).meta({ id: 'CoursewareRegion' }).nullable(),
    producer: named.nullable().describe('The unit that made it.'),
    presenters: z.array(named),
    audience: z.array(z.string()),
    trades: z.array(z.string()),
    months: z.array(z.number().int().min(1).max(12)).describe('Of the farming year.'),
    awards: z.array(z.string()),
    rights: rights.nullable(),
    extra: z.record(z.string(), z.string()),
    publication: publicationWord,
    current: version.nullable(),
    upcoming: version.nullable().describe('A newer version in the making; only for who may edit.'),
    posterUrl: z.string().nullable(),
    duration: z.number().nullable().describe('Seconds; as stated by its import while there is no media.'),
    uses,
    publishedAt: epochMs.nullable().describe('For the first time.'),
    createdAt: epochMs,
    updatedAt: epochMs,
    revision: z.number().int().describe('Also the ETag.'),
  })
  .meta({ id: 'Courseware', description: 'A courseware item (课件).' });

export const coursewarePage = z
  .object({ items: z.array(courseware), next: z.string().nullable().describe('Pass as `after`.') })
  .meta({ id: 'CoursewarePage' });

const title = z.string().min(1).max(200);
const name = z.string().min(1).max(100);
const names = z.array(name).max(50).optional();

const fields = {
  description: z.string().max(5000).optional(),
  series: name.nullable().optional().describe('Its title; a series of a new title is made.'),
  seriesPosition: z.number().int().min(1).max(1_000_000).nullable().optional(),
  tags: z.array(z.string().min(1).max(40)).max(50).optional().describe('Names or aliases; they must exist.'),
  code: z.string().min(1).max(60).nullable().optional(),
  kind: kindWord.nullable().optional(),
  category: z.string().min(1).max(40).nullable().optional().describe('Its code.'),
  year: z.number().int().min(1900).max(2200).nullable().optional(),
  origin: originWord.nullable().optional(),
  dialect: z.string().min(1).max(40).nullable().optional(),
  language: z.string().min(2).max(35).optional(),
  region: z.string().min(1).max(40).nullable().optional().describe('Its code or id.'),
  producer: name.nullable().optional().describe('The name of a unit; a new one is made.'),
  presenters: names.describe('Names; who is new is made.'),
  audience: names,
  trades: names,
  months: z.array(z.number().int().min(1).max(12)).max(12).optional(),
  awards: names,
  rights: z
    .strictObject({
      holder: z.string().min(1).max(200).optional(),
      scope: z.string().min(1).max(200).optional(),
      until: day.optional(),
    })
    .meta({ id: 'RightsInput' })
    .nullable()
    .optional(),
  extra: z.record(z.string().min(1).max(40), z.string().min(1).max(1000)).optional(),
  duration: z.number().positive().max(604_800).nullable().optional(),
};

export const coursewareInput = z.strictObject({ title, ...fields }).meta({ id: 'CoursewareInput' });

export const coursewarePatch = z.strictObject({ title: title.optional(), ...fields }).meta({
  id: 'CoursewarePatch',
  description: 'Absent fields stay, `null` empties one; `series: null` takes it out of its series.',
});

export const coursewareQuery = z.strictObject({
  text: z.string().max(200).optional().describe('In the title or description, literally.'),
  tag: z.string().max(40).optional().describe('That the item has.'),
  series: z.string().max(100).optional().describe('Title of the series the item is in.'),
  publication: publicationWord
    .optional()
    .describe('Who has not signed in gets `published` items, whatever is asked for.'),
  after: pageMark(200),
  limit: pageSize(20),
});

export const publicationInput = z
  .strictObject({ to: publicationWord, reason: z.string().max(500).optional() })
  .meta({ id: 'PublicationInput' });

/** Where a generation's multivariant playlist is served. */
export function playlistUrl(generation: GenerationId): string {
  return `/v/${generation}/index.m3u8`;
}

/** Where an object of a generation is served. */
export function objectUrl(generation: GenerationId, name: string): string {
  return `/v/${generation}/${name}`;
}

/** A version as the API shows it; what only concerns its producers is left out for everybody else. */
function versionOf(given: Version, isEditor: boolean): z.infer<typeof version> {
  return {
    number: given.number,
    production: given.production,
    ...(given.generation !== undefined && { generation: given.generation }),
    isPlayable: given.isPlayable,
    progress: given.progress,
    ...(given.duration !== undefined && { duration: given.duration }),
    warnings: isEditor ? [...given.warnings] : [],
    ...(isEditor && {
      ...(given.failure !== undefined && { failure: given.failure }),
      sourceName: given.sourceName,
      sourceBytes: given.sourceBytes,
      ...(given.sourceSha256 !== undefined && { sourceSha256: given.sourceSha256 }),
    }),
  };
}

function rightsOf({ holder, scope, until }: NonNullable<Courseware['rights']>): z.infer<typeof rights> {
  return {
    ...(holder !== undefined && { holder }),
    ...(scope !== undefined && { scope }),
    ...(until !== undefined && { until }),
  };
}

const orNull = <T>(value: T | undefined): T | null => value ?? null;

/** An item as the API shows it to somebody. */
export function coursewareOf(given: Courseware, principal: Principal): z.infer<typeof courseware> {
  const isEditor = principal.kind === 'admin';
  const { current, upcoming } = given;
  return {
    id: given.id,
    number: given.number,
    code: orNull(given.code),
    title: given.title,
    description: given.description,
    kind: orNull(given.kind),
    category: orNull(given.category),
    series: orNull(given.series),
    seriesId: orNull(given.seriesId),
    seriesPosition: orNull(given.seriesPosition),
    tags: [...given.tags],
    year: orNull(given.year),
    origin: orNull(given.origin),
    dialect: orNull(given.dialect),
    language: given.language,
    region: orNull(given.region),
    producer: orNull(given.producer),
    presenters: [...given.presenters],
    audience: [...given.audience],
    trades: [...given.trades],
    months: [...given.months],
    awards: [...given.awards],
    rights: given.rights === undefined ? null : rightsOf(given.rights),
    extra: given.extra,
    publication: given.publication,
    current: current === undefined ? null : versionOf(current, isEditor),
    upcoming: upcoming === undefined || !isEditor ? null : versionOf(upcoming, true),
    posterUrl:
      current?.generation === undefined || current.poster === undefined
        ? null
        : objectUrl(current.generation, current.poster),
    duration: orNull(given.duration),
    uses: given.uses,
    publishedAt: orNull(given.publishedAt),
    createdAt: given.createdAt,
    updatedAt: given.updatedAt,
    revision: given.revision,
  };
}
