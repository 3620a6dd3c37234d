import { shownNameOf, type ParticipantId } from './participant.ts';
import type { Participation } from './participation.ts';
import { hallKeyOf, type HeadCount } from './receipts.ts';
import { common, measureOf, united, type SpanUnion } from './time-spans.ts';

/**
 * How somebody has taken part: `watched` at least 85 % of the time the class was on the air, `partial` at least 10 %, `absent` less,
 * though expected.
 */
export type AttendanceState = 'watched' | 'partial' | 'absent';

const WATCHED_SHARE = 0.85;
const PARTIAL_SHARE = 0.1;
/** Players tell of themselves every half minute; after two that did not come, somebody is gone. */
const GONE_AFTER_MS = 75_000;

/** A hall, or a viewer who has named none. */
export interface AttendanceRow {
  /** The same for as long as the class is; means nothing outside of it. */
  readonly id: string;
  /** The hall by its own account or by the list of invitations. */
  readonly hall: string | undefined;
  /** To be shown: the hall, or what we call a viewer. */
  readonly name: string;
  readonly state: AttendanceState;
  readonly isPresent: boolean;
  readonly isInvited: boolean;
  /** All times in epoch milliseconds by the server's clock. */
  readonly acknowledgedAt: number | undefined;
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** Of what was on the air. */
  readonly watchedMs: number;
  /** 0 to 1. Of who is there, measured up to his latest beat: what he watches now he tells with the next. */
  readonly share: number;
  /** How many browsers have spoken for it. */
  readonly devices: number;
  readonly headCount: HeadCount | undefined;
  /** Whether the office has entered the head-count; it then goes before the hall's own. */
  readonly isCountedByOffice: boolean;
}

/** Who came to a class, now or for good. */
export interface Attendance {
  /** How long the class has been on the air, in milliseconds. */
  readonly onAirMs: number;
  /** In no order until {@link inOrder}: comparing thousands of names takes longer than all else. */
  readonly rows: readonly AttendanceRow[];
  readonly counts: AttendanceCounts;
}

/** An attendance in numbers. */
export interface AttendanceCounts {
  /** Viewers and halls whose players have spoken within the last moments. */
  readonly present: number;
  readonly invited: number;
  readonly acknowledged: number;
  readonly watched: number;
  readonly partial: number;
  readonly absent: number;
  /** Looked in, were not expected, and did not stay; they have no row. */
  readonly passing: number;
  /** 到课率: of the invited, or where nobody was invited of all who have a row, the part that has watched; undefined before there is any. */
  readonly rate: number | undefined;
  /** Of all halls together. */
  readonly headCount: HeadCount;
}

/** What an attendance is worked out from. */
export interface AttendanceFacts {
  readonly onAir: SpanUnion;
  readonly participants: readonly (Pick<Participation, 'firstAt' | 'lastAt' | 'played'> & {
    readonly participant: ParticipantId;
  })[];
  readonly receipts: readonly {
    readonly participant: ParticipantId;
    readonly hall: string | undefined;
    readonly headCount: HeadCount | undefined;
    readonly at: number;
    readonly changedAt: number;
    readonly isFromOffice: boolean;
  }[];
  readonly invited: readonly string[];
}

/** Everything that was said by and about one hall or viewer. */
class Group {
  readonly id: string;
  readonly name: string;
  readonly hall: string | undefined;
  isInvited = false;
  acknowledgedAt: number | undefined = undefined;
  firstAt: number | undefined = undefined;
  lastAt: number | undefined = undefined;
  played: SpanUnion = [];
  devices = 0;
  headCount: HeadCount | undefined = undefined;
  isCountedByOffice = false;
  countedAt = 0;

  constructor(id: string, name: string, hall?: string) {
    this.id = id;
    this.name = name;
    this.hall = hall;
  }
}

/**
 * Works out who came. All browsers that have given the same hall are one row, whose watching is the union of theirs: two screens in
 * one hall do not watch twice. Pure.
 *
 * @param now - epoch milliseconds; decides who is present
 */
export function attendanceOf(facts: AttendanceFacts, now: number): Attendance {
  const onAirMs = measureOf(facts.onAir);
  const groups = groupsOf(facts);
  const all = groups.map((group) => rowOf(group, facts.onAir, now));
  const rows = all.filter(
    (row) => row.state !== 'absent' || row.isInvited || row.acknowledgedAt !== undefined,
  );
  const passing = all.length - rows.length;
  return { onAirMs, rows, counts: { ...countsOfRows(rows, passing), present: all.filter(isHere).length } };
}

const isHere = ({ isPresent }: AttendanceRow): boolean => isPresent;

