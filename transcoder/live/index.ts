export { Broadcast, SOURCE } from './broadcast.ts';
export type { BroadcastInput, BroadcastOptions, BroadcastPosition, InputHints } from './broadcast.ts';
export type { Cut, EndCut, InitCut, InputFacts, PartCut } from './cut.ts';
export { flvBytes, flvHeader, type FlvTag, type TagKind } from './flv-tag.ts';
export { FlvReader, type FlvReaderOptions } from './flv-reader.ts';
export { LiveError, type LiveErrorCode } from './live-error.ts';
export { LivePackager, type CutTargets, type PackagerOptions } from './live-packager.ts';
export type { InputStart } from './time-line.ts';
export type { JournalHooks } from './journal.ts';
export type { PlaylistQuery } from './live-playlist.ts';
export type { LiveMedia, LiveText, PlaylistAnswer } from './live-rendition.ts';
export type { LivePart } from './live-segment.ts';
export type { RecordedRendition, RecordedSegment, RecordingFacts } from './recording-facts.ts';
export {
  LIGHT_ADVICE,
  LIGHT_LEVELS,
  type EncoderFacts,
  type EncoderLight,
  type LightLevel,
  type LightReason,
} from './encoder-light.ts';
export { LIVE_RUNGS, LiveLadder, type LadderDropReason, type LiveLadderOptions } from './ladder.ts';
export type { LiveRung } from './ladder-process.ts';
export { storeRecording, type RecordingTarget, type StoredRecording } from './recording.ts';
export { openStoredTags, type StoredTags } from './stored-tags.ts';
