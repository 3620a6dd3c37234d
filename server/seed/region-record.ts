/** A region as data: a piece of the administrative tree, valid for a time. */
export interface RegionRecord {
  /** The code, but for one whose code was given to another later: `<code>-1`. */
  readonly id: string;
  /** Of the national standard: 6 digits to the county, 9 to the town. */
  readonly code: string;
  readonly name: string;
  readonly level: 'city' | 'county' | 'town';
  /** The id of what it is part of; undefined for the root. */
  readonly parent?: string;
  /** The first day, `YYYY-MM-DD`; undefined when it was there before our records begin. */
  readonly from?: string;
  /** The first day on which it was no more; undefined while it is there. */
  readonly to?: string;
  /** The id of what most of it became part of. */
  readonly successor?: string;
}

const LINE =
  /^(?<code>\d{9}) (?<name>\S+)(?: (?<from>\d{4}-\d\d-\d\d)?\.\.(?<to>\d{4}-\d\d-\d\d)?)?(?: > (?<successor>\d{9}))?$/;

/**
 * Reads towns, one a line: `code name from..to > successor's code`, where dates and successor may be missing.
 *
 * @throws {Error} with the line that cannot be read
 */
export function townRecords(text: string): readonly RegionRecord[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const lastWithCode = new Map(lines.map((line, index) => [line.slice(0, 9), index]));
  return lines.map((line, index): RegionRecord => {
    const { code, name, from, to, successor } = LINE.exec(line.trim())?.groups ?? {};
    if (code === undefined || name === undefined) throw new Error(`This line is no town: ${line}`);
    return {
      id: lastWithCode.get(code) === index ? code : `${code}-1`,
      code,
      name,
      level: 'town',
      parent: code.slice(0, 6),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(successor !== undefined && { successor }),
    };
  });
}
