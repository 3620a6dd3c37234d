import { z } from 'zod';

import { MAX_CAPTION_BYTES } from '../../transcoder/index.ts';
import { actorName } from '../accounts/access.ts';
import type { CaptionDesk } from '../captions/caption-desk.ts';
import type { Captions } from '../catalogue/caption-rows.ts';
import { route, type Reply, type Route } from './route.ts';
import { idParams } from './wire.ts';

const language = z
  .string()
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/)
  .max(20)
  .describe('BCP 47, such as `zh-Hans`. An item has one set of captions in a language.');
const captionParams = idParams.extend({ language });

const label = z.string().min(1).max(40);
const kind = z.enum(['subtitles', 'captions']);
const offsetMs = z.coerce.number().int().min(-86_400_000).max(86_400_000);
const stretch = z.coerce.number().min(0.5).max(2);

const captionQuery = z.strictObject({
  fileName: z.string().min(1).max(200).describe('As its producer knows it.'),
  label: label.optional().describe('What the viewer reads; the language’s own name by default.'),
  kind: kind.optional().describe('`captions` also tell what is heard, for the deaf. Default `subtitles`.'),
  offsetMs: offsetMs.optional().describe('Added to every time; negative for captions that come too late.'),
  stretch: stretch.optional().describe('Every time is multiplied by it first, such as by 25 / 23.976.'),
});

const captionPatch = z
  .strictObject({
    label: label.optional(),
    kind: kind.optional(),
    offsetMs: z.number().int().min(-86_400_000).max(86_400_000).optional(),
    stretch: z.number().min(0.5).max(2).optional(),
  })
  .meta({ id: 'CaptionsPatch', description: 'Absent fields stay.' });

const captions = z
  .object({
    language,
    label,
    kind,
    origin: z.enum(['uploaded', 'embedded']).describe('Handed in, or found in the media.'),
    fileName: z.string(),
    fileBytes: z.number().int(),
    format: z.enum(['srt', 'ass', 'webvtt']),
    charset: z.enum(['UTF-8', 'UTF-16LE', 'UTF-16BE', 'GB18030', 'Big5', 'windows-1252']),
    cueCount: z.number().int(),
    offsetMs: z.number().int(),
    stretch: z.number(),
    problems: z
      .array(
        z.object({
          line: z.number().int().describe('Line of the file, from 1.'),
          code: z.string(),
          message: z.string().describe('Chinese: what is wrong and what to do.'),
          isLeftOut: z.boolean().describe('Whether the caption is missing on the screen.'),
        }),
      )
      .describe('At most 200.'),
    changedAt: z.number().int().describe('Epoch milliseconds.'),
  })
  .meta({ id: 'Captions', description: 'Captions of an item in one language.' });

const captionPage = z.object({ items: z.array(captions) }).meta({ id: 'CaptionsPage' });

const oneSet = { description: 'The captions.', schema: captions };

/** What viewers read along with a lecture: handed in, corrected, taken away; at any time, and without making the media again. */
export function captionRoutes(desk: CaptionDesk): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/captions',
      action: 'courseware.edit',
      summary: 'List an item’s captions',
      params: idParams,
      replies: { 200: { description: 'Chinese first, then by language.', schema: captionPage } },
      refuses: ['not-found'],
      async handle({ params }) {
        const items = await desk.list(params.id);
        return { status: 200, body: { items: items.map(wireOf) } };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/courseware/{id}/captions/{language}',
      action: 'courseware.edit',
      summary: 'Hand in captions, or replace those of the language',
      description:
        'Viewers have them a moment later, also of a lecture that is published or still being made. What is wrong in the ' +
        'file is told line by line; what can be read is taken.',
      params: captionParams,
      query: captionQuery,
      file: {
        description:
          'SRT, ASS, SSA or WebVTT in UTF-8, UTF-16, GB18030 or Big5; both are told by its content.',
        limitBytes: MAX_CAPTION_BYTES,
      },
      replies: { 200: oneSet },
      refuses: ['not-found', 'captions-unusable'],
      async handle({ params, query, bytes, principal }) {
        const input = { ...withoutUndefined(query), fileName: query.fileName, bytes };
        const kept = await desk.put(actorName(principal), params.id, params.language, input);
        return { status: 200, body: wireOf(kept) };
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/courseware/{id}/captions/{language}',
      action: 'courseware.edit',
      summary: 'Correct the times of captions, or what they are called',
      params: captionParams,
      body: captionPatch,
      replies: { 200: oneSet },
      refuses: ['not-found'],
      async handle({ params, body, principal }) {
        const patch = withoutUndefined(body);
        const changed = await desk.change(actorName(principal), params.id, params.language, patch);
        return { status: 200, body: wireOf(changed) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/courseware/{id}/captions/{language}',
      action: 'courseware.edit',
      summary: 'Take captions away',
      params: captionParams,
      replies: { 204: { description: 'They are gone.' } },
      refuses: ['not-found'],
      async handle({ params, principal }) {
        await desk.remove(actorName(principal), params.id, params.language);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/captions/{language}/original',
      action: 'courseware.edit',
      summary: 'The caption file as it was handed in',
      params: captionParams,
      replies: { 200: { description: 'The file.', contentType: 'application/octet-stream' } },
      refuses: ['not-found'],
      async handle({ params, response }): Promise<Reply> {
        const { captions: kept, bytes } = await desk.original(params.id, params.language);
        response.writeHead(200, {
          'Content-Type': 'application/octet-stream',
          'Content-Length': bytes.length,
          'Content-Disposition': attachment(kept),
          'Cache-Control': 'no-store',
        });
        response.end(bytes);
        return 'sent';
      },
    }),
  ];
}

function wireOf(kept: Captions): z.infer<typeof captions> {
  return {
    language: kept.language,
    label: kept.label,
    kind: kept.kind,
    origin: kept.origin,
    fileName: kept.fileName,
    fileBytes: kept.fileBytes,
    format: kept.format,
    charset: kept.charset,
    cueCount: kept.cueCount,
    offsetMs: kept.offsetMs,
    stretch: kept.stretch,
    problems: kept.problems.map((problem) => ({ ...problem })),
    changedAt: kept.changedAt,
  };
}

const EXTENSIONS = { srt: 'srt', ass: 'ass', webvtt: 'vtt' } as const;

/** RFC 6266: a name of plain letters for all, and the real one in UTF-8. */
function attachment({ fileName, language: tag, format, origin }: Captions): string {
  const plain = `captions-${tag}.${EXTENSIONS[format]}`;
  const name = origin === 'embedded' ? plain : fileName.replace(/[\p{Cc}/\\]/gu, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}
