import { CatalogueError } from './catalogue-error.ts';
import { dayOf, lineOf, longTextOf } from './courseware-text.ts';

/** A series of lectures in their order, or a topic (学习专题) that is offered for a time. */
export type CollectionKind = 'series' | 'topic';

/**
 * How far a topic is.
 *
 * - `draft`: being put together; nobody else sees it.
 * - `open`: seen by everybody from its first day to its last.
 * - `closed`: over; kept for the record.
 */
export type TopicState = (typeof TOPIC_STATES)[number];

/** Every {@link TopicState}. */
export const TOPIC_STATES = ['draft', 'open', 'closed'] as const;

/** What people write about a series or a topic; absent fields stay, `null` empties one. */
export interface CollectionFields {
  /** 1 to 100 characters; no other of its kind may have it. */
  readonly title?: string;
  /** At most 5,000 characters. */
  readonly description?: string;
  /** Where it stands among the others; small numbers come first. Default: behind all. */
  readonly rank?: number;
  /** For whom a topic is meant. */
  readonly audience?: string | null;
  /** First and last day of a topic, `YYYY-MM-DD`; without one it has no beginning or no end. */
  readonly opensOn?: string | null;
  readonly closesOn?: string | null;
  /** Default `draft`. */
  readonly state?: TopicState;
}

/** The columns of each kind, by the field that is kept there. */
export const COLLECTION_COLUMNS: Readonly<
  Record<CollectionKind, Partial<Record<keyof CollectionFields, string>>>
> = {
  series: { title: 'title', description: 'description', rank: 'rank' },
  topic: {
    title: 'title',
    description: 'description',
    rank: 'rank',
    audience: 'audience',
    opensOn: 'opens_on',
    closesOn: 'closes_on',
    state: 'state',
  },
};

function rankOf(rank: number): number {
  if (Number.isInteger(rank) && rank >= 0 && rank <= 1_000_000) return rank;
  throw new CatalogueError(
    'invalid-input',
    `The rank must be a whole number from 0 to 1,000,000; got ${rank}`,
    {
      field: 'rank',
    },
  );
}

function stateOf(state: TopicState): TopicState {
  if (TOPIC_STATES.includes(state)) return state;
  throw new CatalogueError(
    'invalid-input',
    `The state must be one of ${TOPIC_STATES.join(', ')}; got ${JSON.stringify(state)}`,
    { field: 'state' },
  );
}

const CHECKS: { readonly [Field in keyof Required<CollectionFields>]: (value: never) => string | number } = {
  title: (value: string) => lineOf(value, 'title', 100),
  description: (value: string) => longTextOf(value, 'description', 5000),
  rank: rankOf,
  audience: (value: string) => lineOf(value, 'audience', 100),
  opensOn: (value: string) => dayOf(value, 'opensOn'),
  closesOn: (value: string) => dayOf(value, 'closesOn'),
  state: stateOf,
};

/**
 * The given fields, cleaned, each with its column.
 *
 * @throws {CatalogueError} `invalid-input`, also for a field that its kind does not have
 */
export function checkedCollection(
  kind: CollectionKind,
  given: CollectionFields,
): readonly { readonly field: string; readonly column: string; readonly value: string | number | null }[] {
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]: [string, unknown]) => {
      const column = COLLECTION_COLUMNS[kind][field as keyof CollectionFields];
      if (column === undefined) {
        throw new CatalogueError('invalid-input', `A ${kind} has no ${field}`, { field });
      }
      const check = CHECKS[field as keyof CollectionFields] as (value: unknown) => string | number;
      return { field, column, value: value === null ? null : check(value) };
    });
}
