declare const liveClassBrand: unique symbol;
declare const recurrenceBrand: unique symbol;
declare const slideBrand: unique symbol;
declare const markBrand: unique symbol;

/** Names a live class, for people and in addresses: 1 to 40 of `a-z`, `0-9` and `-`. */
export type LiveClassId = string & { readonly [liveClassBrand]: true };
/** Names what classes that were planned together have in common. */
export type RecurrenceId = string & { readonly [recurrenceBrand]: true };
/** Names a page of a class's slides. */
export type SlideId = string & { readonly [slideBrand]: true };
/** Names a mark on a class's time line. */
export type MarkId = string & { readonly [markBrand]: true };

/**
 * Where a class (直播课堂) stands. The encoder's connection is only an input: none of these states ends because a socket does.
 *
 * - `draft`: being put together; it takes no place in the timetable.
 * - `scheduled`: has its place in the timetable; only the office sees it.
 * - `announced`: told to everybody; its page counts down.
 * - `rehearsing`: a trial run; only operators see the picture.
 * - `on_air`: everybody sees the picture, or, while the encoder is gone for less than the grace, a slate.
 * - `interrupted`: the encoder is gone for longer; the class goes on as soon as it is back.
 * - `ended`: over; what was recorded can be watched already and is being put away.
 * - `recorded`: the recording is in the catalogue as a draft.
 * - `archived`: nothing more is done with it; its records stay.
 * - `cancelled`: does not take place; its page says so.
 * - `postponed`: does not take place at its time; a new one is not known yet.
 */
export type LiveClassState = (typeof LIVE_CLASS_STATES)[number];

/** Every {@link LiveClassState}. */
export const LIVE_CLASS_STATES = [
  'draft',
  'scheduled',
  'announced',
  'rehearsing',
  'on_air',
  'interrupted',
  'ended',
  'recorded',
  'archived',
  'cancelled',
  'postponed',
] as const;

/** The moves a class may make. What was cancelled by mistake may come back; what has ended stays ended. */
export const LIVE_CLASS_MOVES: Readonly<Record<LiveClassState, readonly LiveClassState[]>> = {
  draft: ['scheduled', 'announced', 'cancelled'],
  scheduled: ['announced', 'draft', 'rehearsing', 'postponed', 'cancelled'],
  announced: ['rehearsing', 'on_air', 'scheduled', 'postponed', 'cancelled'],
  rehearsing: ['on_air', 'announced', 'scheduled', 'postponed', 'cancelled'],
  on_air: ['interrupted', 'ended'],
  interrupted: ['on_air', 'ended'],
  ended: ['recorded', 'archived'],
  recorded: ['archived'],
  archived: [],
  cancelled: ['draft', 'scheduled', 'announced'],
  postponed: ['scheduled', 'announced', 'draft', 'cancelled'],
};

/** What each state is called on pages and in the command line. */
export const LIVE_CLASS_STATE_NAMES: Readonly<Record<LiveClassState, string>> = {
  draft: '草稿',
  scheduled: '已排课',
  announced: '已预告',
  rehearsing: '试播中',
  on_air: '直播中',
  interrupted: '信号中断',
  ended: '已结束',
  recorded: '已录制',
  archived: '已归档',
  cancelled: '已取消',
  postponed: '已延期',
};

/** States in which a class takes its lecturers, its host and its channel for its planned time. */
export const TIMETABLE_STATES: readonly LiveClassState[] = [
  'scheduled',
  'announced',
  'rehearsing',
  'on_air',
  'interrupted',
];

/** States in which there is a picture for everybody, or will be again in a moment. */
export const RUNNING_STATES: readonly LiveClassState[] = ['on_air', 'interrupted'];

/** States after which a class never has a picture again. */
export const OVER_STATES: readonly LiveClassState[] = ['ended', 'recorded', 'archived'];

