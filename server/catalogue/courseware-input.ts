import { CatalogueError } from './catalogue-error.ts';
import { dayOf, descriptionOf, lineOf, seriesOf, tagNameOf, titleOf } from './courseware-text.ts';
import {
  COURSEWARE_KINDS,
  COURSEWARE_ORIGINS,
  type CoursewareKind,
  type CoursewareOrigin,
} from './courseware.ts';

/** What people write about an item. What is absent stays or is empty; `null` empties a field. */
export interface CoursewareFields {
  /** At most 5,000 characters. Default empty. */
  readonly description?: string;
  /** The title of a series, 1 to 100 characters; made when there is none of it. */
  readonly series?: string | null;
  /** Its place there, from 1; the end when the item is put into the series without one. */
  readonly seriesPosition?: number | null;
  /** Names or aliases of tags that exist. */
  readonly tags?: readonly string[];
  /** 1 to 60 characters; no other item may have it. */
  readonly code?: string | null;
  readonly kind?: CoursewareKind | null;
  /** The code of a category that exists. */
  readonly category?: string | null;
  /** 1900 to 2200. */
  readonly year?: number | null;
  readonly origin?: CoursewareOrigin | null;
  /** 1 to 40 characters. */
  readonly dialect?: string | null;
  /** BCP 47. Default `zh-CN`. */
  readonly language?: string;
  /** The code or id of a region that exists. */
  readonly region?: string | null;
  /** The name of a unit; made when there is none of it. */
  readonly producer?: string | null;
  /** Names; who is new is made. */
  readonly presenters?: readonly string[];
  readonly audience?: readonly string[];
  readonly trades?: readonly string[];
  /** 1 to 12. */
  readonly months?: readonly number[];
  readonly awards?: readonly string[];
  readonly rights?: RightsInput | null;
  /** At most 50 fields; names to 40 characters, values to 1,000. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Seconds; kept until the media itself says how long it is, which counts from then on. */
  readonly duration?: number | null;
}

/** Rights as they are given; they replace those before as a whole. */
export interface RightsInput {
  readonly holder?: string;
  readonly scope?: string;
  /** The last day it may be shown, `YYYY-MM-DD`. */
  readonly until?: string;
}

/** A new item; tags must exist. */
export interface CoursewareInput extends CoursewareFields {
  /** 1 to 200 characters on one line, kept as given; HTML in it is text. */
  readonly title: string;
}

/** What to change of an item; absent fields stay, `series: null` takes it out of its series. */
export interface CoursewarePatch extends CoursewareFields {
  readonly title?: string;
}

const MAX_NAMES = 50;

function refused(field: string, why: string): CatalogueError {
  return new CatalogueError('invalid-input', `The ${field} ${why}`, { field });
}

function namesOf(names: readonly string[], field: string, atMost = 100): readonly string[] {
  const clean = [...new Set(names.map((name) => lineOf(name, field, atMost)))];
  if (clean.length > MAX_NAMES) throw refused(field, `may have ${MAX_NAMES} entries at most`);
  return clean;
}

function wholeNumberOf(value: number, field: string, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw refused(field, `must be a whole number from ${from} to ${to}; got ${value}`);
}

function wordOf<Word extends string>(value: Word, words: readonly Word[], field: string): Word {
  if (words.includes(value)) return value;
  throw refused(field, `must be one of ${words.join(', ')}; got ${JSON.stringify(value)}`);
}

function durationOf(value: number): number {
  if (value > 0 && value <= 604_800) return value;
  throw refused('duration', `must be more than 0 and at most 604,800 seconds; got ${value}`);
}

function languageOf(value: string): string {
  const isTag = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/.test(value);
  const [canonical] = isTag ? Intl.getCanonicalLocales(value) : [];
  if (canonical !== undefined) return canonical;
  throw refused('language', `must be a language tag like zh-CN; got ${JSON.stringify(value.slice(0, 40))}`);
}

function rightsOf({ holder, scope, until }: RightsInput): RightsInput {
  return {
    ...(holder !== undefined && { holder: lineOf(holder, 'rights.holder', 200) }),
    ...(scope !== undefined && { scope: lineOf(scope, 'rights.scope', 200) }),
    ...(until !== undefined && { until: dayOf(until, 'rights.until') }),
  };
}

function extraOf(extra: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(extra);
  if (entries.length > MAX_NAMES) throw refused('extra', `may have ${MAX_NAMES} fields at most`);
  // Ordered by name: the databases and whoever compares two of them need one way to write it.
  return Object.fromEntries(
    entries
      .map(([name, value]) => [lineOf(name, 'extra', 40), lineOf(value, `extra.${name}`, 1000)] as const)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

type Checks = { readonly [Field in keyof Required<CoursewarePatch>]: (value: never) => unknown };

const CHECKS: Checks = {
  title: titleOf,
  description: descriptionOf,
  series: seriesOf,
  seriesPosition: (value: number) => wholeNumberOf(value, 'seriesPosition', 1, 1_000_000),
  tags: (value: readonly string[]) => [...new Set(value.map(tagNameOf))],
  code: (value: string) => lineOf(value, 'code', 60),
  kind: (value: CoursewareKind) => wordOf(value, COURSEWARE_KINDS, 'kind'),
  category: (value: string) => lineOf(value, 'category', 40),
  year: (value: number) => wholeNumberOf(value, 'year', 1900, 2200),
  origin: (value: CoursewareOrigin) => wordOf(value, COURSEWARE_ORIGINS, 'origin'),
  dialect: (value: string) => lineOf(value, 'dialect', 40),
  language: languageOf,
  region: (value: string) => lineOf(value, 'region', 40),
  producer: (value: string) => lineOf(value, 'producer', 100),
  presenters: (value: readonly string[]) => namesOf(value, 'presenters'),
  audience: (value: readonly string[]) => namesOf(value, 'audience'),
  trades: (value: readonly string[]) => namesOf(value, 'trades'),
  months: (value: readonly number[]) =>
    [...new Set(value.map((month) => wholeNumberOf(month, 'months', 1, 12)))].toSorted(
      (left, right) => left - right,
    ),
  awards: (value: readonly string[]) => namesOf(value, 'awards'),
  rights: rightsOf,
  extra: extraOf,
  duration: durationOf,
};

/**
 * The given fields, cleaned: texts trimmed and in NFC, names without repetitions, months in order. Whether what they refer to
 * exists is not looked at.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function checkedFields(given: CoursewarePatch): CoursewarePatch {
  const checked = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => {
      const check = CHECKS[field as keyof Checks] as ((value: unknown) => unknown) | undefined;
      if (check === undefined) throw refused(field, 'is no field of courseware');
      return [field, value === null ? null : check(value)] as const;
    });
  return Object.fromEntries(checked) as CoursewarePatch;
}
