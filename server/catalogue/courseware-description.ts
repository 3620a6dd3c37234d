import { CatalogueError } from './catalogue-error.ts';
import type { CoursewarePatch } from './courseware-input.ts';
import type { CoursewareReferences } from './courseware-references.ts';
import type { Courseware, CoursewareRights } from './courseware.ts';
import type { Change } from './history.ts';
import type { GivenType } from '../database/row-list.ts';
import type { SqlValue } from '../database/transaction.ts';

/** The fields that people write, in the order the history lists them. */
export const DESCRIBED_FIELDS = [
  'title',
  'description',
  'series',
  'seriesPosition',
  'tags',
  'code',
  'kind',
  'category',
  'year',
  'origin',
  'dialect',
  'language',
  'region',
  'producer',
  'presenters',
  'audience',
  'trades',
  'months',
  'awards',
  'rights',
  'extra',
  'duration',
] as const satisfies readonly (keyof Courseware & keyof CoursewarePatch)[];

/** What people have written about an item, everything it refers to found. */
export type Description = Pick<Courseware, (typeof DESCRIBED_FIELDS)[number] | 'seriesId'>;

/** An item nobody has written anything about. */
export const BLANK: Description = {
  title: '',
  description: '',
  series: undefined,
  seriesId: undefined,
  seriesPosition: undefined,
  tags: [],
  code: undefined,
  kind: undefined,
  category: undefined,
  year: undefined,
  origin: undefined,
  dialect: undefined,
  language: 'zh-CN',
  region: undefined,
  producer: undefined,
  presenters: [],
  audience: [],
  trades: [],
  months: [],
  awards: [],
  rights: undefined,
  extra: {},
  duration: undefined,
};

/** What a field becomes: absent it stays, null it is emptied, else it is what `find` makes of it. */
function next<Given, Kept>(
  given: Given | null | undefined,
  before: Kept,
  empty: Kept,
  find: (given: Given) => Kept,
): Kept {
  return given === undefined ? before : given === null ? empty : find(given);
}

const same = <T>(value: T): T => value;

function rightsOf({
  holder,
  scope,
  until,
}: NonNullable<CoursewarePatch['rights']>): CoursewareRights | undefined {
  return holder === undefined && scope === undefined && until === undefined
    ? undefined
    : { holder, scope, until };
}

/** The series an item is in, and where: at its end when it comes into it without a place. */
function placeOf(
  patch: CoursewarePatch,
  before: Description,
  references: CoursewareReferences,
): Pick<Description, 'series' | 'seriesId' | 'seriesPosition'> {
  const { series, seriesId } = next<string, Pick<Description, 'series' | 'seriesId'>>(
    patch.series,
    before,
    { series: undefined, seriesId: undefined },
    (wanted) => {
      const { id, title } = references.series(wanted);
      return { series: title, seriesId: id };
    },
  );
  if (seriesId === undefined) {
    if (typeof patch.seriesPosition !== 'number') return { series, seriesId, seriesPosition: undefined };
    throw new CatalogueError(
      'invalid-input',
      'A place in a series needs a series; name one or leave it out',
      {
        field: 'seriesPosition',
      },
    );
  }
  const stays = seriesId === before.seriesId && patch.seriesPosition === undefined;
  const seriesPosition = stays
    ? before.seriesPosition
    : references.placeIn(seriesId, patch.seriesPosition ?? undefined);
  return { series, seriesId, seriesPosition };
}

/**
 * What an item's description becomes by a patch of checked fields; pure but for the places in series that are handed out.
 *
 * @param mediaDuration - seconds of the media it has; they count, whatever the patch says
 * @throws {CatalogueError} `unknown-tag`, `invalid-input` for what does not exist
 */
