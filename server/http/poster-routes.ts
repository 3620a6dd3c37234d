import { z } from 'zod';

import type { ObjectStore } from '../../storage/index.ts';
import { choosePosterAt, generationPrefix, type JobStore } from '../../transcoder/index.ts';
import { actorName } from '../accounts/access.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { RequestError } from '../errors.ts';
import { route, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the choice of a poster needs of the rest. */
export interface PosterRoutesOptions {
  readonly catalogue: Catalogue;
  readonly jobs: JobStore;
  readonly store: ObjectStore;
  readonly scratchDir: string;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

const posterInput = z
  .strictObject({
    atSeconds: z.number().min(0).max(86_400).describe('The moment whose picture it shall be.'),
  })
  .meta({ id: 'PosterInput' });

/** The poster a producer chose instead of the measured one. It belongs to the version and goes with it. */
export function posterRoutes(options: PosterRoutesOptions): readonly Route[] {
  const { catalogue, jobs, store, scratchDir, stopping } = options;
  let last: Promise<unknown> = Promise.resolve();

  /** One at a time: this is the server's own processor, and playing goes first. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  return [
    route({
      method: 'PUT',
      path: '/api/v1/courseware/{id}/poster',
      action: 'courseware.edit',
      summary: 'Take a moment of the lecture for its poster',
      params: wire.idParams,
      body: posterInput,
      replies: { 200: { description: 'The item.', schema: wire.courseware } },
      refuses: ['not-found', 'not-playable-yet', 'tool-missing'],
      async handle({ params, body, principal }) {
        const { current } = await catalogue.get(params.id);
        const generation = current?.generation;
        if (generation === undefined || !(current?.isPlayable || current?.production === 'ready')) {
          throw new RequestError('not-playable-yet', `Courseware ${params.id} has nothing to show yet.`);
        }
        const prefix = generationPrefix(generation);
        const name = await inTurn(async () => {
          const source = { store, prefix, jobs: await jobs.list(generation), scratchDir, signal: stopping };
          return choosePosterAt(source, body.atSeconds);
        });
        if (name === undefined) {
          const message = `There is no picture at ${body.atSeconds} s; the lecture may be shorter, or sound alone.`;
          throw new RequestError('invalid-input', message, {
            problems: [{ path: 'body.atSeconds', message }],
          });
        }
        const item = await catalogue.as(actorName(principal)).setPoster(params.id, generation, name);
        return { status: 200, body: wire.coursewareOf(item, principal) };
      },
    }),
  ];
}
