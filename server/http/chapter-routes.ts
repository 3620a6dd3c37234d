import { z } from 'zod';

import { MAX_CHAPTERS } from '../../transcoder/index.ts';
import { actorName } from '../accounts/access.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { readChapterText, type ChapterFault } from '../catalogue/chapter-text.ts';
import { formatChapterTrack } from '../catalogue/chapter-track.ts';
import { RequestError } from '../errors.ts';
import { revisionOf } from './conditional.ts';
import { aboutCourseware, route, type Route } from './route.ts';
import * as wire from './wire.ts';

const text = z
  .string()
  .max(60_000)
  .describe('One chapter a line, such as `05:30 嫁接的时机`; many ways of writing are understood.');

const chapterList = z
  .object({
    chapters: z.array(wire.chapter),
    origin: z
      .enum(['producer', 'container', 'none'])
      .describe('Written by a person, or found in the uploaded file.'),
  })
  .meta({ id: 'ChapterList' });

const chapterInput = z
  .union([z.strictObject({ chapters: z.array(wire.chapter).max(MAX_CHAPTERS) }), z.strictObject({ text })])
  .meta({ id: 'ChapterInput', description: 'A list, or text as somebody would paste it.' });

const chapterCheck = z
  .object({
    chapters: z.array(wire.chapter),
    faults: z.array(
      z.object({
        line: z.number().int().describe('Counted from 1.'),
        code: z.enum([
          'no-time',
          'bad-time',
          'no-title',
          'title-too-long',
          'out-of-order',
          'beyond-end',
          'too-many',
        ]),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'ChapterCheck', description: 'What was understood of a pasted list, and what was not.' });

const IF_MATCH = { 'If-Match': 'The revision the change is based on, as in the ETag of the item.' };
const oneList = { description: 'The chapters.', schema: chapterList };

/** What an item is divided into: read by everybody who may watch it, written by its producers. */
export function chapterRoutes(catalogue: Catalogue): readonly Route[] {
  const subject = async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutCourseware(await catalogue.get(params.id));
  const durationOf = async (id: string): Promise<number | undefined> => {
    const { current, upcoming } = await catalogue.get(id);
    return (upcoming ?? current)?.duration;
  };

  return [
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/chapters',
      action: 'courseware.read',
      summary: 'Read the chapters of an item',
      params: wire.idParams,
      subject,
      replies: { 200: oneList },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: await catalogue.chapters(params.id) };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/courseware/{id}/chapters',
      action: 'courseware.edit',
      summary: 'Write the chapters of an item',
      description: 'An empty list shows none, also when the uploaded file has some.',
      params: wire.idParams,
      headers: IF_MATCH,
      body: chapterInput,
      replies: { 200: oneList },
      refuses: ['not-found', 'revision-mismatch'],
      async handle({ params, body, principal, request }) {
        const chapters =
          'chapters' in body ? body.chapters : takenFrom(body.text, await durationOf(params.id));
        const revision = revisionOf(request.headers['if-match']);
        await catalogue.as(actorName(principal)).setChapters(params.id, chapters, revision);
        return { status: 200, body: await catalogue.chapters(params.id) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/courseware/{id}/chapters',
      action: 'courseware.edit',
      summary: 'Go back to the chapters of the uploaded file, if it has any',
      params: wire.idParams,
      headers: IF_MATCH,
      replies: { 200: oneList },
      refuses: ['not-found', 'revision-mismatch'],
      async handle({ params, principal, request }) {
        const revision = revisionOf(request.headers['if-match']);
        await catalogue.as(actorName(principal)).setChapters(params.id, undefined, revision);
        return { status: 200, body: await catalogue.chapters(params.id) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/chapters/check',
      action: 'courseware.edit',
      summary: 'Tell what would be understood of a pasted list; nothing is changed',
      params: wire.idParams,
      body: z.strictObject({ text }).meta({ id: 'ChapterText' }),
      replies: { 200: { description: 'The reading.', schema: chapterCheck } },
      refuses: ['not-found'],
      async handle({ params, body }) {
        return { status: 200, body: readChapterText(body.text, await durationOf(params.id)) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/chapters.vtt',
      action: 'courseware.read',
      summary: 'The chapters of an item as a WebVTT track',
      params: wire.idParams,
      subject,
      replies: { 200: { description: 'The track.', contentType: 'text/vtt' } },
      refuses: ['not-found'],
      async handle({ params, request, response }) {
        const { chapters } = await catalogue.chapters(params.id);
        const duration = (await catalogue.get(params.id)).current?.duration ?? 0;
        const bytes = Buffer.from(formatChapterTrack(chapters, duration));
        response.writeHead(200, {
          'Content-Type': 'text/vtt; charset=utf-8',
          'Content-Length': bytes.length,
          'Cache-Control': 'no-store',
        });
        response.end(request.method === 'HEAD' ? undefined : bytes);
        return 'sent' as const;
      },
    }),
  ];
}

/** @throws {RequestError} `invalid-input`, naming every line that is wrong */
function takenFrom(
  given: string,
  duration: number | undefined,
): ReturnType<typeof readChapterText>['chapters'] {
  const { chapters, faults } = readChapterText(given, duration);
  if (faults.length === 0) return chapters;
  const problems = faults.map(({ line, code, text: words }: ChapterFault) => ({
    path: `body.text.${line}`,
    message: `line ${line}: ${code}: ${words}`,
  }));
  throw new RequestError('invalid-input', problems.map(({ message }) => message).join('; '), { problems });
}
