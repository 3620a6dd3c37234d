import type { Database } from '../database/transaction.ts';

/** How much work there is. */
export interface JobCounts {
  readonly byState: Readonly<Record<string, number>>;
  /** How long the oldest job that could be done now has waited. */
  readonly oldestSeconds: number;
}

/** Counts the jobs by state. */
export function countJobs(database: Database): Promise<JobCounts> {
  return database.read(async (statements) => {
    const { now } = statements.words;
    const states = await statements.rows<{ state: string; jobs: number | string }>(
      'SELECT state, COUNT(*) AS jobs FROM job GROUP BY state',
    );
    const [waiting] = await statements.rows<{ waited: number | string | null }>(
      `SELECT MAX(${now} - run_at) AS waited FROM job WHERE state = 'queued' AND run_at <= ${now}`,
    );
    const byState: Record<string, number> = { queued: 0, active: 0, done: 0, dead: 0, canceled: 0 };
    for (const { state, jobs } of states) byState[state] = Number(jobs);
    return { byState, oldestSeconds: Number(waiting?.waited ?? 0) / 1000 };
  });
}
