/** One step of the schema, in plain SQL for each database. A step that was released is never changed again. */
export interface Migration {
  /** Sorts and names it: `0001-catalogue`. */
  readonly id: string;
  readonly sqlite: readonly string[];
  readonly postgres: readonly string[];
  /**
   * True for a step that copies and drops a table on SQLite. Foreign keys are then off while it runs, as SQLite's manual
   * wants it (dropping the table would else delete every row that refers to it), and all are checked before it counts.
   */
  readonly rebuildsTables?: true;
}
