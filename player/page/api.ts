import type { LadderWishes } from './ladder-choice.ts';

/** A version's media as the API tells it. */
export interface VersionRecord {
  readonly number: number;
  readonly production: ProductionWord;
  readonly isPlayable: boolean;
  readonly progress: number;
  readonly failure?: FailureRecord | null;
  readonly warnings: readonly string[];
  readonly sourceName: string;
  readonly sourceBytes: number;
  readonly duration?: number | null;
}

export interface FailureRecord {
  readonly code: string;
  readonly message: string;
  /** The part of a making that failed, such as `span-0003`. */
  readonly job?: string;
}

export type ProductionWord =
  'none' | 'uploading' | 'uploaded' | 'probing' | 'transcoding' | 'ready' | 'failed';

export type PublicationWord =
  'draft' | 'submitted' | 'in_review' | 'returned' | 'approved' | 'published' | 'suspended' | 'withdrawn';

/** A courseware item as the API tells it. */
export interface CoursewareRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly series?: string | null;
  readonly tags: readonly string[];
  readonly publication: PublicationWord;
  readonly current?: VersionRecord | null;
  readonly upcoming?: VersionRecord | null;
  readonly posterUrl?: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly revision: number;
  /** The librarian's own number, such as `SX-XT-2011-0152`. */
  readonly code?: string | null;
  readonly kind?: string | null;
  readonly category?: { readonly code: string; readonly name: string } | null;
  readonly seriesId?: string | null;
  readonly seriesPosition?: number | null;
  readonly year?: number | null;
  readonly origin?: string | null;
  readonly dialect?: string | null;
  readonly language?: string;
  readonly region?: (NamedRecord & { readonly code: string }) | null;
  readonly producer?: NamedRecord | null;
  readonly presenters?: readonly NamedRecord[];
  readonly audience?: readonly string[];
  readonly trades?: readonly string[];
  /** 1 to 12. */
  readonly months?: readonly number[];
  readonly awards?: readonly string[];
  readonly rights?: RightsRecord | null;
  /** Facts of this library's own. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Epoch milliseconds of the first publication. */
  readonly publishedAt?: number | null;
  /** Seconds; as stated by an import while there is no media. */
  readonly duration?: number | null;
  readonly uses?: { readonly views: number; readonly plays: number; readonly favourites: number };
}

/** A person, a unit or a region, by id and name. */
export interface NamedRecord {
  readonly id: string;
  readonly name: string;
}

export interface RightsRecord {
  readonly holder?: string | null;
  readonly scope?: string | null;
  /** YYYY-MM-DD; the item goes off the air after it. */
  readonly until?: string | null;
}

/** How the making of the newest version stands. */
export interface ProductionRecord {
  readonly state: ProductionWord | 'canceled';
  readonly progress: number;
  readonly isPlayable: boolean;
  /** True while no worker is at it. */
  readonly isWaiting?: boolean;
  readonly isUrgent?: boolean;
  /** What was asked of the renditions. */
  readonly ladder?: LadderWishes;
  readonly remainingSeconds?: number | null;
  readonly failure?: FailureRecord | null;
  readonly warnings?: readonly string[];
}

/** A chapter as the API tells it. */
export interface ChapterRecord {
  /** Seconds. */
  readonly start: number;
  readonly title: string;
}

/** What an item is divided into, and whether a person or the uploaded file says so. */
export interface ChapterListRecord {
  readonly chapters: readonly ChapterRecord[];
  readonly origin: 'producer' | 'container' | 'none';
}

/** What the server understood of a pasted list. */
export interface ChapterCheckRecord {
  readonly chapters: readonly ChapterRecord[];
  readonly faults: readonly { readonly line: number; readonly code: string; readonly text: string }[];
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Passed as `after` to get the next page. */
  readonly next?: string | null;
}

export interface TagRecord {
  readonly name: string;
  readonly uses: number;
  /** The heading it stands under, such as 题材. */
  readonly facet?: string | null;
  readonly aliases?: readonly string[];
}

/** Something wrong with what was sent: a field, or a line of a file. */
export interface InputFault {
  /** `body.title`, or `line 12`. */
  readonly path: string;
  readonly message: string;
}

/** The captions of a lecture in one language as the API tells them. */
export interface CaptionsRecord {
  readonly language: string;
  readonly label: string;
  readonly kind: 'subtitles' | 'captions';
  readonly origin: 'uploaded' | 'embedded';
  readonly fileName: string;
  readonly charset: string;
  readonly cueCount: number;
  readonly offsetMs: number;
  readonly stretch: number;
  readonly problems: readonly {
    readonly line: number;
    readonly message: string;
    readonly isLeftOut: boolean;
  }[];
}

