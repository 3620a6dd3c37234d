import { z } from 'zod';

import type { Attendance, AttendanceCounts, AttendanceRow } from '../live/room/attendance.ts';
import type { Question } from '../live/room/question-queue.ts';
import { LARGEST_COUNT, MOST_INVITED, type Receipt } from '../live/room/receipts.ts';
import type { PublicRoom } from '../live/room/room.ts';
import { coursewareId, epochMs } from './courseware-wire.ts';

/** The shapes of what the room of a live class sends and takes. */

const classId = coursewareId.describe('Of the class.');
export const classParams = z.strictObject({ id: classId });
export const questionParams = z.strictObject({
  id: classId,
  question: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .describe('Id of the question.'),
});

const seconds = z.number().min(0).describe('Seconds.');

export const beatInput = z
  .strictObject({
    played: z
      .array(z.strictObject({ from: epochMs, to: epochMs }))
      .max(40)
      .describe(
        'What was played since the last acknowledged beat, by the wall clock of the pictures (`playingDate`); empty at the ' +
          'start, in the lobby and in a pause. What was not acknowledged is told again with the next.',
      ),
  })
  .meta({ id: 'PresenceInput' });

export const beatReply = z
  .object({
    isCounted: z.boolean().describe('False where the class is not going on; then nothing was written.'),
    watchedSeconds: seconds.describe('Of what was on the air, by all browsers of this viewer.'),
    nextBeatSeconds: z.number().nullable().describe('When to tell again; null: not any more.'),
  })
  .meta({ id: 'Presence', description: 'What is on disk now.' });

export const questionStateWord = z
  .enum(['new', 'accepted', 'answered', 'dismissed'])
  .meta({ id: 'LiveQuestionState' });

export const questionInput = z
  .strictObject({
    id: z.uuid().describe('Fresh for every question; said again, it is asked once.'),
    kind: z.enum(['question', 'hand']).describe('`hand` raises a hand; then the text may be missing.'),
    text: z.string().max(2000).optional().describe('At most 300 characters when it is cleaned.'),
    name: z.string().max(200).optional().describe('What the asker calls himself; at most 20 characters.'),
  })
  .meta({ id: 'LiveQuestionInput' });

const publicQuestion = z
  .object({
    id: z.string(),
    name: z.string(),
    text: z.string(),
    answer: z.string().nullable(),
    at: epochMs,
  })
  .meta({ id: 'PublicLiveQuestion' });

export const question = publicQuestion
  .extend({
    kind: z.enum(['question', 'hand']),
    state: questionStateWord,
    canUndo: z.boolean(),
    movedAt: epochMs.nullable(),
  })
  .meta({ id: 'LiveQuestion' });

export const questions = z.object({ items: z.array(question) }).meta({ id: 'LiveQuestions' });

export const questionQuery = z.strictObject({
  state: questionStateWord.optional().describe('Only questions in this state.'),
});

export const questionMove = z
  .strictObject({
    from: questionStateWord.describe('How it stood when it was seen; it may have been moved since.'),
    to: questionStateWord,
    answer: z.string().max(3000).optional().describe('For the class to read; only with `answered`.'),
  })
  .meta({ id: 'LiveQuestionMove' });

export const questionUndo = z.strictObject({ from: questionStateWord }).meta({ id: 'LiveQuestionUndo' });

const count = z.number().int().min(0).max(LARGEST_COUNT);
const headCountInput = z
  .strictObject({
    members: count.optional().describe('党员'),
    cadres: count.optional().describe('干部'),
    activists: count.optional().describe('积极分子'),
    masses: count.optional().describe('群众'),
  })
  .meta({ id: 'HeadCountInput' });

const headCount = z
  .object({ members: count, cadres: count, activists: count, masses: count })
  .meta({ id: 'HeadCount', description: '党员、干部、积极分子、群众。' });

export const receiptInput = z
  .strictObject({
    hall: z
      .string()
      .max(400)
      .optional()
      .describe('The hall’s name, at most 60 characters; all who say the same are one.'),
    headCount: headCountInput.optional(),
  })
  .meta({ id: 'LiveReceiptInput' });

export const officeReceiptInput = receiptInput
  .extend({
    hall: z.string().max(400).describe('The hall’s name, at most 60 characters.'),
    reason: z.string().max(1000).describe('Why the office enters it, at most 200 characters.'),
  })
  .meta({ id: 'OfficeReceiptInput' });

export const receipt = z
  .object({
    hall: z.string().nullable(),
    headCount: headCount.nullable(),
    at: epochMs,
    changedAt: epochMs,
    enteredBy: z.string().nullable().describe('Who of the office has entered it; null for a hall’s own.'),
  })
  .meta({ id: 'LiveReceipt', description: '收看回执。' });

export const ownReceipt = z.object({ receipt: receipt.nullable() }).meta({ id: 'OwnLiveReceipt' });

export const halls = z
  .strictObject({ halls: z.array(z.string().max(400)).max(MOST_INVITED) })
  .meta({ id: 'InvitedHalls', description: 'The halls that are expected, by name.' });

