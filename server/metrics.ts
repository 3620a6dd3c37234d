import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

import type { IngestFigures } from './live/ingest/ingest.ts';

/** What a request was for; the label of the request counters. */
export type RouteClass =
  | 'playlist'
  | 'media'
  | 'live-playlist'
  | 'live-media'
  | 'live-state'
  | 'download'
  | 'api'
  | 'upload'
  | 'page'
  | 'operations'
  | 'unknown';

/** The server's own figures, in Prometheus' text form at `/metrics`. One set per server, none global. */
export interface Metrics {
  /** Counts an answered request; cheap enough for every segment. */
  answered(kind: RouteClass, status: number, bytes: number): void;
  /** Time from a request to its last byte; not measured for media, whose time is that of the reader's line. */
  readonly requestSeconds: Histogram<'class'>;
  readonly cache: Counter<'outcome'>;
  readonly cacheBytes: Gauge;
  readonly transfers: Gauge;
  readonly stalledReaders: Counter;
  readonly refusedBusy: Counter;
  /** Live playlists that were asked for and could not be given. */
  readonly liveUnanswered: Counter<'why'>;
  readonly liveWaiting: Gauge;
  readonly storeErrors: Counter<'code'>;
  readonly uploadBytes: Counter;
  readonly uploadsInFlight: Gauge;
  readonly uploadsFinished: Counter<'outcome'>;
  readonly signInFailures: Counter;
  readonly supersededObjects: Counter;
  readonly supersededBytes: Counter;
  /** The text, with the content type it is served with. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Reads figures that live elsewhere, when somebody asks for them. */
export interface MetricsSources {
  /** Jobs by state, and the age in seconds of the oldest job that is due and waiting. */
  readonly jobs?: () => Promise<{
    readonly byState: Readonly<Record<string, number>>;
    readonly oldestSeconds: number;
  }>;
  readonly cacheBytes?: () => number;
  /** Files on their way to whoever downloads them. */
  readonly transfers?: () => number;
  /** Requests of live players that are parked until something comes. */
  readonly liveWaiting?: () => number;
  /** Undefined where no live streams are taken. */
  readonly ingest?: () => IngestFigures | undefined;
}

/** Makes a fresh set of figures. */
export function createMetrics(sources: MetricsSources = {}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'yuanjiao_' });
  const registers = [registry];
  const named = (name: string, help: string) => ({ name: `yuanjiao_${name}`, help, registers });

  const jobs = new Gauge({ ...named('jobs', 'Jobs by state.'), labelNames: ['state'] });
  const queueAge = new Gauge(named('job_queue_age_seconds', 'How long the oldest due job has waited.'));
  const requests = new Counter({
    ...named('http_requests_total', 'Answered requests.'),
    labelNames: ['class', 'status'],
  });
  const bytesSent = new Counter({
    ...named('http_sent_bytes_total', 'Bytes of answers sent.'),
    labelNames: ['class'],
  });
  let showIngest: ((figures: IngestFigures) => void) | undefined;
  const tally = new Tally();
  const metrics = {
    requestSeconds: new Histogram({
      ...named('http_request_seconds', 'Time from a request to its last byte.'),
      labelNames: ['class'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    }),
    cache: new Counter({
      ...named('delivery_cache_total', 'Look-ups in the segment cache.'),
      labelNames: ['outcome'] as const,
    }),
    cacheBytes: new Gauge({
      ...named('delivery_cache_bytes', 'Bytes held by the segment cache.'),
      collect() {
        this.set(sources.cacheBytes?.() ?? 0);
      },
    }),
    transfers: new Gauge({
      ...named('downloads_in_flight', 'Files on their way to whoever downloads them.'),
      collect() {
        this.set(sources.transfers?.() ?? 0);
      },
    }),
    stalledReaders: new Counter(
      named('delivery_stalled_total', 'Readers cut off after a minute without progress.'),
    ),
    refusedBusy: new Counter(named('delivery_refused_total', 'Requests answered 503 to keep within memory.')),
    liveUnanswered: new Counter({
      ...named('live_unanswered_total', 'Live playlists asked for and not given.'),
      labelNames: ['why'] as const,
    }),
    liveWaiting: new Gauge({
      ...named('live_waiting', 'Requests parked until the next part of a live class comes.'),
      collect() {
        this.set(sources.liveWaiting?.() ?? 0);
      },
    }),
    storeErrors: new Counter({
      ...named('store_errors_total', 'Errors of the object store.'),
      labelNames: ['code'] as const,
    }),
    uploadBytes: new Counter(named('upload_received_bytes_total', 'Bytes of uploads safely on disk.')),
    uploadsInFlight: new Gauge(named('uploads_in_flight', 'Upload requests whose bytes are arriving.')),
    uploadsFinished: new Counter({
      ...named('uploads_finished_total', 'Uploads that came to an end.'),
      labelNames: ['outcome'] as const,
    }),
    signInFailures: new Counter(named('sign_in_failures_total', 'Refused sign-ins.')),
    supersededObjects: new Counter(
      named('superseded_objects_total', 'Objects of replaced makings that were removed from the store.'),
    ),
    supersededBytes: new Counter(
      named('superseded_bytes_total', 'Bytes of replaced makings that were removed from the store.'),
    ),
  };
  return {
    ...metrics,
    answered: (kind: RouteClass, status: number, bytes: number) => tally.add(kind, status, bytes),
    async render() {
      for (const { kind, status, count, bytes } of tally.take()) {
        requests.inc({ class: kind, status: String(status) }, count);
        bytesSent.inc({ class: kind }, bytes);
      }
      const found = await sources.jobs?.();
      for (const [state, count] of Object.entries(found?.byState ?? {})) jobs.set({ state }, count);
      queueAge.set(found?.oldestSeconds ?? 0);
      const figures = sources.ingest?.();
      if (figures !== undefined) (showIngest ??= ingestFigures(registers))(figures);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** The live ingest counts by itself, in another process; its totals are shown as they are. */
function ingestFigures(registers: Registry[]): (figures: IngestFigures) => void {
  const named = (name: string, help: string) => ({ name: `yuanjiao_live_${name}`, help, registers });
  const publishers = new Gauge(named('publishers', 'Encoders that publish.'));
  const connections = new Gauge(named('connections', 'Connections to the live ingest.'));
  const received = new Counter(named('received_bytes_total', 'Bytes received by the live ingest.'));
  const restarts = new Counter(
    named('ingest_restarts_total', 'Times the ingest process died and was started.'),
  );
  const refused = new Counter({
    ...named('refused_total', 'Connections turned away by the live ingest.'),
    labelNames: ['why'],
  });
  return (figures) => {
    publishers.set(figures.publishers);
    connections.set(figures.connections);
    for (const counter of [received, restarts, refused]) counter.reset();
    received.inc(figures.receivedBytes);
    restarts.inc(figures.restarts);
    for (const [why, count] of Object.entries(figures.refused)) refused.inc({ why }, count);
  };
}

interface TallyEntry {
  readonly kind: RouteClass;
  readonly status: number;
  count: number;
  bytes: number;
}

/** Adds up between two looks at the figures: the library hashes its labels anew at each count. */
class Tally {
  #entries = new Map<string, TallyEntry>();

  add(kind: RouteClass, status: number, bytes: number): void {
    const name = `${kind} ${status}`;
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      this.#entries.set(name, { kind, status, count: 1, bytes });
    } else {
      entry.count += 1;
      entry.bytes += bytes;
    }
  }

  take(): Iterable<TallyEntry> {
    const taken = this.#entries;
    this.#entries = new Map();
    return taken.values();
  }
}
