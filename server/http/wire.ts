import { z } from 'zod';

import { actorName, type Principal } from '../accounts/access.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { PackageDownload } from '../../transcoder/index.ts';
import { downloadFileName } from './content-disposition.ts';
import { coursewareId, epochMs, failure, productionWord } from './courseware-wire.ts';

/** The shapes of everything the API sends and takes; what is described is what is checked. */

export * from './courseware-wire.ts';

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
    slides: z
      .array(
        z.object({
          start: z.number().describe('Seconds.'),
          title: z.string().optional(),
          imageUrl: z.string().optional().describe('Absent where the slide was taken off the screen.'),
        }),
      )
      .optional()
      .describe('Of the recording of a live class: which slide stood beside the picture from when on.'),
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
