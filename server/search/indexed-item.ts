import type { CoursewareId, PublicationState } from '../catalogue/courseware.ts';
import type { Facet, FacetValue } from './facet-column.ts';
import type { SearchField } from './posting-lists.ts';

/** What the search knows of one item: everything that is needed to find, rank, group and sort it. */
export interface IndexedItem {
  /** Never reused. */
  readonly number: number;
  readonly id: CoursewareId;
  readonly publication: PublicationState;
  /** First publication, or while there is none the making of the record, in epoch milliseconds. */
  readonly publishedAt: number;
  /** Folded texts. */
  readonly texts: Readonly<Record<SearchField, string>>;
  /** Syllables of title, tags and what else is written about it, as `syllablesOf` gives them. */
  readonly syllables: Readonly<Record<'title' | 'tags' | 'about', string>>;
  /** Where words of the folded title begin, ascending; its length is the last. */
  readonly titleBoundaries: readonly number[];
  readonly titleSort: string;
  readonly facets: Readonly<Record<Facet, readonly FacetValue[]>>;
}

/** How often an item was played and kept as a favourite. */
export interface ItemUses {
  readonly plays: number;
  readonly favourites: number;
}
