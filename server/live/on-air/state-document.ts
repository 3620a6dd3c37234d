import type { LiveNotice, LiveSlate, LiveSlide, LiveStateDocument } from '../../../player/index.ts';
import { imagePath, OVER_STATES, RUNNING_STATES, type LiveClass } from '../live-class.ts';
import type { LiveMark } from '../live-marks.ts';

/** What a state document is written from. */
export interface ClassPicture {
  readonly liveClass: LiveClass;
  /** Its marks in order of their time. */
  readonly marks: readonly LiveMark[];
  readonly nowMs: number;
  /** There is a whole segment of it. */
  readonly isPlayable: boolean;
  /** Pictures reach everybody at this moment. */
  readonly hasPicture: boolean;
  /** The recording, once everybody may see it. */
  readonly replayId: string | undefined;
}

/** Slides are a few words and an address each; whoever is at the live edge needs no more. */
const LATEST_SLIDES = 8;
const LATEST_NOTICES = 20;

/** What a viewer's page knows of a class; pure. */
export function stateDocument(picture: ClassPicture): LiveStateDocument {
  const { liveClass, marks, nowMs, isPlayable, replayId } = picture;
  const { id, token, state, hostUnit, onAirAt } = liveClass;
  const slides = slidesOf(liveClass, marks);
  const isRunning = RUNNING_STATES.includes(state);
  return {
    id,
    title: liveClass.title,
    lecturers: [...liveClass.lecturers],
    ...(hostUnit !== undefined && { hostUnit }),
    state,
    plannedStart: liveClass.plannedStart,
    plannedEnd: liveClass.plannedEnd,
    now: new Date(nowMs).toISOString(),
    slate: slateOf(picture),
    ...(isRunning &&
      isPlayable && { playlistUrl: `/live/${token}/index.m3u8`, dvrUrl: `/live/${token}/dvr.m3u8` }),
    ...(onAirAt !== undefined && { onAirSince: onAirAt }),
    latency: liveClass.latency,
    notices: noticesOf(marks),
    slides: slides.slice(-LATEST_SLIDES),
    ...(slides.length > 0 && { slidesUrl: `/live/class/${id}/slides.json` }),
    ...(replayId !== undefined && { replay: { coursewareId: replayId, url: `/watch/${replayId}` } }),
    asksQuestions: liveClass.asksQuestions,
    wantsReceipt: liveClass.wantsReceipt,
  };
}

function slidesOf({ id }: Pick<LiveClass, 'id'>, marks: readonly LiveMark[]): readonly LiveSlide[] {
  return marks.flatMap(({ kind, at, text, image }) =>
    kind !== 'slide'
      ? []
      : [
          {
            at,
            ...(text !== undefined && { title: text }),
            ...(image !== undefined && { imageUrl: imagePath(id, image) }),
          },
        ],
  );
}

function noticesOf(marks: readonly LiveMark[]): readonly LiveNotice[] {
  return marks
    .flatMap(({ kind, id, text, at }) => (kind === 'notice' && text !== undefined ? [{ id, text, at }] : []))
    .slice(-LATEST_NOTICES)
    .toReversed();
}

function slateOf({ liveClass, isPlayable, hasPicture }: ClassPicture): LiveSlate {
  const { id, state, slateText, slateImage, announcement } = liveClass;
  const own = {
    text: slateText ?? '',
    ...(slateImage !== undefined && { imageUrl: imagePath(id, slateImage) }),
  };
  if (OVER_STATES.includes(state)) return { kind: 'ended', text: '' };
  if (state === 'cancelled' || state === 'postponed') return { kind: state, text: announcement ?? '' };
  if (state === 'rehearsing') return { ...own, kind: 'rehearsal' };
  if (!RUNNING_STATES.includes(state) || !isPlayable) return { ...own, kind: 'lobby' };
  return hasPicture ? { kind: 'none', text: '' } : { ...own, kind: 'interrupted' };
}
