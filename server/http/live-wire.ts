import { z } from 'zod';

import type { Principal } from '../accounts/access.ts';
import type { LiveMark } from '../live/live-marks.ts';
import { MARK_KINDS } from '../live/live-marks.ts';
import {
  imagePath,
  LIVE_CLASS_STATES,
  LIVE_LADDER_NAMES,
  LIVE_LATENCIES,
  LIVE_SOURCES,
  type LiveClass,
  type LiveClassId,
} from '../live/live-class.ts';
import { GONE_WORDS, REFUSAL_WORDS } from '../live/ingest/endings.ts';
import { SERVER_RESTARTED, type PublishRecord, type PublishRefusal } from '../live/publish-log.ts';
import type { Slide } from '../live/slide-deck.ts';
import { KEY_ROLES } from '../live/stream-key.ts';
import { coursewareId, day, epochMs, pageMark, pageSize } from './courseware-wire.ts';
import { defined } from './defined.ts';

/** The shapes of live classes as the API sends and takes them. */

export const liveId = coursewareId;
const classId = liveId.describe('Of the class.');
export const liveParams = z.strictObject({ id: classId });
export const keyParams = z.strictObject({
  id: classId,
  role: z.enum(KEY_ROLES).describe('Whose key: the main or the backup encoder’s.'),
});
export const markParams = z.strictObject({ id: classId, markId: liveId.describe('Of the mark.') });
export const slideParams = z.strictObject({ id: classId, slideId: liveId.describe('Of the slide.') });
export const imageParams = z.strictObject({
  id: classId,
  name: z.string().max(40).describe('As the addresses of pictures have it.'),
});

const moment = z.string().describe('ISO 8601, UTC.');
const momentInput = z
  .string()
  .min(16)
  .max(40)
  .describe('ISO 8601, such as `2026-12-01T14:30+08:00`; without a zone it is Chinese time.');
const stateWord = z.enum(LIVE_CLASS_STATES).meta({ id: 'LiveClassState' });

const names = (most: number, longest: number) => z.array(z.string().min(1).max(longest)).max(most);

export const liveClass = z
  .object({
    id: liveId,
    number: z.number().int(),
    title: z.string(),
    description: z.string(),
    lecturers: z.array(z.string()),
    hostUnit: z.string().nullable(),
    channel: z
      .string()
      .nullable()
      .describe('The hall or studio it comes from, or the channel it goes out on.'),
    audience: z.array(z.string()),
    tags: z.array(z.string()),
    plannedStart: moment,
    plannedEnd: moment,
    state: stateWord,
    announcement: z.string().nullable().describe('What was last said about its taking place.'),
    announcedAt: moment.nullable(),
    onAirAt: moment.nullable(),
    endedAt: moment.nullable(),
    source: z.enum(LIVE_SOURCES),
    latency: z.enum(LIVE_LATENCIES),
    records: z.boolean(),
    asksQuestions: z.boolean(),
    wantsReceipt: z.boolean(),
    slateText: z.string().nullable(),
    slateImageUrl: z.string().nullable(),
    pageUrl: z.string(),
    replayUrl: z.string().nullable().describe('Where everybody can see it again.'),
    coursewareId: coursewareId.nullable().optional().describe('Only for who may edit.'),
    ladder: z.enum(LIVE_LADDER_NAMES).optional().describe('Only for who may edit.'),
    graceSeconds: z.number().int().optional().describe('Only for who may edit.'),
    overrunMinutes: z.number().int().optional().describe('Only for who may edit.'),
    recordingCoursewareId: coursewareId.nullable().optional().describe('Only for who may edit.'),
    recurrenceId: liveId.nullable().optional().describe('Only for who may edit.'),
    token: z.string().optional().describe('Names its media; only for who may edit.'),
    createdAt: epochMs,
    updatedAt: epochMs,
    revision: z.number().int().describe('Also the ETag.'),
  })
  .meta({ id: 'LiveClass', description: 'A live class (直播课堂).' });

export const liveClassPage = z
  .object({ items: z.array(liveClass), next: z.string().nullable() })
  .meta({ id: 'LiveClassPage' });

const fields = {
  title: z.string().min(1).max(200),
  description: z.string().max(5000).optional(),
  lecturers: names(10, 100).optional(),
  hostUnit: z.string().min(1).max(100).nullable().optional(),
  channel: z.string().min(1).max(100).nullable().optional(),
  audience: names(20, 100).optional(),
  tags: names(20, 40).optional(),
  plannedStart: momentInput,
  plannedEnd: momentInput,
  source: z.enum(LIVE_SOURCES).optional(),
  coursewareId: coursewareId.nullable().optional().describe('What a `simulive` class plays.'),
  ladder: z.enum(LIVE_LADDER_NAMES).optional(),
  latency: z.enum(LIVE_LATENCIES).optional(),
  records: z.boolean().optional(),
  asksQuestions: z.boolean().optional(),
  wantsReceipt: z.boolean().optional(),
  graceSeconds: z.number().int().min(5).max(3600).optional(),
  overrunMinutes: z.number().int().min(0).max(480).optional(),
  slateText: z.string().min(1).max(200).nullable().optional(),
  announcement: z.string().max(2000).nullable().optional(),
};

