import { z } from 'zod';

import { RequestError } from '../errors.ts';
import { TUS_METHODS, type TusDoor } from '../upload/tus-door.ts';
import { route, type Route } from './route.ts';

/** Where resumable uploads are mounted. */
export const UPLOAD_PATH = '/api/v1/uploads';

const DESCRIPTION =
  'tus 1.0.0 (creation, creation-with-upload, termination, expiration). Upload-Metadata: `courseware` (the item’s id), ' +
  '`filename`, and where possible `sha256` (hexadecimal), which is checked. With `true`, `includes1080p` adds that ' +
  'rendition, `includesFloor` keeps the lowest one with its sound under 400 kbit/s, and `keepsFullRate` keeps 50 or 60 pictures a second. ' +
  'An acknowledged byte is on disk. The reply to the last one means that the file is stored and the making is queued.';

const PLACE: Readonly<
  Record<(typeof TUS_METHODS)[number], { summary: string; status: number; onItem: boolean }>
> = {
  OPTIONS: { summary: 'What this server’s tus can do', status: 204, onItem: false },
  POST: { summary: 'Begin an upload', status: 201, onItem: false },
  HEAD: { summary: 'How many bytes of an upload are safe', status: 200, onItem: true },
  PATCH: { summary: 'Send the next bytes of an upload', status: 204, onItem: true },
  DELETE: { summary: 'Give an upload up', status: 204, onItem: true },
};

/** The verbs of the tus protocol; the library that speaks it sees a request only after the one access check. */
export function uploadRoutes(tus: TusDoor): readonly Route[] {
  return TUS_METHODS.map((method) => {
    const { summary, status, onItem } = PLACE[method];
    return route({
      method,
      path: onItem ? `${UPLOAD_PATH}/{id}` : UPLOAD_PATH,
      action: 'courseware.upload',
      summary,
      description: DESCRIPTION,
      ...(onItem && {
        params: z.object({
          id: z
            .string()
            .regex(/^[a-z0-9]{8,64}$/)
            .describe('Of the upload, as its address has it.'),
        }),
      }),
      headers: { 'Tus-Resumable': '1.0.0' },
      replies: { [status]: { description: 'As the protocol says.' } },
      refuses: [
        'upload-not-found',
        'upload-gone',
        'upload-busy',
        'upload-offset',
        'upload-invalid',
        'upload-empty',
        'upload-too-large',
        'digest-mismatch',
        'disk-full',
        'upload-failed',
      ],
      async handle({ request, response }) {
        // Express hands a router its own view of the address; the library needs the whole.
        const { originalUrl } = request as { originalUrl?: string };
        const url = originalUrl ?? request.url ?? '';
        if (method !== 'OPTIONS' && request.headers['tus-resumable'] !== '1.0.0') {
          throw new RequestError('malformed-request', 'Tus-Resumable must be 1.0.0.');
        }
        await tus.handle(request, response, url);
        return 'sent' as const;
      },
    });
  });
}