export const hallQuery = z.strictObject({
  text: z.string().max(60).optional().describe('Less than two characters match nothing.'),
});
export const matchingHalls = z
  .object({ halls: z.array(z.string()).describe('At most 8.') })
  .meta({ id: 'MatchingHalls' });

const attendanceState = z
  .enum(['watched', 'partial', 'absent'])
  .describe('At least 85 % of the time on the air, at least 10 %, or less though expected.');

const attendanceCounts = z
  .object({
    present: z.number().int().describe('Now.'),
    invited: z.number().int(),
    acknowledged: z.number().int(),
    watched: z.number().int(),
    partial: z.number().int(),
    absent: z.number().int(),
    passing: z.number().int().describe('Looked in unexpected and did not stay; they have no row.'),
    rate: z.number().nullable().describe('到课率, 0 to 1: of the invited, else of all rows.'),
    headCount: z
      .object({ members: z.int(), cadres: z.int(), activists: z.int(), masses: z.int() })
      .describe('Of all halls.'),
  })
  .meta({ id: 'AttendanceCounts' });

const attendanceRow = z
  .object({
    id: z.string(),
    hall: z.string().nullable(),
    name: z.string(),
    state: attendanceState,
    isPresent: z.boolean(),
    isInvited: z.boolean(),
    acknowledgedAt: epochMs.nullable(),
    firstAt: epochMs.nullable(),
    lastAt: epochMs.nullable(),
    watchedSeconds: seconds,
    share: z.number().min(0).max(1),
    devices: z.number().int(),
    headCount: headCount.nullable(),
    isCountedByOffice: z.boolean(),
  })
  .meta({ id: 'AttendanceRow' });

export const attendance = z
  .object({
    onAirSeconds: seconds,
    counts: attendanceCounts,
    items: z.array(attendanceRow).describe('Halls by name, then viewers who have named none.'),
    next: z.string().nullable().describe('To be given as `after` for the next page.'),
  })
  .meta({ id: 'Attendance' });

export const attendanceQuery = z.strictObject({
  state: attendanceState.optional(),
  present: z.enum(['true', 'false']).optional().describe('Only who is there now, or only who is not.'),
  after: z
    .string()
    .regex(/^\d{1,6}$/)
    .optional()
    .describe('The `next` of the page before; absent: the first page.'),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('Default 200.'),
});

export const publicRoom = z
  .object({
    notices: z.array(z.object({ id: z.string(), text: z.string(), at: epochMs })),
    questions: z.array(publicQuestion).describe('Those that were answered, the latest first.'),
  })
  .meta({ id: 'PublicRoom', description: 'The same for everybody.' });

export function questionOf(given: Question): z.infer<typeof question> {
  return {
    id: given.id,
    kind: given.kind,
    name: given.name,
    text: given.text,
    state: given.state,
    canUndo: given.canUndo,
    answer: given.answer ?? null,
    at: given.at,
    movedAt: given.movedAt ?? null,
  };
}

export function receiptOf(given: Receipt): z.infer<typeof receipt> {
  return {
    hall: given.hall ?? null,
    headCount: given.headCount ?? null,
    at: given.at,
    changedAt: given.changedAt,
    enteredBy: given.enteredBy ?? null,
  };
}

export function countsOf({ rate, ...counts }: AttendanceCounts): z.infer<typeof attendanceCounts> {
  return { ...counts, headCount: { ...counts.headCount }, rate: rate ?? null };
}

/** A page of an attendance. */
export function attendanceOf(
  given: Attendance,
  query: z.infer<typeof attendanceQuery>,
): z.infer<typeof attendance> {
  const begin = Number(query.after ?? 0);
  const limit = query.limit ?? 200;
  const rows = given.rows.filter(
    ({ state, isPresent }) =>
      (query.state === undefined || state === query.state) &&
      (query.present === undefined || isPresent === (query.present === 'true')),
  );
  return {
    onAirSeconds: given.onAirMs / 1000,
    counts: countsOf(given.counts),
    items: rows.slice(begin, begin + limit).map(rowOf),
    next: begin + limit < rows.length ? String(begin + limit) : null,
  };
}

function rowOf({ watchedMs, ...row }: AttendanceRow): z.infer<typeof attendanceRow> {
  return {
    ...row,
    hall: row.hall ?? null,
    acknowledgedAt: row.acknowledgedAt ?? null,
    firstAt: row.firstAt ?? null,
    lastAt: row.lastAt ?? null,
    headCount: row.headCount ?? null,
    watchedSeconds: watchedMs / 1000,
  };
}

export function publicRoomOf({ notices, questions: answered }: PublicRoom): z.infer<typeof publicRoom> {
  return {
    notices: notices.map(({ id, text, at }) => ({ id, text, at })),
    questions: answered.map(({ id, name, text, answer, at }) => ({
      ...{ id, name, text, at },
      answer: answer ?? null,
    })),
  };
}
