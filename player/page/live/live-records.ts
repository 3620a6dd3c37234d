import type { LiveClassState } from '../../live/state-document.ts';
import { apiPath } from '../api.ts';

/** A live class as the API tells it. */
export interface LiveClassRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly lecturers: readonly string[];
  readonly hostUnit?: string | null;
  readonly channel?: string | null;
  readonly audience: readonly string[];
  readonly tags: readonly string[];
  /** ISO 8601. */
  readonly plannedStart: string;
  readonly plannedEnd: string;
  readonly source: 'rtmp' | 'simulive';
  readonly coursewareId?: string | null;
  /** This and the next four only for who may edit. */
  readonly ladder?: LiveLadderWord;
  readonly latency: 'low' | 'ordinary';
  readonly records: boolean;
  readonly asksQuestions: boolean;
  readonly wantsReceipt: boolean;
  readonly graceSeconds?: number;
  readonly overrunMinutes?: number;
  readonly slateText?: string | null;
  readonly slateImageUrl?: string | null;
  readonly announcement?: string | null;
  readonly state: LiveClassState;
  readonly announcedAt?: string | null;
  readonly onAirAt?: string | null;
  readonly endedAt?: string | null;
  readonly recordingCoursewareId?: string | null;
  /** Where everybody can see it again. */
  readonly replayUrl?: string | null;
  readonly recurrenceId?: string | null;
  readonly revision: number;
}

export type LiveLadderWord = 'source' | '360p' | '480p-360p';

/** A moment of a class that an operator marked. */
export interface LiveMarkRecord {
  readonly id: string;
  readonly kind: 'section' | 'chapter' | 'slide' | 'notice';
  /** ISO 8601. */
  readonly at: string;
  readonly text?: string | null;
  readonly slideId?: string | null;
}

/** A page of slides that may be shown. */
export interface LiveSlideRecord {
  readonly id: string;
  readonly title?: string | null;
  readonly imageUrl: string;
}

/** A connection that has published. */
export interface PublishRecord {
  readonly id: string;
  readonly role: KeyRole;
  readonly address: string;
  readonly encoder?: string | null;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number | null;
  /** Why it is over, for people. */
  readonly endWords?: string | null;
}

/** Which keys there are; the keys themselves are not kept. */
export interface IssuedKeyRecord {
  readonly role: KeyRole;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/** A key, this once. */
export interface NewKeyRecord {
  readonly key: string;
  /** What an encoder is given as its server. */
  readonly servers: readonly string[];
}

/** What the encoder on the air sends. */
export interface EncoderRecord {
  readonly level: 'green' | 'amber' | 'red';
  /** What is the matter and what to change in the encoder, the worst first. */
  readonly advice: readonly string[];
  readonly video?: {
    readonly width: number;
    readonly height: number;
    readonly frameRate: number;
    /** Bit/s. */
    readonly bitrate: number;
    readonly gopSeconds?: number;
  };
  readonly audio?: {
    readonly sampleRate: number;
    readonly channels: number;
    readonly bitrate: number;
  };
}

/** An encoder that is connected. */
export interface InputRecord {
  readonly role: KeyRole;
  readonly sessionId: string;
  readonly address: string;
  readonly encoder?: string;
  readonly isOnAir: boolean;
  /** Since its last picture or sound. */
  readonly silentMs: number;
}

/** A class that goes on though it should be over. */
export interface OverrunRecord {
  /** ISO 8601. */
  readonly since: string;
  readonly minutesOver: number;
  /** When it is ended by itself; absent where only an operator ends it. */
  readonly end?: {
    readonly at: string;
    readonly minutesLeft: number;
    /** The class that needs the channel then. */
    readonly nextClass?: { readonly title: string };
  };
}

/** A disk that does not take a class, or did not for a while. */
export interface DiskRecord {
  /** ISO 8601. */
  readonly since: string;
  /** Absent while it lasts. */
  readonly until?: string;
  readonly isFull: boolean;
  /** How often it has happened to this class. */
  readonly holes: number;
}

/** What comes in of a class and what goes out. */
export interface AirRecord {
  readonly overrun?: OverrunRecord;
  readonly disk?: DiskRecord;
  readonly inputs: readonly InputRecord[];
  /** What was asked for and comes with the next key picture. */
  readonly wish?: KeyRole;
  readonly playlistUrl?: string;
  readonly dvrUrl?: string;
  /** What comes in before the class is on the air. */
  readonly rehearsalUrl?: string;
}

/** Attempts to publish that were refused. */
export interface PublishRefusalRecord {
  readonly address: string;
  /** Why, for people. */
  readonly words: string;
  readonly times: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}

export type KeyRole = 'main' | 'backup';

export type QuestionState = 'new' | 'accepted' | 'answered' | 'dismissed';

/** A question or a raised hand. */
export interface QuestionRecord {
  readonly id: string;
  readonly kind: 'question' | 'hand';
  readonly name: string;
  readonly text: string;
  readonly state: QuestionState;
  readonly canUndo: boolean;
  readonly answer: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A question that was answered before everybody. */
export type PublicQuestionRecord = Pick<QuestionRecord, 'id' | 'name' | 'text' | 'answer' | 'at'>;

/** What everybody in the room may see. */
export interface PublicRoomRecord {
  readonly questions: readonly PublicQuestionRecord[];
}

/** How many sit in a hall, by group. */
export interface HeadCountRecord {
  readonly members: number;
  readonly cadres: number;
  readonly activists: number;
  readonly masses: number;
}

/** 收看回执. */
export interface ReceiptRecord {
  readonly hall: string | null;
  readonly headCount: HeadCountRecord | null;
  /** Epoch milliseconds. */
  readonly changedAt: number;
}

/** An attendance in numbers. */
export interface AttendanceCountsRecord {
  readonly present: number;
  readonly invited: number;
  readonly acknowledged: number;
  readonly watched: number;
  readonly partial: number;
  readonly absent: number;
  readonly passing: number;
  /** 0 to 1. */
  readonly rate: number | null;
  readonly headCount: HeadCountRecord;
}

/** One hall, or one viewer who has named none. */
export interface AttendanceRowRecord {
  readonly id: string;
  readonly name: string;
  readonly state: 'watched' | 'partial' | 'absent';
  readonly isPresent: boolean;
  readonly watchedSeconds: number;
  readonly share: number;
  readonly headCount: HeadCountRecord | null;
}

export interface AttendanceRecord {
  readonly onAirSeconds: number;
  readonly counts: AttendanceCountsRecord;
  readonly items: readonly AttendanceRowRecord[];
  readonly next: string | null;
}

/** The address of a class, or of something of it, under the API. */
export function classPath(id: string, ...rest: readonly string[]): string {
  return apiPath('live-classes', id, ...rest);
}

/** The address of a class's state document. */
export function stateAddress(id: string): string {
  return `/live/class/${encodeURIComponent(id)}.json`;
}

/** The page of a class. */
export function classAddress(id: string, part = ''): string {
  return `/live/${encodeURIComponent(id)}${part}`;
}

/** The class that this page is about, from its address. */
export function classIdOfPage(): string {
  return decodeURIComponent(location.pathname.split('/')[2] ?? '');
}
