export { demandSandbox, openBox, type Box, type BoxKind, type SandboxPolicy } from './box.ts';
export type { EncoderProfile } from './encoder-profile.ts';
export { chooseEncoder, type EncoderChoice, type EncoderWish } from './encoder-trial.ts';
export { MAX_CHAPTER_TITLE, MAX_CHAPTERS, type Chapter } from './chapters.ts';
export {
  TranscodeError,
  type FfmpegFacts,
  type TranscodeErrorCode,
  type TranscodeErrorFacts,
} from './errors.ts';
export { prepareJob, type PreparePayload } from './generation-jobs.ts';
export { generationWork, type GenerationWork } from './generation-progress.ts';
export { generationStatus, type GenerationStatus } from './generation-status.ts';
export {
  generationId,
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
export { DEFAULT_LADDER_OPTIONS, FLOOR_BITRATE, type ContentProfile, type LadderOptions } from './ladder.ts';
export type { AudioTrack, FrameFacts, MediaInfo, Rational, VideoTrack } from './media-info.ts';
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
export { composePresentation, type Presentation } from './presentation.ts';
export { probe, type ProbeSourceOptions } from './probe.ts';
export type { PublishResult } from './publish.ts';
export { RemainingTime } from './remaining-time.ts';
export { saveDownload, type SaveOptions } from './save-download.ts';
export { transcode, type TranscodeOptions, type TranscodeResult } from './transcode.ts';
export { transcodeToFolder } from './transcode-to-folder.ts';
export { TranscodeWorker, type TranscodeWorkerOptions, type WorkerEvent } from './worker.ts';
export { readVirtualFile, type Extent, type StoredExtent, type VirtualFile } from './virtual-file.ts';
