import type { Metrics } from '../metrics.ts';
import type { Readiness } from '../readiness.ts';
import { route, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the routes for whoever runs the server need of the rest. */
export interface OperationsRoutesOptions {
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly describeApi: () => unknown;
}

/** Health, figures, and the description of the API. */
export function operationsRoutes(options: OperationsRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/alive',
      action: 'service.see-health',
      summary: 'Whether the process answers',
      replies: { 200: { description: 'It does.', contentType: 'text/plain' } },
      handle({ response }) {
        response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end('alive\n');
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/ready',
      action: 'service.see-health',
      summary: 'Whether every part works, and what to do where not',
      replies: {
        200: { description: 'All works.', schema: wire.readiness },
        503: { description: 'Something does not; send nobody here.', schema: wire.readiness },
      },
      async handle() {
        const body = await options.readiness.report();
        return { status: body.status === 'ready' ? 200 : 503, body };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      action: 'service.see-metrics',
      summary: 'Figures for Prometheus',
      replies: { 200: { description: 'Text.', contentType: 'text/plain' } },
      async handle({ response }) {
        const { contentType, text } = await options.metrics.render();
        response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(text);
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/openapi.json',
      action: 'service.read-api-description',
      summary: 'This description (OpenAPI 3.1)',
      replies: { 200: { description: 'The document.', contentType: 'application/json' } },
      handle: () => ({ status: 200, body: options.describeApi() }),
    }),
  ];
}
