import type { GenerationId } from '../../transcoder/index.ts';

declare const coursewareBrand: unique symbol;
declare const versionBrand: unique symbol;
declare const uploadBrand: unique symbol;

/** Names a courseware item, for people and in addresses: 1 to 40 of `a-z`, `0-9` and `-`. */
export type CoursewareId = string & { readonly [coursewareBrand]: true };
/** Names one version of one item's media. */
export type VersionId = string & { readonly [versionBrand]: true };
/** Names a resumable upload. */
export type UploadId = string & { readonly [uploadBrand]: true };

/**
 * Where a version's media stands. Kept apart from {@link PublicationState}: a lecture may be on the air while its next
 * version is being encoded.
 *
 * - `none`: a record without media yet.
 * - `uploading`: bytes are arriving.
 * - `uploaded`: all bytes are on disk and match the promised digest; nobody has looked inside.
 * - `probing`: a worker looks inside and plans.
 * - `transcoding`: spans are being encoded; `playable` tells whether the first ones can be watched.
 * - `ready`: every rendition is complete and checked.
 * - `failed`: it cannot become ready without somebody's help; `failure` says why and what to do.
 */
export type ProductionState =
  'none' | 'uploading' | 'uploaded' | 'probing' | 'transcoding' | 'ready' | 'failed';

/** The moves a version's media may make. */
export const PRODUCTION_MOVES: Readonly<Record<ProductionState, readonly ProductionState[]>> = {
  none: ['uploading', 'uploaded'],
  uploading: ['uploaded', 'none', 'failed'],
  uploaded: ['probing', 'failed'],
  probing: ['transcoding', 'uploaded', 'failed'],
  transcoding: ['ready', 'uploaded', 'failed'],
  ready: ['uploaded'],
  failed: ['uploaded', 'uploading'],
};

/**
 * What the office has decided about an item.
 *
 * - `draft`: its producer works on it; nobody else sees it.
 * - `submitted`: handed in for review.
 * - `in_review`: a reviewer has it.
 * - `returned`: sent back with remarks.
 * - `approved`: may be published.
 * - `published`: in the catalogue, for every hall.
 * - `suspended`: taken off for the moment; its records stay.
 * - `withdrawn`: taken off for good.
 */
export type PublicationState =
  'draft' | 'submitted' | 'in_review' | 'returned' | 'approved' | 'published' | 'suspended' | 'withdrawn';

/**
 * The moves an item may make. Review by a second person comes with roles; until then the one administrator may approve
 * what was submitted, and publish a draft directly.
 */
export const PUBLICATION_MOVES: Readonly<Record<PublicationState, readonly PublicationState[]>> = {
  draft: ['submitted', 'approved', 'withdrawn'],
  submitted: ['in_review', 'approved', 'returned', 'draft'],
  in_review: ['approved', 'returned'],
  returned: ['submitted', 'withdrawn'],
  approved: ['published', 'returned', 'withdrawn'],
  published: ['suspended', 'withdrawn'],
  suspended: ['published', 'withdrawn'],
  withdrawn: ['draft'],
};

/** Why a version failed, in words for its producer. */
export interface ProductionFailure {
  readonly code: string;
  readonly message: string;
}

/** One version of an item's media. */
export interface Version {
  readonly id: VersionId;
  readonly number: number;
  readonly production: ProductionState;
  /** The making in progress, or the one that is ready. */
  readonly generation: GenerationId | undefined;
  /** True once the first span and the audio can be watched. */
  readonly isPlayable: boolean;
  /** 0 to 1 over the whole making; never goes back within a generation. */
  readonly progress: number;
  readonly failure: ProductionFailure | undefined;
  /** What was odd about the source, in words for its producer. */
  readonly warnings: readonly string[];
  readonly sourceName: string;
  readonly sourceBytes: number;
  readonly sourceSha256: string | undefined;
  /** Seconds; undefined until probed. */
  readonly duration: number | undefined;
  /** Names of the poster and of the storyboard's index among the generation's objects; undefined while there is none. */
  readonly poster: string | undefined;
  readonly storyboard: string | undefined;
}

