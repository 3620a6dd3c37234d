import type { Statements } from '../database/transaction.ts';

/** A region with its time and its place in the succession. */
export interface TimedRegion {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly level: string;
  readonly parentId: string | undefined;
  /** First and last day, `YYYY-MM-DD`; without one, since or for as long as anybody knows. */
  readonly validFrom: string | undefined;
  readonly validTo: string | undefined;
  readonly successorId: string | undefined;
}

/** All regions of all times, to be asked who stood where on a day. */
export class RegionSuccession {
  readonly #byId: ReadonlyMap<string, TimedRegion>;
  readonly #predecessors: ReadonlyMap<string, readonly TimedRegion[]>;

  constructor(regions: readonly TimedRegion[]) {
    this.#byId = new Map(regions.map((region) => [region.id, region]));
    const predecessors = new Map<string, TimedRegion[]>();
    for (const region of regions) {
      if (region.successorId === undefined) continue;
      predecessors.set(region.successorId, [...(predecessors.get(region.successorId) ?? []), region]);
    }
    this.#predecessors = predecessors;
  }

  /** @throws {DatabaseError} */
  static async read(statements: Statements): Promise<RegionSuccession> {
    const rows = await statements.rows<{
      id: string;
      code: string;
      name: string;
      level: string;
      parent_id: string | null;
      valid_from: string | null;
      valid_to: string | null;
      successor_id: string | null;
    }>(
      'SELECT id, code, name, level, parent_id, valid_from, valid_to, successor_id FROM region ORDER BY code, id',
    );
    return new RegionSuccession(
      rows.map((row) => ({
        id: row.id,
        code: row.code,
        name: row.name,
        level: row.level,
        parentId: row.parent_id ?? undefined,
        validFrom: row.valid_from ?? undefined,
        validTo: row.valid_to ?? undefined,
        successorId: row.successor_id ?? undefined,
      })),
    );
  }

  /** The regions of a level on a day, by code. */
  valid(level: string, day: string): readonly TimedRegion[] {
    return [...this.#byId.values()].filter((region) => region.level === level && isValid(region, day));
  }

  /**
   * Who holds a region's ground on a day: itself while it is there, later what it became part of, earlier those that became part
   * of it. A report of a past year thereby prints the names of that year, and one of today the names of today.
   *
   * @param day - `YYYY-MM-DD`
   */
  at(id: string, day: string): readonly TimedRegion[] {
    const region = this.#byId.get(id);
    if (region === undefined) return [];
    if (isValid(region, day)) return [region];
    if (region.validTo !== undefined && region.validTo < day) {
      return region.successorId === undefined ? [] : this.at(region.successorId, day);
    }
    return (this.#predecessors.get(id) ?? []).flatMap((before) => this.at(before.id, day));
  }

  /** The region of a level above a region, or that region itself, on a day; the first where its ground was divided. */
  above(id: string, level: string, day: string): TimedRegion | undefined {
    for (
      let [region] = this.at(id, day);
      region !== undefined;
      [region] = this.at(region.parentId ?? '', day)
    ) {
      if (region.level === level) return region;
    }
    return undefined;
  }
}

function isValid({ validFrom, validTo }: TimedRegion, day: string): boolean {
  return (validFrom ?? '') <= day && (validTo === undefined || validTo >= day);
}
