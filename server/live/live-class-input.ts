import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { lineOf, longTextOf } from '../catalogue/courseware-text.ts';
import {
  LIVE_LADDER_NAMES,
  LIVE_LATENCIES,
  LIVE_SOURCES,
  type LiveClass,
  type LiveLadderName,
  type LiveLatency,
  type LiveSource,
} from './live-class.ts';
import { momentOf } from './moment.ts';

/** What people write about a class; absent fields stay, `null` empties one. */
export interface LiveClassFields {
  /** 1 to 200 characters. */
  readonly title?: string;
  /** At most 5,000 characters. */
  readonly description?: string;
  /** At most 10 names. */
  readonly lecturers?: readonly string[];
  readonly hostUnit?: string | null;
  readonly channel?: string | null;
  /** For whom it is meant, at most 20 words. */
  readonly audience?: readonly string[];
  /** At most 20. */
  readonly tags?: readonly string[];
  /** ISO 8601; without a zone it is Chinese time. */
  readonly plannedStart?: string;
  readonly plannedEnd?: string;
  /** Default `rtmp`. */
  readonly source?: LiveSource;
  /** The item that a `simulive` class plays. */
  readonly coursewareId?: string | null;
  /** Default `480p-360p`. */
  readonly ladder?: LiveLadderName;
  /** Default `low`. */
  readonly latency?: LiveLatency;
  /** Default true. */
  readonly records?: boolean;
  /** Default true. */
  readonly asksQuestions?: boolean;
  /** Default true. */
  readonly wantsReceipt?: boolean;
  /** 5 to 3,600; default 120. */
  readonly graceSeconds?: number;
  /** 0 to 480; default 30. */
  readonly overrunMinutes?: number;
  readonly slateText?: string | null;
  readonly announcement?: string | null;
}

/** A field that people write. */
export type LiveClassField = keyof LiveClassFields;

/** How a value is kept. */
export type StoredValue = string | number | null;

/** A checked value, with its column. */
export interface CheckedField {
  readonly field: LiveClassField;
  readonly column: string;
  readonly value: StoredValue;
}

/** Longest class; a longer one is two. */
export const LONGEST_CLASS_MS = 24 * 3_600_000;

const list = (given: readonly string[], field: string, most: number, longest: number): string => {
  if (given.length > most) {
    throw new CatalogueError('invalid-input', `The ${field} may be ${most} at most; got ${given.length}`, {
      field,
    });
  }
  return JSON.stringify([...new Set(given.map((one) => lineOf(one, field, longest)))]);
};

function wordOf<Word extends string>(given: Word, words: readonly Word[], field: string): Word {
  if (words.includes(given)) return given;
  throw new CatalogueError(
    'invalid-input',
    `The ${field} must be one of ${words.join(', ')}; got ${JSON.stringify(given)}`,
    { field },
  );
}

function wholeOf(given: number, field: string, least: number, most: number): number {
  if (Number.isInteger(given) && given >= least && given <= most) return given;
  throw new CatalogueError(
    'invalid-input',
    `The ${field} must be a whole number from ${least} to ${most}; got ${given}`,
    { field },
  );
}

interface FieldRule {
  readonly column: string;
  check(given: never): StoredValue;
  /** May be emptied. */
  readonly isOptional?: true;
}

