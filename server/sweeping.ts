import type { Log } from './log.ts';

/** Something that is tidied now and then. */
export interface Sweep {
  /** Finishes the sentence "could not be tidied: …". */
  readonly what: string;
  /** Tidies once; may end early when aborted. */
  run(signal: AbortSignal): Promise<unknown>;
}

const EVERY_MS = 60_000;

/** Sweeps at once and every minute, one after the other. What fails is logged and tried again the next time. */
export function sweepEveryMinute(sweeps: readonly Sweep[], log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const round = async (): Promise<void> => {
    for (const sweep of sweeps) {
      if (stopping.signal.aborted) return;
      await sweep.run(stopping.signal).catch((error: unknown) => {
        log.warn({ error }, `could not be tidied: ${sweep.what}`);
      });
    }
  };
  // Not waited for: what was left complete may be gigabytes, and the halls want to watch meanwhile.
  let current = round();
  const timer = setInterval(() => {
    current = current.then(round);
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await current;
    },
  };
}
