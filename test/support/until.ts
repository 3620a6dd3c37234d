import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `look` gives something; fails with `what` when the deadline passes first. How soon it comes is nothing a test says: the
 * deadline is for what never comes, and far beyond what a loaded machine takes.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await delay(20);
  }
}