/**
 * What sort of item it is.
 *
 * - `local`: made here about what grows and is made here (乡土).
 * - `pioneer`: people who lead others to prosperity (创业先锋).
 * - `story`: members of the party and what they did (党员故事).
 * - `micro_lecture`: a short party lesson (微型党课).
 * - `theory`, `policy`, `skill`, `news`, `culture`: what the shelves of such libraries are called.
 * - `live_replay`: the recording of a live class.
 */
export type CoursewareKind = (typeof COURSEWARE_KINDS)[number];

/** Every {@link CoursewareKind}, in the order they are shown. */
export const COURSEWARE_KINDS = [
  'local',
  'pioneer',
  'story',
  'micro_lecture',
  'theory',
  'policy',
  'skill',
  'news',
  'culture',
  'live_replay',
] as const;

/** Where an item comes from: made here, handed down by an office above, recorded from a live class, or given. */
export type CoursewareOrigin = (typeof COURSEWARE_ORIGINS)[number];

/** Every {@link CoursewareOrigin}. */
export const COURSEWARE_ORIGINS = [
  'self',
  'central',
  'province',
  'city',
  'county',
  'live',
  'donated',
] as const;

/** Somebody or something an item refers to. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** The place an item is about. */
export interface CoursewareRegion extends Named {
  /** The administrative code, such as `330683102`. */
  readonly code: string;
  /** The ids from the root down to it: `/330600/330683/330683102/`. */
  readonly path: string;
}

/** What may be done with an item, and until when. */
export interface CoursewareRights {
  readonly holder: string | undefined;
  readonly scope: string | undefined;
  /** The last day it may be shown, `YYYY-MM-DD`; the day after, it is withdrawn by itself. */
  readonly until: string | undefined;
}

/** How often an item was used. */
export interface CoursewareUses {
  /** Viewers, each counted once a day. */
  readonly views: number;
  /** Times it was started. */
  readonly plays: number;
  /** Viewers who keep it among their favourites. */
  readonly favourites: number;
}

/** A courseware item (课件) as everybody above the database sees it. */
export interface Courseware {
  readonly id: CoursewareId;
  /** A running number from 1, never given twice. */
  readonly number: number;
  /** The office's own code, such as `SX-XT-2011-0152`; no two items have the same. */
  readonly code: string | undefined;
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind | undefined;
  readonly category: { readonly code: string; readonly name: string } | undefined;
  /** The title of its series. */
  readonly series: string | undefined;
  readonly seriesId: string | undefined;
  /** Its place in the series; places need not be without gaps. */
  readonly seriesPosition: number | undefined;
  readonly tags: readonly string[];
  readonly year: number | undefined;
  readonly origin: CoursewareOrigin | undefined;
  /** The dialect it is spoken in, in words: `绍兴话`. */
  readonly dialect: string | undefined;
  /** BCP 47. */
  readonly language: string;
  readonly region: CoursewareRegion | undefined;
  /** The unit that made it. */
  readonly producer: Named | undefined;
  readonly presenters: readonly Named[];
  readonly audience: readonly string[];
  /** Lines of business it concerns (产业). */
  readonly trades: readonly string[];
  /** Months of the farming year it concerns (农时), 1 to 12, ascending. */
  readonly months: readonly number[];
  readonly awards: readonly string[];
  readonly rights: CoursewareRights | undefined;
  /** What a library keeps besides, by name. */
  readonly extra: Readonly<Record<string, string>>;
  readonly publication: PublicationState;
  /** The version that is on the air or will be; undefined before the first upload. */
  readonly current: Version | undefined;
  /** A newer version still in the making, while `current` stays on the air. */
  readonly upcoming: Version | undefined;
  /** Seconds: of the current version, or, while there is none, as stated by who imported it. */
  readonly duration: number | undefined;
  readonly uses: CoursewareUses;
  /** When it was published first; epoch milliseconds. */
  readonly publishedAt: number | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Grows with every change; the ETag on the wire. */
  readonly revision: number;
}
