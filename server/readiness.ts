import { statfs } from 'node:fs/promises';

import type { ObjectStore } from '../storage/index.ts';
import { openBox, type EncoderChoice, type SandboxPolicy } from '../transcoder/index.ts';
import type { Database } from './database/transaction.ts';

/** How one part of the server stands. */
export interface PartReport {
  readonly name: string;
  /** `degraded` parts do not take the server out of service. */
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly detail?: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** How the whole server stands. */
export interface ReadinessReport {
  readonly status: 'ready' | 'not-ready';
  readonly parts: readonly PartReport[];
}

/** What is looked at. */
export interface ReadinessOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly dataDir: string;
  readonly minFreeBytes: number;
  /** True when this process encodes. */
  readonly hasWorkers: boolean;
  readonly sandbox: SandboxPolicy;
  /** What was chosen at start-up; undefined when this process does not encode. */
  readonly encoder: EncoderChoice | undefined;
  /** Parts that know by themselves how they stand, such as the live ingest. */
  readonly others?: readonly (() => readonly PartReport[])[];
}

/** Whoever asks every second must not cost the store a write every second. */
const CACHED_MS = 5_000;

/** Tells whether the server can do its work; looks again after five seconds at the earliest. */
export class Readiness {
  readonly #options: ReadinessOptions;
  #state: 'starting' | 'running' | 'stopping' = 'starting';
  #latest: { readonly at: number; readonly parts: Promise<readonly PartReport[]> } | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** Says where the process stands in its life; it is ready only while `running`. */
  become(state: 'running' | 'stopping'): void {
    this.#state = state;
  }

  /** How every part stands. */
  async report(): Promise<ReadinessReport> {
    if (this.#latest === undefined || performance.now() - this.#latest.at > CACHED_MS) {
      this.#latest = { at: performance.now(), parts: this.#look() };
    }
    const others = (this.#options.others ?? []).flatMap((look) => look());
    const parts: PartReport[] = [this.#process(), ...(await this.#latest.parts), ...others];
    return { status: parts.some(({ status }) => status === 'failed') ? 'not-ready' : 'ready', parts };
  }

  #process(): PartReport {
    return this.#state === 'running'
      ? { name: 'process', status: 'ok' }
      : { name: 'process', status: 'failed', detail: this.#state };
  }

  async #look(): Promise<readonly PartReport[]> {
    const { database, store, encoder } = this.#options;
    const looked = await Promise.all([
      attempt('database', async () => {
        await database.write((transaction) => transaction.rows('SELECT 1 AS one'));
      }),
      attempt('store', () => store.check()),
      this.#disk(),
      this.#sandbox(),
    ]);
    return encoder === undefined ? looked : [...looked, encoderReport(encoder)];
  }

  async #disk(): Promise<PartReport> {
    const { dataDir, minFreeBytes } = this.#options;
    const disk = await statfs(dataDir);
    const free = disk.bavail * disk.bsize;
    return free >= minFreeBytes
      ? { name: 'disk', status: 'ok', detail: `${free} bytes free` }
      : {
          name: 'disk',
          status: 'failed',
          detail: `${free} bytes free, ${minFreeBytes} wanted`,
          advice: 'Free some space on the disk of the data folder, or lower YUANJIAO_MIN_FREE_BYTES.',
        };
  }

  async #sandbox(): Promise<PartReport> {
    const { hasWorkers, sandbox } = this.#options;
    if (!hasWorkers) return { name: 'sandbox', status: 'ok', detail: 'not needed: nothing is decoded here' };
    try {
      const { kind, weakness } = await openBox();
      if (weakness === undefined) return { name: 'sandbox', status: 'ok', detail: kind };
      const status = sandbox === 'required' ? 'failed' : 'degraded';
      return { name: 'sandbox', status, detail: kind, advice: weakness };
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      return { name: 'sandbox', status: 'failed', advice };
    }
  }
}

/** An encoder that was asked for by name and does not work costs processor time and no lecture. */
function encoderReport({ wish, profile, refusals }: EncoderChoice): PartReport {
  const [refusal] = refusals;
  if (wish === 'auto' || refusal === undefined) return { name: 'encoder', status: 'ok', detail: profile };
  return {
    name: 'encoder',
    status: 'degraded',
    detail: `${profile} instead of ${wish}: ${refusal.why}`,
    advice: `Mend the graphics driver and start again, or set YUANJIAO_ENCODER to ${profile}.`,
  };
}

async function attempt(name: string, look: () => Promise<void>): Promise<PartReport> {
  try {
    await look();
    return { name, status: 'ok' };
  } catch (error) {
    const { code } = error as { code?: unknown };
    return {
      name,
      status: 'failed',
      detail: typeof code === 'string' ? code : 'failed',
      advice: ADVICE[name] ?? 'See the log.',
    };
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  database: 'Check that the database runs and can be written; the log has its own words.',
  store:
    'Check that the object store runs, its address, its keys and its free space; the log has its own words.',
};
