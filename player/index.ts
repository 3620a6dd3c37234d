export type { CaptionTrack, Chapter, PlaybackDescriptor, ShownSlide } from './descriptor.ts';
export { CoursewarePlayer, SPEEDS } from './courseware-player.ts';
export type { CoursewarePlayerOptions, LoadOptions } from './courseware-player.ts';
export { defineCoursewareElement } from './courseware-element.ts';
export type { CoursewareElement } from './courseware-element.ts';
export { PlayerError } from './errors.ts';
export type { PlayerErrorCode } from './errors.ts';
export type { PlayerPhase, PlayerState, Rendition, SoundTrack, StateListener } from './player-state.ts';
export type { ResumeStorage } from './resume-point.ts';
export type { WatchdogTimes } from './watchdog.ts';
export { LivePlayer } from './live/live-player.ts';
export type { LivePlayerOptions } from './live/live-player.ts';
export type { LiveState } from './live/live-state.ts';
export type { CoverKind } from './live/cover.ts';
export type { HealingTimes } from './live/healing.ts';
export type { RewindSpan } from './live/rewind.ts';
export type { FeedReport, StateSource } from './live/state-feed.ts';
export { Presence } from './live/presence.ts';
export type { BeatAnswer, PresenceBeat, SendBeat } from './live/presence.ts';
export type { PlayedRange } from './live/played-ranges.ts';
export { slideAt } from './live/slide-timeline.ts';
export type {
  LiveClassState,
  LiveNotice,
  LiveReplay,
  LiveSlate,
  LiveSlide,
  LiveStateDocument,
  SlateKind,
} from './live/state-document.ts';
