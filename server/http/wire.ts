import { z } from 'zod';

import { actorName, type Principal } from '../accounts/access.ts';
import type { Courseware, Version } from '../catalogue/courseware.ts';
import type { GenerationId, PackageDownload } from '../../transcoder/index.ts';
import { downloadFileName } from './content-disposition.ts';

/** The shapes of everything the API sends and takes; what is described is what is checked. */

const epochMs = z.number().int().describe('Epoch milliseconds.');

export const productionWord = z
  .enum(['none', 'uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'failed'])
  .meta({ id: 'ProductionState' });
export const publicationWord = z
  .enum(['draft', 'submitted', 'in_review', 'returned', 'approved', 'published', 'suspended', 'withdrawn'])
  .meta({ id: 'PublicationState' });

export const coursewareId = z.string().regex(/^[a-z0-9-]{1,40}$/);
export const idParams = z.strictObject({ id: coursewareId });

const failure = z
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

export const courseware = z
  .object({
    id: coursewareId,
    title: z.string(),
    description: z.string(),
    series: z.string().nullable(),
    tags: z.array(z.string()),
    publication: publicationWord,
    current: version.nullable(),
    upcoming: version.nullable().describe('A newer version in the making; only for who may edit.'),
    posterUrl: z.string().nullable(),
    createdAt: epochMs,
    updatedAt: epochMs,
    revision: z.number().int().describe('Also the ETag.'),
  })
  .meta({ id: 'Courseware', description: 'A courseware item (课件).' });

export const coursewarePage = z
  .object({ items: z.array(courseware), next: z.string().nullable().describe('Pass as `after`.') })
  .meta({ id: 'CoursewarePage' });

const title = z.string().min(1).max(200);
const description = z.string().max(5000);
const series = z.string().min(1).max(100);
const tags = z.array(z.string().min(1).max(40)).max(50);

export const coursewareInput = z
  .strictObject({
    title,
    description: description.optional(),
    series: series.nullable().optional(),
    tags: tags.optional(),
  })
  .meta({ id: 'CoursewareInput' });

export const coursewarePatch = z
  .strictObject({
    title: title.optional(),
    description: description.optional(),
    series: series.nullable().optional(),
    tags: tags.optional(),
  })
  .meta({
    id: 'CoursewarePatch',
    description: 'Absent fields stay; `series: null` takes it out of its series.',
  });

export const coursewareQuery = z.strictObject({
  text: z.string().max(200).optional().describe('In the title or description, literally.'),
  tag: z.string().max(40).optional(),
  series: z.string().max(100).optional(),
  publication: publicationWord.optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
});

export const publicationInput = z
  .strictObject({ to: publicationWord, reason: z.string().max(500).optional() })
  .meta({ id: 'PublicationInput' });

export const chapter = z
  .strictObject({ start: z.number().min(0).describe('Seconds.'), title: z.string().min(1).max(100) })
  .meta({ id: 'Chapter', description: 'It lasts until the next one begins.' });

export const playback = z
  .object({
    coursewareId,
    title: z.string(),
    playlistUrl: z.string(),
    extent: z.enum(['growing', 'complete']),
    duration: z.number().describe('Seconds of the whole lecture.'),
    captions: z.array(z.object({ language: z.string(), label: z.string(), url: z.string() })),
    chapters: z.array(chapter),
    storyboardUrl: z
      .string()
      .optional()
      .describe('WebVTT whose cues name small pictures (`sheet.jpg#xywh=…`); absent for sound alone.'),
  })
  .meta({ id: 'PlaybackDescriptor', description: 'All that a player needs.' });

const download = z
  .object({
    name: z.string(),
    url: z.string().describe('Stays the same when the item is made anew.'),
    fileName: z.string().describe('The name it is saved under.'),
    rendition: z.string(),
    layout: z
      .enum(['fast-start', 'fragmented'])
      .describe('`fast-start` plays from a USB stick on every television box; `fragmented` is for programs.'),
    contentType: z.string(),
    sizeBytes: z.number().int().describe('Exact.'),
    width: z.number().int().optional().describe('Of the picture; absent for sound alone.'),
    height: z.number().int().optional(),
    sound: z.string().optional().describe('What its sound is called, where an item has several.'),
  })
  .meta({ id: 'Download', description: 'A file of picture and sound, or of sound alone.' });

export const downloadPage = z
  .object({
    items: z.array(download),
    duration: z.number().describe('Seconds.'),
    package: z
      .object({
        url: z.string().describe('The list of all objects, each with its size and SHA-256.'),
        sha256: z.string().describe('Of the list itself.'),
        sizeBytes: z.number().int().describe('Of the list itself.'),
        objectCount: z.number().int(),
        totalBytes: z.number().int().describe('Of all objects and the list.'),
      })
      .describe('For whoever mirrors the whole item.'),
  })
  .meta({ id: 'Downloads' });

const ladderOptions = z
  .object({ includes1080p: z.boolean(), includesFloor: z.boolean(), keepsFullRate: z.boolean() })
  .meta({ id: 'LadderOptions', description: 'What was asked of the renditions.' });

export const production = z
  .object({
    state: z.enum([...productionWord.options, 'canceled']),
    progress: z.number().min(0).max(1).describe('Never goes back while the same making is under way.'),
    isPlayable: z.boolean(),
    isWaiting: z.boolean().describe('True while no worker is at it, because all are busy or none runs.'),
    isUrgent: z.boolean().describe('True when it goes before all that is not.'),
    ladder: ladderOptions.optional(),
    duration: z.number().optional().describe('Seconds; absent until known.'),
    remainingSeconds: z
      .number()
      .int()
      .optional()
      .describe('An estimate from the pace of the last two minutes; absent until there is one.'),
    failure: failure
      .extend({ job: z.string().optional().describe('The part that failed, one of `jobs`.') })
      .meta({ id: 'ProductionFailure' })
      .optional(),
    warnings: z.array(z.string()),
    sound: z
      .array(
        z.object({
          name: z.string().describe('Its folder beside the playlist.'),
          label: z.string().describe('As viewers read it.'),
          language: z.string().optional().describe('BCP 47.'),
          channels: z.number().int().describe('After mixing.'),
          mix: z.enum(['mono', 'both', 'left', 'right', 'inverted', 'centre']),
          loudness: z.number().describe('LUFS, before correction.'),
          loudnessRange: z.number().describe('LU, before correction.'),
          truePeak: z.number().describe('dBTP, before correction.'),
          method: z.enum(['none', 'gain', 'limiter', 'leveller']),
          gain: z.number().describe('dB; of a levelled track, after the levelling.'),
        }),
      )
      .describe('The sound tracks heard so far, the default first.'),
    jobs: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['prepare', 'track', 'span', 'pictures', 'captions', 'publish']),
        state: z.enum(['queued', 'active', 'done', 'dead', 'canceled']),
        attempts: z.number().int(),
        progress: z.number(),
        failure: failure.optional(),
      }),
    ),
  })
  .meta({ id: 'Production', description: 'How the making of the newest version stands.' });

