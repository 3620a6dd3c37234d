import type { Migration } from './migrations/migration.ts';
import type { Statements, Transaction } from './transaction.ts';

/**
 * Hears which items a transaction has touched, once and before it is committed: what it writes is kept with the rest or not at
 * all. What it throws ends the transaction.
 */
export type ChangeListener = (transaction: Transaction, ids: readonly string[]) => Promise<void>;

/** How a database is opened, with every default filled in. */
export interface DatabaseSettings {
  readonly log: ((sql: string) => void) | false;
  readonly busyTimeoutMs: number;
  readonly connections: number;
  readonly migrations: readonly Migration[];
  readonly onChange: ChangeListener | undefined;
}

/** Does `work` on the statements of an open transaction, and tells the listener what it touched. */
export async function carryOut<T>(
  statements: Statements,
  { onChange }: DatabaseSettings,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const touched = new Set<string>();
  const transaction: Transaction = {
    kind: 'transaction',
    ...statements,
    touch: (id) => {
      touched.add(id);
    },
  };
  const result = await work(transaction);
  if (onChange !== undefined && touched.size > 0) {
    await onChange(transaction, [...touched]);
  }
  return result;
}