export function describedBy(
  patch: CoursewarePatch,
  before: Description,
  references: CoursewareReferences,
  mediaDuration: number | undefined,
): Description {
  return {
    title: patch.title ?? before.title,
    description: patch.description ?? before.description,
    ...placeOf(patch, before, references),
    tags: next(patch.tags, before.tags, [], (tags) => references.tags(tags)),
    code: next(patch.code, before.code, undefined, same),
    kind: next(patch.kind, before.kind, undefined, same),
    category: next(patch.category, before.category, undefined, (code) => references.category(code)),
    year: next(patch.year, before.year, undefined, same),
    origin: next(patch.origin, before.origin, undefined, same),
    dialect: next(patch.dialect, before.dialect, undefined, same),
    language: patch.language ?? before.language,
    region: next(patch.region, before.region, undefined, (code) => references.region(code)),
    producer: next(patch.producer, before.producer, undefined, (name) => references.producer(name)),
    presenters: next(patch.presenters, before.presenters, [], (names) =>
      names.map((name) => references.presenter(name)),
    ),
    audience: patch.audience ?? before.audience,
    trades: patch.trades ?? before.trades,
    months: patch.months ?? before.months,
    awards: patch.awards ?? before.awards,
    rights: next(patch.rights, before.rights, undefined, rightsOf),
    extra: patch.extra ?? before.extra,
    duration: mediaDuration ?? next(patch.duration, before.duration, undefined, same),
  };
}

/** How each field is shown in the history. */
const SHOWN: Partial<Record<keyof Description, (description: Description) => string | undefined>> = {
  category: ({ category }) => category && `${category.code} ${category.name}`,
  region: ({ region }) => region && `${region.name} (${region.code})`,
  producer: ({ producer }) => producer?.name,
  presenters: ({ presenters }) => listed(presenters.map(({ name }) => name)),
  tags: ({ tags }) => tags.join(', '),
  rights: ({ rights }) =>
    rights && listed([rights.holder, rights.scope, rights.until && `until ${rights.until}`]),
  extra: ({ extra }) => listed(Object.entries(extra).map(([name, value]) => `${name}: ${value}`)),
};

function listed(parts: readonly (string | number | undefined)[]): string | undefined {
  const there = parts.filter((part) => part !== undefined);
  return there.length === 0 ? undefined : there.join(', ');
}

function shown(description: Description, field: (typeof DESCRIBED_FIELDS)[number]): string | undefined {
  const words = SHOWN[field];
  if (words !== undefined) return words(description);
  const value = description[field];
  return Array.isArray(value)
    ? listed(value)
    : value === undefined
      ? undefined
      : `${value as string | number}`;
}

/** What the history says of a description that became another one. */
export function changesBetween(before: Description, after: Description): readonly Change[] {
  return DESCRIBED_FIELDS.filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  ).map((field) => ({ field, before: shown(before, field), after: shown(after, field) }));
}

/** The columns a description is kept in. */
export const DESCRIPTION_COLUMNS = {
  title: 'text',
  description: 'text',
  code: 'text',
  kind: 'text',
  category_code: 'text',
  series_id: 'text',
  series_position: 'integer',
  year: 'integer',
  origin: 'text',
  dialect: 'text',
  language: 'text',
  region_id: 'text',
  producer_id: 'text',
  rights_holder: 'text',
  rights_scope: 'text',
  rights_until: 'text',
  extra: 'text',
  duration: 'real',
} as const satisfies Readonly<Record<string, GivenType>>;

/** A description as a row of the table of items; tags, presenters and labels have tables of their own. */
export function columnsOf(given: Description): Readonly<Record<keyof typeof DESCRIPTION_COLUMNS, SqlValue>> {
  return {
    title: given.title,
    description: given.description,
    code: given.code,
    kind: given.kind,
    category_code: given.category?.code,
    series_id: given.seriesId,
    series_position: given.seriesPosition,
    year: given.year,
    origin: given.origin,
    dialect: given.dialect,
    language: given.language,
    region_id: given.region?.id,
    producer_id: given.producer?.id,
    rights_holder: given.rights?.holder,
    rights_scope: given.rights?.scope,
    rights_until: given.rights?.until,
    extra: JSON.stringify(given.extra),
    duration: given.duration,
  };
}
