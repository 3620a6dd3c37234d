export { demandSandbox, openBox, type Box, type BoxKind, type SandboxPolicy } from './box.ts';
export { contentOf } from './content-trial.ts';
export type { EncoderProfile } from './encoder-profile.ts';
export { chooseEncoder, type EncoderChoice, type EncoderWish } from './encoder-trial.ts';
export type {
  CaptionFile,
  CaptionFormat,
  CaptionProblem,
  CaptionProblemCode,
  Charset,
  Cue,
  CuePlace,
} from './captions/caption-file.ts';
export {
  captionFolder,
  storeCaptions,
  WHOLE_CAPTIONS,
  type CaptionKind,
  type CaptionTrack,
} from './captions/caption-track.ts';
export { captionedPackage, captionPlaylist } from './captions/captioned-package.ts';
export { embeddedCaptions, ORIGINAL_CAPTIONS, type EmbeddedCaptions } from './captions/embedded-captions.ts';
export { isWorkerGone, newWorkerName } from './worker-name.ts';
export { guessLanguage, languageLabel, languageTag } from './captions/language.ts';
export { readCaptions } from './captions/read-captions.ts';
export { AS_WRITTEN, retime, type Timing } from './captions/retime.ts';
export {
  captionProblemText,
  MAX_CAPTION_BYTES,
  readSidecar,
  unusable,
  type CaptionsOption,
  type SidecarCaptions,
} from './captions/sidecar-captions.ts';
export { withSubtitles, type SubtitleRendition } from './playlist/subtitle-playlist.ts';
export { choosePosterAt, type PosterSource } from './chosen-poster.ts';
export { MAX_CHAPTER_TITLE, MAX_CHAPTERS, type Chapter } from './chapters.ts';
export {
  TranscodeError,
  type FfmpegFacts,
  type TranscodeErrorCode,
  type TranscodeErrorFacts,
} from './errors.ts';
export { prepareJob, type PreparePayload } from './generation-jobs.ts';
export { generationWork, type GenerationWork } from './generation-progress.ts';
export { generationStatus, type GenerationStatus, type TrackReport } from './generation-status.ts';
export {
  generationId,
  generationPrefix,
  JOB_MOVES,
  MAX_ATTEMPTS,
  MAX_LEASES,
  OLDEST_SHARE,
  type FailureVerdict,
  type GenerationId,
  type Job,
  type JobCheckpoint,
  type JobFailure,
  type JobId,
  type JobKind,
  type JobState,
  type JobStore,
  type Json,
  type Lease,
  type NewJob,
} from './job.ts';
export {
  DEFAULT_LADDER_OPTIONS,
  FLOOR_BITRATE,
  ladderFor,
  type ContentProfile,
  type Ladder,
  type LadderOptions,
  type Rung,
} from './ladder.ts';
export type {
  AudioTrack,
  ColorTags,
  FieldOrder,
  FrameFacts,
  MediaInfo,
  Rational,
  TimeShift,
  VideoTrack,
} from './media-info.ts';
export { MemoryJobStore } from './memory-job-store.ts';
export { downloadTag, openDownload } from './mp4-download.ts';
export { folderReader, storeReader, type ObjectReader } from './object-reader.ts';
export { checkPackage, type CheckOptions, type PackageFault, type PackageVerdict } from './package-check.ts';
export {
  PACKAGE_NAME,
  parsePackageList,
  type PackageDownload,
  type PackageEntry,
  type PackageList,
} from './package-list.ts';
export { POSTER_NAME } from './poster.ts';
export { measureBandwidth, type Bandwidth } from './playlist/bandwidth.ts';
export { formatMediaPlaylist, type MediaPlaylist } from './playlist/media-playlist.ts';
export {
  formatMultivariantPlaylist,
  type AudioVariant,
  type MultivariantPlaylist,
  type VideoVariant,
} from './playlist/multivariant-playlist.ts';
export { composePresentation, type Presentation } from './presentation.ts';
export { probe, type ProbeSourceOptions } from './probe.ts';
export type { PublishResult } from './publish.ts';
export type { SegmentRun, StoredSegment } from './segment-run.ts';
export { planSpans, type Span } from './span.ts';
export { RemainingTime } from './remaining-time.ts';
export { saveDownload, type SaveOptions } from './save-download.ts';
export type {
  ChannelMix,
  CorrectionMethod,
  SoundCorrection,
  SoundFacts,
  SoundMeasure,
} from './sound-correction.ts';
export { transcode, type TranscodeOptions, type TranscodeResult } from './transcode.ts';
export { transcodeToFolder } from './transcode-to-folder.ts';
export { TranscodeWorker, type TranscodeWorkerOptions, type WorkerEvent } from './worker.ts';
export { readVirtualFile, type Extent, type StoredExtent, type VirtualFile } from './virtual-file.ts';
