import type { ServerResponse } from 'node:http';

import {
  generationStatus,
  type GenerationId,
  type GenerationStatus,
  type JobStore,
} from '../../transcoder/index.ts';
import { actorName } from '../accounts/access.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { RequestError } from '../errors.ts';
import { reprocessCourseware } from '../reprocessing.ts';
import { eventText, STILL_HERE, streamEvents } from './event-stream.ts';
import { route, type Route } from './route.ts';
import { newestVersion, type ProductionReport, type ProductionWatch } from './production-watch.ts';
import * as wire from './wire.ts';

/** What the routes about the making of media need of the rest. */
export interface ProductionRoutesOptions {
  readonly catalogue: Catalogue;
  readonly jobs: JobStore;
  readonly watch: ProductionWatch;
  /** Called when there is work for a transcoder. */
  readonly onWork: () => void;
  /** Aborted when the server stops: streams end then. */
  readonly stopping: AbortSignal;
}

/** Shorter than any proxy's patience with a silent connection. */
const HEARTBEAT_MS = 15_000;

const oneReport = { description: 'How it stands.', schema: wire.production };

/** How the making of an item's media stands, and its stop and second start. */
export function productionRoutes(options: ProductionRoutesOptions): readonly Route[] {
  const { catalogue, jobs, watch } = options;
  const report = async (id: string): Promise<ProductionReport> => watch.report(await catalogue.get(id));
  const newestMaking = async (
    id: string,
  ): Promise<{ readonly generation: GenerationId; readonly stage: GenerationStatus['stage'] }> => {
    const generation = newestVersion(await catalogue.get(id))?.generation;
    if (generation === undefined) throw nothingInProduction(id);
    return { generation, stage: generationStatus(await jobs.list(generation)).stage };
  };

  return [
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/production',
      action: 'production.read',
      summary: 'How the making of the newest version stands',
      params: wire.idParams,
      replies: { 200: oneReport },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: await report(params.id) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/courseware/{id}/production/events',
      action: 'production.read',
      summary: 'The same as server-sent events',
      description: 'One event `production` at once and one after each change; its data is a Production.',
      params: wire.idParams,
      replies: { 200: { description: 'A stream without end.', contentType: 'text/event-stream' } },
      refuses: ['not-found'],
      async handle({ params, response }) {
        const first = await report(params.id);
        await streamReports(response, first, () => report(params.id), options.stopping);
        return 'sent' as const;
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/production/cancel',
      action: 'production.control',
      summary: 'Stop the making of the newest version',
      params: wire.idParams,
      replies: { 200: oneReport },
      refuses: ['not-found', 'conflict', 'nothing-in-production'],
      async handle({ params }) {
        const { generation, stage } = await newestMaking(params.id);
        if (stage !== 'probing' && stage !== 'transcoding') throw nothingInProduction(params.id);
        if (await catalogue.isShared(generation, params.id)) {
          throw new CatalogueError(
            'conflict',
            `What courseware ${params.id} waits for is being made for another item too, which has the same file; ` +
              'remove this item if it is not wanted',
          );
        }
        await jobs.cancel(generation);
        return { status: 200, body: await report(params.id) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/production/retry',
      action: 'production.control',
      summary: 'Take up a making that failed or was canceled; what is done stays done',
      params: wire.idParams,
      replies: { 200: oneReport },
      refuses: ['not-found', 'nothing-in-production'],
      async handle({ params }) {
        const { generation, stage } = await newestMaking(params.id);
        if (stage !== 'failed' && stage !== 'canceled') {
          throw new RequestError(
            'nothing-in-production',
            `Nothing of courseware ${params.id} has failed or was canceled.`,
          );
        }
        await jobs.retry(generation);
        options.onWork();
        return { status: 200, body: await report(params.id) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/production/reprocess',
      action: 'production.control',
      summary: 'Make the renditions again from the same source, with another ladder where one is given',
      description:
        'What is on the air stays there until the new making is ready, whatever becomes of it; then new viewers get the new ' +
        'one, and those who are watching keep the old one to its end.',
      params: wire.idParams,
      body: wire.ladderInput,
      replies: { 200: oneReport },
      refuses: ['not-found', 'conflict', 'nothing-in-production'],
      async handle({ params, body, principal }) {
        await reprocessCourseware({ catalogue: catalogue.as(actorName(principal)), jobs }, params.id, body);
        options.onWork();
        return { status: 200, body: await report(params.id) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/production/discard',
      action: 'production.control',
      summary: 'Give up a newer version that failed or was canceled',
      params: wire.idParams,
      replies: { 200: oneReport },
      refuses: ['not-found', 'conflict'],
      async handle({ params, principal }) {
        await catalogue.as(actorName(principal)).discardUpcoming(params.id);
        return { status: 200, body: await report(params.id) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/courseware/{id}/production/urgency',
      action: 'production.control',
      summary: 'Let the making of the newest version go before all others, or no more',
      params: wire.idParams,
      body: wire.urgencyInput,
      replies: { 200: oneReport },
      refuses: ['not-found', 'nothing-in-production'],
      async handle({ params, body }) {
        const { generation } = await newestMaking(params.id);
        await jobs.hasten(generation, body.isUrgent);
        return { status: 200, body: await report(params.id) };
      },
    }),
  ];
}

function nothingInProduction(id: string): RequestError {
  return new RequestError('nothing-in-production', `Nothing of courseware ${id} is being made.`);
}

async function streamReports(
  response: ServerResponse,
  first: ProductionReport,
  look: () => Promise<ProductionReport>,
  stopping: AbortSignal,
): Promise<void> {
  let told = '';
  let spokenAt = 0;
  let known: ProductionReport | undefined = first;
  await streamEvents(response, stopping, async () => {
    const text = JSON.stringify(known ?? (await look()));
    known = undefined;
    const now = performance.now();
    const isNews = text !== told;
    if (!isNews && now - spokenAt <= HEARTBEAT_MS) return [];
    told = text;
    spokenAt = now;
    return [isNews ? eventText('production', text) : STILL_HERE];
  });
}