const recurrence = z
  .discriminatedUnion('pattern', [
    z.strictObject({
      pattern: z.enum(['weekly', 'biweekly']),
      times: z.number().int().min(1).max(104).optional().describe('Altogether; this or `until`.'),
      until: day.optional(),
    }),
    z.strictObject({ pattern: z.literal('dates'), dates: z.array(day).min(1).max(104) }),
  ])
  .meta({ id: 'Recurrence', description: 'When it comes again, at the same time of the day.' });

export const liveClassInput = z
  .strictObject({
    ...fields,
    state: z
      .enum(['draft', 'scheduled'])
      .optional()
      .describe('`scheduled` takes its place in the timetable.'),
    recurrence: recurrence.optional(),
  })
  .meta({ id: 'LiveClassInput' });

export const liveClassPatch = z
  .strictObject({
    ...fields,
    title: fields.title.optional(),
    plannedStart: momentInput.optional(),
    plannedEnd: momentInput.optional(),
  })
  .meta({ id: 'LiveClassPatch' });

export const scopeQuery = z.strictObject({
  scope: z
    .enum(['one', 'following'])
    .optional()
    .describe('`following`: those that come after it in its recurrence too.'),
});

export const moveInput = z
  .strictObject({
    reason: z.string().min(1).max(500).optional().describe('For the history.'),
    announcement: z.string().min(1).max(2000).optional().describe('For everybody.'),
    plannedStart: momentInput.optional().describe('A new time.'),
    plannedEnd: momentInput.optional(),
  })
  .meta({ id: 'LiveClassMove' });

export const liveListQuery = z.strictObject({
  part: z.enum(['running', 'upcoming', 'past']).optional().describe('Of the timetable; absent: all of it.'),
  state: stateWord.optional().describe('Only classes in this state.'),
  from: day.optional(),
  until: day.optional(),
  recurrence: liveId.optional().describe('All classes that were planned together.'),
  text: z.string().max(200).optional().describe('In the title, literally.'),
  after: pageMark(60),
  limit: pageSize(20),
});

export const issuedKeys = z
  .object({ items: z.array(z.object({ role: z.enum(KEY_ROLES), issuedAt: epochMs })) })
  .meta({ id: 'StreamKeys', description: 'Which keys there are; the keys themselves are not kept.' });
export const newKey = z
  .object({
    role: z.enum(KEY_ROLES),
    key: z.string().describe('Shown this once.'),
    servers: z.array(z.string()).describe('What goes into the encoder’s field “server”.'),
  })
  .meta({ id: 'NewStreamKey' });

const session = z.object({
  id: z.string(),
  role: z.enum(KEY_ROLES),
  address: z.string(),
  encoder: z.string().nullable(),
  startedAt: epochMs,
  endedAt: epochMs.nullable(),
  endReason: z.string().nullable(),
  endWords: z.string().nullable().describe('The reason for people.'),
});
const refusal = z.object({
  address: z.string(),
  why: z.string(),
  words: z.string().describe('The reason for people.'),
  times: z.number().int(),
  firstAt: epochMs,
  lastAt: epochMs,
});
export const sessionsPage = z
  .object({
    items: z.array(session),
    refusals: z.array(refusal).describe('Who was not let in with its keys.'),
  })
  .meta({ id: 'PublishSessions' });

export const mark = z
  .object({
    id: liveId,
    kind: z.enum(MARK_KINDS),
    at: moment.describe('By the server’s clock.'),
    text: z.string().nullable(),
    slideId: liveId.nullable(),
    imageUrl: z.string().nullable(),
    mediaSeconds: z.number().nullable().describe('Where it is in the recording.'),
  })
  .meta({
    id: 'LiveMark',
    description: 'A moment that somebody marked: a section, a chapter, a slide, a notice.',
  });
export const markPage = z.object({ items: z.array(mark) }).meta({ id: 'LiveMarks' });
export const markQuery = z.strictObject({
  kind: z.enum(MARK_KINDS).optional().describe('Only marks of this kind.'),
});

