import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Broadcast } from 'yuanjiao/live';
import { AccountError, openLog } from 'yuanjiao/server';

import { HttpFront } from '../../server/http/http-front.ts';
import { LiveDelivery } from '../../server/http/live-delivery.ts';
import { BroadcastShelf } from '../../server/live/broadcast-shelf.ts';
import { createMetrics } from '../../server/metrics.ts';

/** A listening origin with one broadcast on its shelf. */
export interface LiveSite {
  /** Such as `http://127.0.0.1:40123`. */
  readonly base: string;
  /** Where the broadcast's addresses begin. */
  readonly live: string;
  readonly broadcast: Broadcast;
  readonly shelf: BroadcastShelf;
  /** The figures, in Prometheus' form. */
  figures(): Promise<string>;
  /** What went wrong by the server's own fault. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

export const LIVE_TOKEN = 'abcdefgh2345';

/** Whoever sends `Authorization: Bearer admin` is the administrator. */
export async function startLiveSite(options: { readonly stallMs?: number } = {}): Promise<LiveSite> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-live-site-'));
  const broadcast = await Broadcast.open({ folder, token: LIVE_TOKEN });
  const shelf = new BroadcastShelf();
  shelf.put(broadcast, true);
  const metrics = createMetrics({ liveWaiting: () => shelf.waiting });
  const failures: unknown[] = [];
  const delivery = new LiveDelivery({
    shelf,
    metrics,
    cacheBytes: 2 ** 24,
    ...options,
    admit: async (request) => {
      if (request.headers.authorization !== 'Bearer admin') {
        throw new AccountError('unauthenticated', 'Sign in first.');
      }
    },
  });
  const elsewhere = (_: unknown, response: { end(text: string): unknown }): void => {
    response.end('somebody else');
  };
  const front = new HttpFront({
    deliver: elsewhere,
    live: { takes: (url) => LiveDelivery.takes(url), handle: (...both) => delivery.handle(...both) },
    app: elsewhere,
    log: openLog({ level: 'silent' }),
    metrics,
    onFailure: (error) => failures.push(error),
  });
  const { port } = await front.listen('127.0.0.1', 0);
  const base = `http://127.0.0.1:${port}`;
  return {
    base,
    live: `${base}/live/${LIVE_TOKEN}`,
    broadcast,
    shelf,
    failures,
    figures: async () => (await metrics.render()).text,
    async close() {
      await broadcast.close();
      await front.stop(2000);
      await rm(folder, { recursive: true });
    },
  };
}
