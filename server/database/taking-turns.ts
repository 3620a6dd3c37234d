import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError, type DatabasePlace } from './database-error.ts';

/** Lets one caller in at a time, in the order they came. */
export function turnstile(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Runs `work` again while another process is in its way, without holding a thread in the meantime. */
export async function patiently<T>(
  deadlineMs: number,
  isWorthWaiting: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthWaiting(error) || performance.now() > deadline) {
        throw error;
      }
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

/**
 * Refuses a transaction begun inside another one of the same database: on SQLite it would wait for its own end for ever,
 * on PostgreSQL it would not belong to the outer one.
 */
export function refuseNesting(place: DatabasePlace): <T>(work: () => Promise<T>) => Promise<T> {
  const running = new AsyncLocalStorage<{ isOver: boolean }>();
  return async (work) => {
    if (running.getStore()?.isOver === false) {
      throw new DatabaseError(
        'statement-failed',
        `Database ${place.shown}: a transaction was begun inside another one; hand the outer one on instead`,
      );
    }
    const self = { isOver: false };
    try {
      return await running.run(self, work);
    } finally {
      self.isOver = true;
    }
  };
}

/** @throws {DatabaseError} `database-closed` */
export function refuseWhenClosed(isClosed: boolean, place: DatabasePlace): void {
  if (isClosed) {
    throw new DatabaseError('database-closed', `Database ${place.shown} was used after it had been closed`);
  }
}