export const ladderInput = z
  .strictObject({
    includes1080p: z.boolean().optional(),
    includesFloor: z.boolean().optional(),
    keepsFullRate: z.boolean().optional(),
  })
  .meta({ id: 'LadderInput', description: 'Which renditions to make; what is absent stays as it was.' });

export const urgencyInput = z.strictObject({ isUrgent: z.boolean() }).meta({ id: 'UrgencyInput' });

export const historyPage = z
  .object({
    items: z.array(
      z.object({
        at: epochMs,
        actor: z.string(),
        revision: z.number().int(),
        field: z.string(),
        before: z.string().optional(),
        after: z.string().optional(),
        reason: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'History' });

export const tagPage = z
  .object({ items: z.array(z.object({ name: z.string(), uses: z.number().int() })) })
  .meta({ id: 'Tags' });
export const tagInput = z.strictObject({ name: z.string().min(1).max(40) }).meta({ id: 'TagInput' });

export const signInInput = z.strictObject({ password: z.string().min(1).max(1024) }).meta({ id: 'SignIn' });
export const me = z
  .object({
    kind: z.enum(['anonymous', 'admin']),
    name: z.string(),
    via: z.enum(['session', 'token']).optional(),
  })
  .meta({ id: 'Me', description: 'Who is asking.' });

const token = z
  .object({ id: z.string(), name: z.string(), createdAt: epochMs, lastUsedAt: epochMs.optional() })
  .meta({ id: 'ApiToken' });
export const tokenPage = z.object({ items: z.array(token) }).meta({ id: 'ApiTokens' });
export const tokenInput = z.strictObject({ name: z.string().min(1).max(100) }).meta({ id: 'ApiTokenInput' });
export const newToken = z
  .object({ ...token.shape, token: z.string().describe('Shown this once.') })
  .meta({ id: 'NewApiToken' });

export const readiness = z
  .object({
    status: z.enum(['ready', 'not-ready']),
    parts: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['ok', 'degraded', 'failed']),
        detail: z.string().optional(),
        advice: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().describe('Chinese; for the person in front of the screen.'),
    reason: z.string().optional().describe('For whoever writes a client.'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    near: z.array(z.string()).optional().describe('What may have been meant.'),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

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

/** An item as the API shows it to somebody. */
export function coursewareOf(given: Courseware, principal: Principal): z.infer<typeof courseware> {
  const isEditor = principal.kind === 'admin';
  const { current, upcoming } = given;
  return {
    id: given.id,
    title: given.title,
    description: given.description,
    series: given.series ?? null,
    tags: [...given.tags],
    publication: given.publication,
    current: current === undefined ? null : versionOf(current, isEditor),
    upcoming: upcoming === undefined || !isEditor ? null : versionOf(upcoming, true),
    posterUrl:
      current?.generation === undefined || current.poster === undefined
        ? null
        : objectUrl(current.generation, current.poster),
    createdAt: given.createdAt,
    updatedAt: given.updatedAt,
    revision: given.revision,
  };
}

/** A file as the API offers it. */
export function downloadOf(
  { id, title }: Pick<Courseware, 'id' | 'title'>,
  given: PackageDownload,
): z.infer<typeof download> {
  const { tracks: _, ...rest } = given;
  return {
    ...rest,
    url: `/api/v1/courseware/${id}/downloads/${given.name}`,
    fileName: downloadFileName(title, given),
  };
}

/** Somebody as the API names them. */
export function meOf(principal: Principal): z.infer<typeof me> {
  return {
    kind: principal.kind,
    name: actorName(principal),
    ...(principal.kind === 'admin' && { via: principal.via }),
  };
}
