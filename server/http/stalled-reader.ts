import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Metrics } from '../metrics.ts';

/** Cuts a reader off, and counts it, when nothing of the answer was taken for `stallMs`. */
export function cutOffWhenStalled(
  request: IncomingMessage,
  response: ServerResponse,
  stallMs: number,
  metrics: Metrics,
): void {
  response.setTimeout(stallMs, () => {
    metrics.stalledReaders.inc();
    request.socket.destroy();
  });
}
