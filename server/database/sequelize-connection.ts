import { QueryTypes, Sequelize, Transaction as SequelizeTransaction, type Options } from 'sequelize';
import { databaseErrorOf, type DatabasePlace } from './database-error.ts';
import type { Dialect, DialectWords, SqlValue, Statements } from './transaction.ts';

/** How to connect, with the driver that is to be used. */
export type ConnectionOptions = Options & { readonly dialect: Dialect; readonly dialectModule: object };

/** A way to one database, or a pool of them, over one driver. Everything it throws is a `DatabaseError`. */
export interface SqlConnection {
  readonly statements: Statements;
  /** Runs `work` in a transaction on a connection of its own; what it throws comes out as it is. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const WORDS: Readonly<Record<Dialect, DialectWords>> = {
  sqlite: {
    now: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
    forUpdate: '',
    skipLocked: '',
    like: 'LIKE',
  },
  postgres: {
    now: 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)',
    forUpdate: ' FOR UPDATE',
    skipLocked: ' FOR UPDATE SKIP LOCKED',
    like: 'ILIKE',
  },
};

function statementsOf(
  dialect: Dialect,
  sequelize: Sequelize,
  place: DatabasePlace,
  transaction?: SequelizeTransaction,
): Statements {
  return {
    dialect,
    words: WORDS[dialect],
    rows: async <Row extends object>(sql: string, ...values: readonly SqlValue[]): Promise<Row[]> => {
      // Sequelize throws away the rows of a statement that starts with "insert into" on SQLite.
      const text = dialect === 'sqlite' ? `/**/ ${sql}` : sql;
      try {
        return await sequelize.query<Row>(text, {
          type: QueryTypes.SELECT,
          raw: true,
          ...(values.length > 0 && { bind: values.map((value) => value ?? null) }),
          ...(transaction && { transaction }),
        });
      } catch (error) {
        throw databaseErrorOf(error, place);
      }
    },
  };
}

/** Opens no connection yet; the first statement does. */
export function sequelizeConnection(options: ConnectionOptions, place: DatabasePlace): SqlConnection {
  // Its own retrying would run a statement again that we think has failed.
  const sequelize = new Sequelize({ ...options, retry: { max: 1 } });
  const { dialect } = options;
  return {
    statements: statementsOf(dialect, sequelize, place),
    async transaction(work) {
      let thrown: { readonly error: unknown } | undefined;
      try {
        return await sequelize.transaction(
          { isolationLevel: SequelizeTransaction.ISOLATION_LEVELS.READ_COMMITTED },
          async (open) => {
            try {
              return await work(statementsOf(dialect, sequelize, place, open));
            } catch (error) {
              thrown = { error };
              throw error;
            }
          },
        );
      } catch (error) {
        throw thrown === undefined ? databaseErrorOf(error, place) : thrown.error;
      }
    },
    close: () => sequelize.close(),
  };
}
