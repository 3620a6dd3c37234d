import type { ObjectStore } from '../storage/index.ts';
import type { EncoderProfile } from './encoder-profile.ts';
import type { Job, JobCheckpoint, Json, NewJob } from './job.ts';
import type { SourceCopies } from './source-copies.ts';

/** What a running job may use. */
export interface JobRun {
  readonly job: Job;
  /** The fencing token: part of every object's name, so no attempt ever writes over another's. */
  readonly token: number;
  /** All jobs of the generation as they stood when this one was leased. */
  readonly siblings: readonly Job[];
  readonly store: ObjectStore;
  /** The folder of the generation's objects in the store. */
  readonly prefix: string;
  readonly sources: SourceCopies;
  readonly scratchDir: string;
  /** What this worker encodes new lectures with; `x264` is there besides. */
  readonly encoder: EncoderProfile;
  /** Threads of each encoder; 0 lets it choose. */
  readonly threads: number;
  /** Aborted when the lease is lost, the job is canceled or the worker stops. */
  readonly signal: AbortSignal;
  /** Tells how far the job is and what of it may be shown; sent with the next beat, or at once when there is a result. */
  readonly checkpoint: (checkpoint: JobCheckpoint) => Promise<void>;
}

/** What a finished job leaves. */
export interface JobOutcome {
  readonly result: Json;
  readonly next?: readonly NewJob[];
}
