import { z } from 'zod';

import type { GenerationId } from '../../transcoder/index.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import { RequestError } from '../errors.ts';
import { attachment, downloadFileName } from './content-disposition.ts';
import type { Downloads } from './downloads.ts';
import { aboutCourseware, route, type Reply, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the routes about files to take along need of the rest. */
export interface DownloadRoutesOptions {
  readonly catalogue: Catalogue;
  readonly downloads: Downloads;
}

const fileParams = wire.idParams.extend({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,60}\.(mp4|m4a)$/)
    .describe('As the list of downloads has it.'),
});

/** What can be taken along of a lecture: MP4 files of every size, and the list of its objects for a mirror. */
export function downloadRoutes({ catalogue, downloads }: DownloadRoutesOptions): readonly Route[] {
  const subject = async ({ params }: { readonly params: { readonly id: string } }) =>
    aboutCourseware(await catalogue.get(params.id));

  return [
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/downloads',
      action: 'courseware.play',
      summary: 'What can be downloaded of an item',
      description: 'Files of every rendition, with their exact sizes, and the package for a mirror.',
      params: wire.idParams,
      subject,
      replies: { 200: { description: 'The files.', schema: wire.downloadPage } },
      refuses: ['not-found', 'not-complete-yet'],
      async handle({ params }) {
        const item = await catalogue.get(params.id);
        const generation = completeGeneration(item);
        const { list, sha256, sizeBytes } = await downloads.packageOf(generation);
        return {
          status: 200,
          body: {
            items: list.downloads.map((download) => wire.downloadOf(item, download)),
            duration: list.duration,
            package: {
              url: `/v/${generation}/objects.json`,
              sha256,
              sizeBytes,
              objectCount: list.objects.length,
              totalBytes: list.objects.reduce((sum, object) => sum + object.sizeBytes, sizeBytes),
            },
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/downloads/{name}',
      action: 'courseware.play',
      summary: 'Download a file of an item',
      description:
        'The address stays when the item is made anew; `If-Range` with the ETag goes on with a broken-off file only while it is the same.',
      params: fileParams,
      subject,
      headers: {
        Range: 'One range of bytes, also a suffix.',
        'If-Range': 'The ETag of what is there already.',
      },
      replies: {
        200: { description: 'The file.', contentType: 'video/mp4' },
        206: { description: 'The range.', contentType: 'video/mp4' },
        304: { description: 'It has not changed.' },
        416: { description: 'The range lies behind its end.' },
      },
      refuses: ['not-found', 'no-such-address', 'not-complete-yet', 'busy'],
      async handle({ params, request, response }): Promise<Reply> {
        const item = await catalogue.get(params.id);
        await downloads.send({
          request,
          response,
          generation: completeGeneration(item),
          name: params.name,
          disposition: (download) =>
            attachment(`${item.id}-${download.name}`, downloadFileName(item.title, download)),
          isPublic: item.publication === 'published',
        });
        return 'sent';
      },
    }),
  ];
}

/** @throws {RequestError} `not-complete-yet` */
function completeGeneration({ id, current }: Courseware): GenerationId {
  if (current?.generation === undefined || current.production !== 'ready') {
    throw new RequestError('not-complete-yet', `Courseware ${id} is not complete yet.`, {
      retryAfterSeconds: 30,
    });
  }
  return current.generation;
}