function groupsOf({ participants, receipts, invited }: AttendanceFacts): readonly Group[] {
  const groups = new Map<string, Group>();
  const hallGroup = (hall: string): Group => {
    const id = `hall-${hallKeyOf(hall)}`;
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = new Group(id, hall, hall)));
    return group;
  };
  const ownGroup = (participant: ParticipantId): Group => {
    let group = groups.get(participant);
    if (group === undefined) {
      groups.set(participant, (group = new Group(participant, shownNameOf(participant))));
    }
    return group;
  };

  for (const hall of invited) hallGroup(hall).isInvited = true;
  const named = new Map<ParticipantId, string>();
  for (const { participant, hall, headCount, at, changedAt, isFromOffice } of receipts) {
    if (hall !== undefined) named.set(participant, hall);
    const group = hall === undefined ? ownGroup(participant) : hallGroup(hall);
    group.acknowledgedAt = Math.min(group.acknowledgedAt ?? at, at);
    // Several may count the same heads: the office's count is the hall's, else the latest.
    const isBetter = isFromOffice || (!group.isCountedByOffice && changedAt >= group.countedAt);
    if (headCount !== undefined && isBetter) {
      group.headCount = headCount;
      group.countedAt = changedAt;
      group.isCountedByOffice = isFromOffice;
    }
  }
  for (const { participant, firstAt, lastAt, played } of participants) {
    const hall = named.get(participant);
    const group = hall === undefined ? ownGroup(participant) : hallGroup(hall);
    group.devices += 1;
    group.firstAt = Math.min(group.firstAt ?? firstAt, firstAt);
    group.lastAt = Math.max(group.lastAt ?? lastAt, lastAt);
    group.played = group.played.length === 0 ? played : united([...group.played, ...played]);
  }
  return [...groups.values()];
}

function rowOf(group: Group, onAir: SpanUnion, now: number): AttendanceRow {
  const { lastAt } = group;
  const isPresent = lastAt !== undefined && now - lastAt <= GONE_AFTER_MS;
  const watchedMs = measureOf(common(group.played, onAir));
  const { share, state } = shareOf(watchedMs, lengthUntil(onAir, isPresent ? lastAt : now));
  // Field by field: this is done thousands of times while halls wait for pictures.
  return {
    id: group.id,
    hall: group.hall,
    name: group.name,
    state,
    isPresent,
    isInvited: group.isInvited,
    acknowledgedAt: group.acknowledgedAt,
    firstAt: group.firstAt,
    lastAt,
    watchedMs,
    share,
    devices: group.devices,
    headCount: group.headCount,
    isCountedByOffice: group.isCountedByOffice,
  };
}

function lengthUntil(onAir: SpanUnion, atMs: number): number {
  let lengthMs = 0;
  for (const { fromMs, toMs } of onAir) lengthMs += Math.max(0, Math.min(toMs, atMs) - fromMs);
  return lengthMs;
}

/** What part of a class somebody has watched, and what that is called; pure. */
export function shareOf(
  watchedMs: number,
  onAirMs: number,
): { readonly share: number; readonly state: AttendanceState } {
  const share = onAirMs === 0 ? 0 : Math.min(1, watchedMs / onAirMs);
  const state = share >= WATCHED_SHARE ? 'watched' : share >= PARTIAL_SHARE ? 'partial' : 'absent';
  return { share, state };
}

const NAMES = new Intl.Collator('zh-Hans-CN', { numeric: true });

/** The same with halls by their names, then viewers without one; pure. */
export function inOrder(attendance: Attendance): Attendance {
  const rows = attendance.rows.toSorted(
    (left, right) =>
      Number(left.hall === undefined) - Number(right.hall === undefined) ||
      NAMES.compare(left.name, right.name) ||
      (left.id < right.id ? -1 : 1),
  );
  return { ...attendance, rows };
}

/** The rows in numbers; pure. */
export function countsOfRows(rows: readonly AttendanceRow[], passing: number): AttendanceCounts {
  const numberOf = (is: (row: AttendanceRow) => boolean): number => rows.filter((row) => is(row)).length;
  const invited = numberOf((row) => row.isInvited);
  const expected = invited > 0 ? invited : rows.length;
  const came = numberOf((row) => row.state === 'watched' && (row.isInvited || invited === 0));
  const heads = { members: 0, cadres: 0, activists: 0, masses: 0 };
  for (const { headCount } of rows) {
    for (const group of ['members', 'cadres', 'activists', 'masses'] as const) {
      heads[group] += headCount?.[group] ?? 0;
    }
  }
  return {
    present: numberOf(isHere),
    invited,
    acknowledged: numberOf((row) => row.acknowledgedAt !== undefined),
    watched: numberOf((row) => row.state === 'watched'),
    partial: numberOf((row) => row.state === 'partial'),
    absent: numberOf((row) => row.state === 'absent'),
    passing,
    rate: expected === 0 ? undefined : came / expected,
    headCount: heads,
  };
}