/** The renditions below the source that a class is encoded to, by the name of its ladder. */
export const LIVE_LADDERS = {
  source: [],
  '360p': ['360p'],
  '480p-360p': ['480p', '360p'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Which renditions there are besides the encoder's own. */
export type LiveLadderName = keyof typeof LIVE_LADDERS;

/** Every {@link LiveLadderName}. */
export const LIVE_LADDER_NAMES = ['source', '360p', '480p-360p'] as const satisfies readonly LiveLadderName[];

/**
 * Where the pictures come from.
 *
 * - `rtmp`: a lecturer's encoder.
 * - `simulive`: an item of the catalogue, played to everybody at the same time.
 */
export type LiveSource = (typeof LIVE_SOURCES)[number];

/** Every {@link LiveSource}. */
export const LIVE_SOURCES = ['rtmp', 'simulive'] as const;

/** How far behind the lecturer viewers are: two to three seconds, or six to eight with fewer stalls on weak lines. */
export type LiveLatency = (typeof LIVE_LATENCIES)[number];

/** Every {@link LiveLatency}. */
export const LIVE_LATENCIES = ['low', 'ordinary'] as const;

/** A live class as everybody above the database sees it. */
export interface LiveClass {
  readonly id: LiveClassId;
  /** A running number from 1, never given twice. */
  readonly number: number;
  readonly title: string;
  readonly description: string;
  readonly lecturers: readonly string[];
  /** The unit that holds it (主办单位). */
  readonly hostUnit: string | undefined;
  /** The hall or studio it comes from, or the channel it goes out on; one class at a time. */
  readonly channel: string | undefined;
  readonly audience: readonly string[];
  readonly tags: readonly string[];
  /** ISO 8601, UTC. */
  readonly plannedStart: string;
  /** ISO 8601, UTC. */
  readonly plannedEnd: string;
  readonly source: LiveSource;
  /** The item that is played, of a `simulive` class; undefined when it was removed since. */
  readonly coursewareId: string | undefined;
  readonly ladder: LiveLadderName;
  readonly latency: LiveLatency;
  /** Whether it becomes an item of the catalogue. */
  readonly records: boolean;
  /** Whether viewers may ask. */
  readonly asksQuestions: boolean;
  /** Whether viewers are asked to confirm that they take part (收看回执). */
  readonly wantsReceipt: boolean;
  /** How long the encoder may be gone before the class counts as interrupted. */
  readonly graceSeconds: number;
  /** How long after its planned end a class without pictures ends by itself. */
  readonly overrunMinutes: number;
  /** What stands on the slate; undefined where the page's own words will do. */
  readonly slateText: string | undefined;
  /** The name of the slate's picture, to be asked for under {@link imagePath}. */
  readonly slateImage: string | undefined;
  /** What was last said to everybody about its taking place: with the announcement, or why it was postponed or cancelled. */
  readonly announcement: string | undefined;
  readonly state: LiveClassState;
  /** Random, unique; names its media in addresses. */
  readonly token: string;
  /** ISO 8601; since then everybody may see its page. Undefined for what is not public. */
  readonly announcedAt: string | undefined;
  /** ISO 8601; when it went on the air first. */
  readonly onAirAt: string | undefined;
  /** ISO 8601. */
  readonly endedAt: string | undefined;
  /** The item of the catalogue that holds its recording. */
  readonly recordingCoursewareId: string | undefined;
  /** Whether everybody may watch that item. */
  readonly isReplayPublic: boolean;
  /** What it was planned together with. */
  readonly recurrenceId: RecurrenceId | undefined;
  /** Grows with every change that a calendar has to hear of (RFC 5545, 3.8.7.4). */
  readonly calendarSequence: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Grows with every change; the ETag on the wire. */
  readonly revision: number;
}

/** Whether everybody may see that a class exists. */
export function isAnnounced({ announcedAt }: Pick<LiveClass, 'announcedAt'>): boolean {
  return announcedAt !== undefined;
}

/** What of a class the table of rights goes by. */
export function aboutLiveClass(given: Pick<LiveClass, 'announcedAt' | 'state'>): {
  readonly live: { readonly isAnnounced: boolean; readonly state: LiveClassState };
} {
  return { live: { isAnnounced: isAnnounced(given), state: given.state } };
}

/** Where a picture of a class (a slide, the slate) is served; immutable, so caches may keep it. */
export function imagePath(id: LiveClassId, name: string): string {
  return `/live/class/${id}/images/${name}`;
}

/** The key of that picture in the store. */
export function imageKey(token: string, name: string): string {
  return `live/${token}/images/${name}`;
}
