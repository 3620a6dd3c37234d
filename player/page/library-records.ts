import type { CoursewareRecord } from './api.ts';

/** From and to, in UTF-16 units of the text they belong to. */
export type Mark = readonly [from: number, to: number];

/** A text and the places in it that were asked for. */
export interface MarkedText {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/** A place in a lecture where the words are said. */
export interface MomentRecord extends MarkedText {
  /** Seconds. */
  readonly start: number;
  readonly language?: string;
}

/** Where in an item the words of a query were found. */
export interface HighlightsRecord {
  readonly title: readonly Mark[];
  /** A part of the description around the first find, or its beginning. */
  readonly description: MarkedText;
  readonly tags: readonly MarkedText[];
  readonly series: readonly Mark[];
  /** Presenters, producer and place. */
  readonly names: readonly MarkedText[];
}

/** One thing found, with the reasons. */
export interface HitRecord {
  readonly courseware: CoursewareRecord;
  readonly highlights: HighlightsRecord;
  readonly moments: readonly MomentRecord[];
}

/** One value of a facet and how many items of the present result carry it. */
export interface FacetValueRecord {
  readonly value: string;
  readonly label: string;
  readonly count: number;
  readonly selected: boolean;
}

/** What a search answers. */
export interface SearchRecord {
  readonly items: readonly HitRecord[];
  readonly total: number;
  readonly facets: Readonly<Record<string, readonly FacetValueRecord[]>>;
  readonly next?: string | null;
  /** What was looked for instead, because the words as typed find nothing. */
  readonly corrected?: string;
}

/** One line below the search box. */
export interface SuggestionRecord extends MarkedText {
  readonly kind: 'tag' | 'series' | 'topic' | 'presenter' | 'place' | 'title';
  /** What the filter of that kind takes; of a title the item's id. */
  readonly value: string;
}

/** A series (系列) as the API tells it. */
export interface SeriesRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly itemCount: number;
  readonly seconds: number;
  readonly posterUrl?: string | null;
  /** Small numbers come first. */
  readonly rank: number;
  readonly revision: number;
}

/** A topic (专题): chosen items around one occasion. */
export interface TopicRecord extends SeriesRecord {
  readonly audience?: string | null;
  /** YYYY-MM-DD. */
  readonly opensOn?: string | null;
  readonly closesOn?: string | null;
  readonly state: 'draft' | 'open' | 'closed';
}

/** What the front page shows. */
export interface PortalRecord {
  readonly topics: readonly TopicRecord[];
  readonly series: readonly SeriesRecord[];
  readonly newest: readonly CoursewareRecord[];
  readonly newThisWeek: readonly CoursewareRecord[];
  readonly totals: { readonly items: number; readonly seconds: number };
}

/** A district of the city as the API tells it. */
export interface RegionRecord {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly level: 'city' | 'county' | 'town' | 'village';
  readonly parentId?: string | null;
  /** How many stand right under it. */
  readonly children: number;
}

/** A list somebody keeps; whoever has its address may look at it. */
export interface SavedListRecord {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly isMine?: boolean;
  readonly items?: readonly CoursewareRecord[];
}