const markFields = {
  at: momentInput.optional().describe('Default: now.'),
  text: z.string().min(1).max(500).optional().describe('Needed, but for a slide.'),
  slideId: liveId.optional().describe('The page a `slide` shows; without one, none is shown any more.'),
};
export const markInput = z
  .strictObject({ kind: z.enum(MARK_KINDS), ...markFields })
  .meta({ id: 'LiveMarkInput' });
export const markPatch = z.strictObject(markFields).meta({ id: 'LiveMarkPatch' });
export const noticeInput = z
  .strictObject({ text: z.string().min(1).max(500) })
  .meta({ id: 'LiveNoticeInput' });

export const slide = z
  .object({
    id: liveId,
    position: z.number().int(),
    title: z.string().nullable(),
    imageUrl: z.string(),
    contentType: z.string(),
    width: z.number().int(),
    height: z.number().int(),
    sizeBytes: z.number().int(),
  })
  .meta({ id: 'LiveSlide' });
export const slidePage = z.object({ items: z.array(slide) }).meta({ id: 'LiveSlides' });
export const slideQuery = z.strictObject({
  title: z.string().min(1).max(100).optional().describe('What the slide is about.'),
  show: z.enum(['true', 'false']).optional().describe('`true` shows it from now on.'),
});
export const shownSlides = z
  .array(
    z.object({
      at: moment,
      title: z.string().optional(),
      imageUrl: z.string().optional().describe('Absent where the slide is taken off the screen.'),
    }),
  )
  .meta({ id: 'ShownSlides', description: 'Which slide is shown from when on, in order.' });

/** A class as somebody may see it. */
export function liveClassOf(given: LiveClass, principal: Principal): z.infer<typeof liveClass> {
  const { slateImage, calendarSequence: _sequence, isReplayPublic, recordingCoursewareId, ...rest } = given;
  const { token, coursewareId: played, ladder, graceSeconds, overrunMinutes, recurrenceId, ...shown } = rest;
  return {
    ...shown,
    lecturers: [...given.lecturers],
    audience: [...given.audience],
    tags: [...given.tags],
    hostUnit: given.hostUnit ?? null,
    channel: given.channel ?? null,
    announcement: given.announcement ?? null,
    announcedAt: given.announcedAt ?? null,
    onAirAt: given.onAirAt ?? null,
    endedAt: given.endedAt ?? null,
    slateText: given.slateText ?? null,
    slateImageUrl: slateImage === undefined ? null : imagePath(given.id, slateImage),
    pageUrl: `/live/${given.id}`,
    replayUrl: isReplayPublic ? `/watch/${recordingCoursewareId ?? ''}` : null,
    ...(principal.kind === 'admin' && {
      coursewareId: played ?? null,
      ladder,
      graceSeconds,
      overrunMinutes,
      recordingCoursewareId: recordingCoursewareId ?? null,
      recurrenceId: recurrenceId ?? null,
      token,
    }),
  };
}

// The log is read as it was written, maybe by an older version: a reason without words is shown as it is.
const END_WORDS: Readonly<Record<string, string>> = { ...GONE_WORDS, [SERVER_RESTARTED]: '服务器重新启动' };
const NOT_LET_IN: Readonly<Record<string, string>> = REFUSAL_WORDS;

/** A connection that published, as the API shows it. */
export function sessionOf(given: PublishRecord): z.infer<typeof session> {
  const { id, role, address, startedAt, encoder = null, endedAt = null, endReason = null } = given;
  const endWords = endReason === null ? null : (END_WORDS[endReason] ?? endReason);
  return { id, role, address, encoder, startedAt, endedAt, endReason, endWords };
}

/** Refused attempts, as the API shows them. */
export function refusalOf({ address, why, times, firstAt, lastAt }: PublishRefusal): z.infer<typeof refusal> {
  return { address, why, words: NOT_LET_IN[why] ?? why, times, firstAt, lastAt };
}

/** A mark as the API shows it. */
export function markOf(id: LiveClassId, given: LiveMark): z.infer<typeof mark> {
  const { image, mediaMs, ...rest } = given;
  return {
    ...rest,
    text: given.text ?? null,
    slideId: given.slideId ?? null,
    imageUrl: image === undefined ? null : imagePath(id, image),
    mediaSeconds: mediaMs === undefined ? null : mediaMs / 1000,
  };
}

/** A slide as the API shows it. */
export function slideOf(id: LiveClassId, { image, title, ...rest }: Slide): z.infer<typeof slide> {
  return { ...rest, title: title ?? null, imageUrl: imagePath(id, image) };
}

/** What is shown from when on, as pages ask for it. */
export function shownSlideOf(
  id: LiveClassId,
  { at, text, image }: LiveMark,
): z.infer<typeof shownSlides>[number] {
  return {
    at,
    ...defined({ title: text, imageUrl: image === undefined ? undefined : imagePath(id, image) }),
  };
}