const RULES: { readonly [Field in LiveClassField]: FieldRule } = {
  title: { column: 'title', check: (given: string) => lineOf(given, 'title', 200) },
  description: { column: 'description', check: (given: string) => longTextOf(given, 'description', 5000) },
  lecturers: { column: 'lecturers', check: (given: readonly string[]) => list(given, 'lecturers', 10, 100) },
  hostUnit: {
    column: 'host_unit',
    check: (given: string) => lineOf(given, 'hostUnit', 100),
    isOptional: true,
  },
  channel: { column: 'channel', check: (given: string) => lineOf(given, 'channel', 100), isOptional: true },
  audience: { column: 'audience', check: (given: readonly string[]) => list(given, 'audience', 20, 100) },
  tags: { column: 'tags', check: (given: readonly string[]) => list(given, 'tags', 20, 40) },
  plannedStart: { column: 'planned_start', check: (given: string) => momentOf(given, 'plannedStart') },
  plannedEnd: { column: 'planned_end', check: (given: string) => momentOf(given, 'plannedEnd') },
  source: { column: 'source', check: (given: LiveSource) => wordOf(given, LIVE_SOURCES, 'source') },
  coursewareId: {
    column: 'courseware_id',
    check: (given: string) => lineOf(given, 'coursewareId', 40),
    isOptional: true,
  },
  ladder: { column: 'ladder', check: (given: LiveLadderName) => wordOf(given, LIVE_LADDER_NAMES, 'ladder') },
  latency: { column: 'latency', check: (given: LiveLatency) => wordOf(given, LIVE_LATENCIES, 'latency') },
  records: { column: 'records', check: Number },
  asksQuestions: { column: 'asks_questions', check: Number },
  wantsReceipt: { column: 'wants_receipt', check: Number },
  graceSeconds: {
    column: 'grace_seconds',
    check: (given: number) => wholeOf(given, 'graceSeconds', 5, 3600),
  },
  overrunMinutes: {
    column: 'overrun_minutes',
    check: (given: number) => wholeOf(given, 'overrunMinutes', 0, 480),
  },
  slateText: {
    column: 'slate_text',
    check: (given: string) => lineOf(given, 'slateText', 200),
    isOptional: true,
  },
  announcement: {
    column: 'announcement',
    check: (given: string) => longTextOf(given, 'announcement', 2000) || null,
    isOptional: true,
  },
};

/** What a class is when nothing else is said. */
export const LIVE_CLASS_DEFAULTS = {
  description: '',
  lecturers: [],
  hostUnit: null,
  channel: null,
  audience: [],
  tags: [],
  source: 'rtmp',
  coursewareId: null,
  ladder: '480p-360p',
  latency: 'low',
  records: true,
  asksQuestions: true,
  wantsReceipt: true,
  graceSeconds: 120,
  overrunMinutes: 30,
  slateText: null,
  announcement: null,
} as const satisfies LiveClassFields;

/**
 * The given fields, cleaned, each with its column.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function checkedFields(given: LiveClassFields): readonly CheckedField[] {
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]) => {
      const field = name as LiveClassField;
      const rule = RULES[field] as FieldRule | undefined;
      if (rule === undefined)
        throw new CatalogueError('invalid-input', `A class has no ${name}`, { field: name });
      if (value === null && rule.isOptional !== true) {
        throw new CatalogueError('invalid-input', `The ${name} cannot be left out`, { field: name });
      }
      return {
        field,
        column: rule.column,
        value: value === null ? null : (rule.check as (given: unknown) => StoredValue)(value),
      };
    });
}

/** What a class has in a field already, in the words of {@link CheckedField.value}. */
export function storedValue(given: LiveClass, field: LiveClassField): StoredValue {
  const value = given[field];
  if (value === undefined) return null;
  if (field === 'plannedStart' || field === 'plannedEnd') return Date.parse(value as string);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** A value as the history shows it. */
export function shownValue(field: LiveClassField, value: StoredValue): string | undefined {
  if (value === null) return undefined;
  if (field === 'plannedStart' || field === 'plannedEnd') return new Date(value).toISOString();
  if (field === 'lecturers' || field === 'audience' || field === 'tags') {
    return (JSON.parse(String(value)) as string[]).join('、');
  }
  return String(value);
}

/** @throws {CatalogueError} `invalid-input` when it would end before it begins, or last longer than a day */
export function refuseBackwards(startMs: number, endMs: number): void {
  if (endMs <= startMs) {
    throw new CatalogueError('invalid-input', 'A class must end after it begins', { field: 'plannedEnd' });
  }
  if (endMs - startMs > LONGEST_CLASS_MS) {
    throw new CatalogueError('invalid-input', 'A class may last 24 hours at most; make it two', {
      field: 'plannedEnd',
    });
  }
}