/** The server said no, or could not be reached (`status` 0). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /** The problem document's `code`; empty when there was none. */
  readonly code: string;
  /** The problem document's own words. */
  readonly detail: string;
  readonly retryAfterSeconds: number | undefined;
  /** What may have been meant, such as tags of nearly the same name. */
  readonly near: readonly string[];
  /** What exactly is wrong with what was sent. */
  readonly faults: readonly InputFault[];

  constructor(
    status: number,
    code: string,
    detail: string,
    retryAfterSeconds?: number,
    near: readonly string[] = [],
    faults: readonly InputFault[] = [],
  ) {
    super(`${status} ${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
    this.near = near;
    this.faults = faults;
  }
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Sent as it is, instead of a body. */
  readonly file?: Blob;
  /** The revision the change is based on; somebody else's newer one makes it fail with 412. */
  readonly revision?: number;
  /** Makes a repeated request harmless: the server gives the answer of the first. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** Goes out even when the page is left meanwhile. */
  readonly keepalive?: boolean;
}

const ROOT = '/api/v1/';

/** The address of something under the API. Each part is encoded. */
export function apiPath(...parts: readonly string[]): string {
  return ROOT + parts.map((part) => encodeURIComponent(part)).join('/');
}

/**
 * Asks the API.
 *
 * @throws {ApiProblem} on any answer but success, and when there is none
 */
export async function callApi<Answer>(path: string, call: Call = {}): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (call.body !== undefined) headers['Content-Type'] = 'application/json';
  if (call.revision !== undefined) headers['If-Match'] = `"${call.revision}"`;
  if (call.idempotencyKey !== undefined) headers['Idempotency-Key'] = call.idempotencyKey;
  const settings: RequestInit = { method: call.method ?? 'GET', headers, credentials: 'same-origin' };
  if (call.body !== undefined) settings.body = JSON.stringify(call.body);
  if (call.file !== undefined) {
    headers['Content-Type'] = 'application/octet-stream';
    settings.body = call.file;
  }
  if (call.signal !== undefined) settings.signal = call.signal;
  if (call.keepalive === true) settings.keepalive = true;
  let reply: Response;
  let text: string;
  try {
    reply = await fetch(path, settings);
    text = await reply.text();
  } catch (error) {
    if (call.signal?.aborted === true) throw error;
    throw new ApiProblem(0, 'unreachable', String(error));
  }
  if (!reply.ok) throw problemOf(reply.status, text, reply.headers.get('Retry-After'));
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/**
 * Tells the newest of several askings, so that an answer that comes late can be dropped. Each call begins an asking and
 * gives back whether that one is still the newest.
 */
export function newestAsking(): () => () => boolean {
  let newest = 0;
  return () => {
    newest += 1;
    const mine = newest;
    return () => mine === newest;
  };
}

/** Reads a problem document; whatever else arrives, such as a proxy's page, becomes a problem without a code. */
export function problemOf(status: number, text: string, retryAfter: string | null): ApiProblem {
  let document: Readonly<Record<string, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) document = value as Readonly<Record<string, unknown>>;
  } catch {
    // Not JSON.
  }
  const { code, detail, title, near, errors } = document;
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new ApiProblem(
    status,
    typeof code === 'string' ? code : '',
    typeof detail === 'string' ? detail : typeof title === 'string' ? title : '',
    Number.isFinite(seconds) ? seconds : undefined,
    Array.isArray(near) ? near.filter((name): name is string => typeof name === 'string') : [],
    Array.isArray(errors) ? errors.filter(isFault) : [],
  );
}

function isFault(value: unknown): value is InputFault {
  if (typeof value !== 'object' || value === null) return false;
  const { path, message } = value as Readonly<Record<string, unknown>>;
  return typeof path === 'string' && typeof message === 'string';
}

/** The address of a courseware list; empty filters are left out. */
export function listPath(filters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return `${apiPath('courseware')}?${query.toString()}`;
}

/** A key nobody else has. `crypto.randomUUID` is too young and missing without https. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A random UUID (RFC 9562, version 4). */
export function newUuid(): string {
  const hex = newIdempotencyKey();
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ].join('-');
}

/** All tags, the most used first. */
export async function fetchTags(): Promise<readonly TagRecord[]> {
  const answer = await callApi<Page<TagRecord> | readonly TagRecord[]>(apiPath('tags'));
  const tags = 'items' in answer ? answer.items : answer;
  return Array.from(tags).sort((one, other) => other.uses - one.uses);
}
