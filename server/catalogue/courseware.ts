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

/** A courseware item (课件) as everybody above the database sees it. */
export interface Courseware {
  readonly id: CoursewareId;
  readonly title: string;
  readonly description: string;
  readonly series: string | undefined;
  readonly tags: readonly string[];
  readonly publication: PublicationState;
  /** The version that is on the air or will be; undefined before the first upload. */
  readonly current: Version | undefined;
  /** A newer version still in the making, while `current` stays on the air. */
  readonly upcoming: Version | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Grows with every change; the ETag on the wire. */
  readonly revision: number;
}
