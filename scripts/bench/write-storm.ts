import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openDatabase } from 'yuanjiao/server';

import { Latency } from './latency.ts';

/**
 * Begins 400 transactions at once on SQLite, each of which reads a number and writes it back one larger, while somebody reads all the
 * time: how many succeed, in how many seconds, whether the number is right, and how long a read takes meanwhile. With a number, as
 * many transactions.
 */
export async function run(transactions = '400'): Promise<object> {
  const count = Number(transactions);
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-bench-'));
  const database = await openDatabase(`sqlite:${join(folder, 'storm.db')}`);
  try {
    await database.migrate();
    await database.write((transaction) =>
      transaction.rows("INSERT INTO running_number (subject, last) VALUES ('storm', 0)"),
    );
    const reads = new Latency();
    const over = new AbortController();
    const reading = (async () => {
      while (!over.signal.aborted) {
        await reads.take(() =>
          database.read((statements) =>
            statements.rows("SELECT last FROM running_number WHERE subject = 'storm'"),
          ),
        );
        await delay(1);
      }
    })();
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, () =>
        database.write(async (transaction) => {
          const [row] = await transaction.rows<{ last: number }>(
            "SELECT last FROM running_number WHERE subject = 'storm'",
          );
          await transaction.rows(
            "UPDATE running_number SET last = $1 WHERE subject = 'storm'",
            (row?.last ?? 0) + 1,
          );
        }),
      ),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    over.abort();
    await reading;
    const [after] = await database.read((statements) =>
      statements.rows<{ last: number }>("SELECT last FROM running_number WHERE subject = 'storm'"),
    );
    const { p50_ms, p99_ms, max_ms } = reads.figures();
    return {
      transactions: count,
      succeeded: outcomes.filter(({ status }) => status === 'fulfilled').length,
      counter: after?.last,
      seconds: Math.round(seconds * 1000) / 1000,
      read_p50_ms: p50_ms,
      read_p99_ms: p99_ms,
      read_max_ms: max_ms,
    };
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
