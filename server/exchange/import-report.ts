import { exampleNotes, type CellProblem } from './table-rows.ts';

/** What an import does to one row's item. */
export interface RowEffect {
  /** From 1, as spreadsheets number them. */
  readonly row: number;
  readonly effect: 'added' | 'changed';
  readonly code: string | undefined;
  readonly title: string;
  /** The headings of the columns that change. */
  readonly columns: readonly string[];
}

/** What an import did, or would do. */
export interface ImportReport {
  /** What was read: `工作表“课件”`, `GB18030，逗号分隔`. */
  readonly source: string;
  /** Rows that describe an item. */
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  /** How many problems there are; any keeps the whole table out. */
  readonly problemCount: number;
  /** The first of them, row by row. */
  readonly problems: readonly CellProblem[];
  readonly notes: readonly string[];
  /** The first rows that add or change something. */
  readonly effects: readonly RowEffect[];
  /** Whether the catalogue has it now: false of a trial, and where there are problems. */
  readonly isDone: boolean;
}

/** Problems that are told one by one; whoever has more should first mend these. */
export const MAX_SHOWN_PROBLEMS = 500;
/** Effects that are told one by one. */
export const MAX_SHOWN_EFFECTS = 100;

/** Counts while a table is gone through, piece by piece. */
export class ReportBuilder {
  readonly #source: string;
  readonly #problems = new Map<string, CellProblem>();
  readonly #effects: RowEffect[] = [];
  readonly #counts = { added: 0, changed: 0, same: 0 };

  #rows = 0;
  #examples = 0;

  constructor(source: string, problems: readonly CellProblem[]) {
    this.#source = source;
    for (const problem of problems) this.addProblem(problem);
  }

  get hasProblems(): boolean {
    return this.#problems.size > 0;
  }

  /** The first problem of a cell counts: what follows from it is no problem of its own. */
  addProblem(problem: CellProblem): void {
    if (!this.#problems.has(problem.cell)) this.#problems.set(problem.cell, problem);
  }

  addEffect(effect: RowEffect): void {
    this.#counts[effect.effect] += 1;
    if (this.#effects.length < MAX_SHOWN_EFFECTS) this.#effects.push(effect);
  }

  /** A row that describes an item, or is an example. */
  addRow(isExample: boolean): void {
    if (isExample) this.#examples += 1;
    else this.#rows += 1;
  }

  addSame(): void {
    this.#counts.same += 1;
  }

  build(isDone: boolean): ImportReport {
    const sorted = [...this.#problems.values()].toSorted((a, b) => a.row - b.row);
    return {
      source: this.#source,
      rows: this.#rows,
      ...this.#counts,
      problemCount: sorted.length,
      problems: sorted.slice(0, MAX_SHOWN_PROBLEMS),
      notes: exampleNotes(this.#examples),
      effects: this.#effects,
      isDone,
    };
  }
}
