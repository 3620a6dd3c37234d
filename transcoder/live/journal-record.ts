import type { InputFacts } from './cut.ts';

/** A part that lies on the disk. */
export interface PartRecord {
  readonly kind: 'part';
  readonly rendition: string;
  readonly segment: number;
  readonly init: number;
  readonly durationMs: number;
  readonly isIndependent: boolean;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Of the part, on the class's time line and since 1970. */
  readonly startMs: number;
  readonly wallClockMs: number;
}

/** What happened besides parts. */
export type EventRecord =
  | {
      readonly kind: 'init';
      readonly rendition: string;
      readonly init: number;
      readonly sizeBytes: number;
      readonly facts: InputFacts;
    }
  | { readonly kind: 'close'; readonly rendition: string; readonly segment: number }
  /** A number of which nothing exists. */
  | {
      readonly kind: 'gap';
      readonly rendition: string;
      readonly segment: number;
      readonly init: number;
      readonly startMs: number;
      readonly wallClockMs: number;
      readonly durationMs: number;
    }
  /** Of a segment's parts only the first so many were found after a loss of power. */
  | { readonly kind: 'trim'; readonly rendition: string; readonly segment: number; readonly parts: number }
  /** A discontinuity before this segment. */
  | { readonly kind: 'break'; readonly segment: number }
  | { readonly kind: 'drop'; readonly rendition: string }
  | { readonly kind: 'end' };

/** One line of the journal. */
export type JournalRecord = PartRecord | EventRecord;

/** Writes a line; parts, of which there are many thousands, without the names of their fields. */
export function formatRecord(record: JournalRecord): string {
  if (record.kind !== 'part') return `${JSON.stringify(record)}\n`;
  const { rendition, segment, init, durationMs, isIndependent, offset, sizeBytes, startMs, wallClockMs } =
    record;
  const fields = [segment, init, durationMs, isIndependent ? 1 : 0, offset, sizeBytes, startMs, wallClockMs];
  return `${JSON.stringify([rendition, ...fields])}\n`;
}

/**
 * Reads a journal. A line that was torn by a crash or a full disk is left out: what it would have said was never told to
 * anybody, or is found again by the numbers.
 */
export function parseRecords(text: string): readonly JournalRecord[] {
  const lines = text.split('\n');
  // What follows the last line feed was not finished, even where it happens to parse.
  lines.pop();
  return lines.flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): JournalRecord | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(read)) {
    return typeof read === 'object' && read !== null && 'kind' in read ? (read as EventRecord) : undefined;
  }
  const [rendition, ...fields] = read as readonly unknown[];
  if (typeof rendition !== 'string' || fields.length !== 8 || !fields.every(Number.isFinite))
    return undefined;
  const [segment, init, durationMs, key, offset, sizeBytes, startMs, wallClockMs] = fields as PartFields;
  return {
    kind: 'part',
    rendition,
    segment,
    init,
    durationMs,
    isIndependent: key === 1,
    offset,
    sizeBytes,
    startMs,
    wallClockMs,
  };
}

type PartFields = [number, number, number, number, number, number, number, number];
