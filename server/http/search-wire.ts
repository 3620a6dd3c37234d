import { z } from 'zod';

import type { Principal } from '../accounts/access.ts';
import type { SearchHit, SearchPage, SearchQuery } from '../search/search.ts';
import { FACETS } from '../search/facet-column.ts';
import { COUNTED_FACETS } from '../search/facet-counts.ts';
import { SEARCH_SORTS } from '../search/sorting.ts';
import { courseware, coursewareOf, pageMark, pageSize, publicationWord } from './courseware-wire.ts';

/** A parameter that may be repeated: the item must have one of the values, of tags all. */
const many = (longest: number) =>
  z
    .union([z.string().min(1).max(longest), z.array(z.string().min(1).max(longest)).max(20)])
    .transform((given) => (typeof given === 'string' ? [given] : given));

/** What to look for. */
export const searchQuery = z.strictObject({
  q: z
    .string()
    .max(200)
    .optional()
    .describe(
      'Blanks part words, all of which must be there; quotes keep them together; letters may be pinyin or initials.',
    ),
  tag: many(40).optional().describe('May be repeated; the item has all of them.'),
  series: many(40)
    .optional()
    .describe('Id of a series; this and the following may be repeated, and one must be so.'),
  topic: many(40).optional().describe('Id of a topic.'),
  kind: many(40).optional().describe('A kind of courseware, as items have it.'),
  region: many(40).optional().describe('Id of a place; what lies in it counts.'),
  year: many(4).optional().describe('Of making.'),
  length: many(10).optional().describe('`under-10`, `10-30`, `30-60` or `over-60` minutes.'),
  audience: many(100).optional().describe('Whom it is for, in the words of the items.'),
  producer: many(40).optional().describe('Id of a unit.'),
  presenter: many(40).optional().describe('Id of a person.'),
  trade: many(100).optional().describe('A trade, in the words of the items.'),
  month: many(2).optional().describe('Farming month, 1 to 12.'),
  since: z.coerce.number().int().min(0).optional().describe('Published then or later; epoch milliseconds.'),
  publication: publicationWord.optional().describe('Default `published`; others only for who has signed in.'),
  sort: z.enum(SEARCH_SORTS).optional().describe('Default `relevance` with a query, else `newest`.'),
  after: pageMark(2000),
  limit: pageSize(20),
});

const marks = z
  .array(z.tuple([z.number().int(), z.number().int()]))
  .describe('What was looked for: from and to in UTF-16 units, ascending.');
const markedText = z.object({ text: z.string(), marks });

const moment = z
  .object({
    start: z.number().describe('Seconds.'),
    text: z.string(),
    marks,
    language: z.string(),
  })
  .meta({ id: 'Moment', description: 'Where in a lecture something is said.' });

/** Every place in a lecture. */
export const momentPage = z.object({ items: z.array(moment) }).meta({ id: 'MomentPage' });
/** What to look for in one lecture. */
export const momentQuery = z.strictObject({
  q: z.string().max(200).optional().describe('What is said, as in a search.'),
});

const highlights = z
  .object({
    title: marks,
    description: markedText.describe('A part of the description around the first find, or its beginning.'),
    tags: z.array(markedText).describe('Tags in which something was found.'),
    series: marks,
    names: z.array(markedText).describe('Presenters, producer and place in which something was found.'),
  })
  .meta({ id: 'Highlights', description: 'Why an item was found.' });

const facetCount = z
  .object({ value: z.string(), label: z.string(), count: z.number().int(), selected: z.boolean() })
  .meta({ id: 'FacetCount', description: 'A value to choose, and how many items there would then be.' });

/** What was found. */
export const searchPage = z
  .object({
    items: z.array(z.object({ courseware, highlights, moments: z.array(moment).describe('At most three.') })),
    total: z.number().int().describe('Items on all pages.'),
    facets: z.object(Object.fromEntries(COUNTED_FACETS.map((facet) => [facet, z.array(facetCount)]))),
    next: z.string().nullable().describe('Pass as `after`.'),
    corrected: z
      .string()
      .optional()
      .describe('What was looked for instead: the query found nothing, and this sounds like it.'),
  })
  .meta({ id: 'SearchPage' });

/** What was typed so far. */
export const suggestQuery = z.strictObject({
  q: z.string().max(200).optional().describe('What was typed so far.'),
  limit: pageSize(10, 20),
});

/** What it may become. */
export const suggestionPage = z
  .object({
    items: z.array(
      z.object({
        text: z.string(),
        kind: z.enum(['tag', 'series', 'topic', 'presenter', 'place', 'title']),
        value: z.string().describe('What to filter by; of a title the item’s id.'),
        marks,
      }),
    ),
  })
  .meta({ id: 'SuggestionPage' });

/** The path of a group of synonyms. */
export const synonymParams = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .describe('Of the group; a new one may be named by who adds it.'),
});
/** A group as it is written. */
export const synonymInput = z
  .strictObject({ words: z.array(z.string().min(1).max(40)).min(2).max(20) })
  .meta({ id: 'SynonymInput' });
/** A group as it is read. */
export const synonymGroup = z
  .object({ id: z.string(), words: z.array(z.string()) })
  .meta({ id: 'SynonymGroup', description: 'Words that mean the same.' });
/** All groups. */
export const synonymPage = z.object({ items: z.array(synonymGroup) }).meta({ id: 'SynonymPage' });

/** Queries that found nothing. */
export const missPage = z
  .object({
    items: z.array(
      z.object({
        query: z.string(),
        times: z.number().int(),
        firstAt: z.number().int().describe('Epoch milliseconds.'),
        lastAt: z.number().int(),
        foundNow: z.number().int().describe('Items the query finds by now.'),
      }),
    ),
  })
  .meta({ id: 'MissPage', description: 'Queries that found nothing, the most frequent first.' });

/** A query as the search takes it. */
export function searchQueryOf(given: z.infer<typeof searchQuery>): SearchQuery {
  const { q, since, publication, sort, after, limit } = given;
  const filters = Object.fromEntries(
    FACETS.flatMap((facet) => {
      const values = given[facet];
      return values === undefined ? [] : [[facet, values]];
    }),
  );
  const rest = { q, since, publication, sort, after, limit };
  return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)), filters };
}

/** A page as it is sent. */
export function searchPageOf(page: SearchPage, principal: Principal): z.infer<typeof searchPage> {
  const { items, total, facets, next, corrected } = page;
  return {
    items: items.map((hit) => hitOf(hit, principal)),
    total,
    facets: facets as unknown as z.infer<typeof searchPage>['facets'],
    next: next ?? null,
    ...(corrected !== undefined && { corrected }),
  };
}

type WireHit = z.infer<typeof searchPage>['items'][number];

function hitOf({ courseware, highlights, moments }: SearchHit, principal: Principal): WireHit {
  return {
    courseware: coursewareOf(courseware, principal),
    highlights: highlights as unknown as WireHit['highlights'],
    moments: moments as unknown as WireHit['moments'],
  };
}
