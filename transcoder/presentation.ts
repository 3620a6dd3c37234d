import { createHash } from 'node:crypto';

import type { AudioPlan } from './audio-plan.ts';
import { prepared, workPayload, type MediaResult, type PrepareResult } from './generation-jobs.ts';
import type { GenerationPlan, PictureGrid } from './generation-plan.ts';
import type { Job } from './job.ts';
import { measureBandwidth } from './playlist/bandwidth.ts';
import { formatIFramePlaylist, keyPicturesOf } from './playlist/i-frame-playlist.ts';
import { formatMediaPlaylist } from './playlist/media-playlist.ts';
import {
  formatMultivariantPlaylist,
  I_FRAME_NAME,
  type AudioVariant,
  type VideoVariant,
} from './playlist/multivariant-playlist.ts';
import type { VideoRendition } from './rendition-plan.ts';
import { runTicks, type SegmentRun } from './segment-run.ts';
import { isSilent, type SoundFacts } from './sound-correction.ts';

/** The playlists of a generation, as they stand: relative names, so they work from a store, a folder or a server. */
export interface Presentation {
  /** `growing` (EVENT) while spans are missing, `complete` (VOD) afterwards. */
  readonly extent: 'growing' | 'complete';
  /** Changes whenever any of the texts does. */
  readonly revision: string;
  /** Text by name under the generation's prefix: `index.m3u8`, `720p/index.m3u8`, … */
  readonly playlists: ReadonlyMap<string, string>;
}

/** What can be shown of a lecture: the runs of each rendition, and as much of the plan as a playlist says. */
export interface ShownMedia {
  readonly plan: {
    readonly segmentDuration: number;
    readonly video:
      | {
          readonly grid: Pick<PictureGrid, 'rate'>;
          readonly renditions: readonly Pick<VideoRendition, 'name' | 'width' | 'height'>[];
        }
      | undefined;
    readonly audio: readonly (Pick<AudioPlan, 'name' | 'label' | 'language' | 'isCommentary'> & {
      /** Where nothing was measured of it. */
      readonly channels?: number;
    })[];
  };
  readonly runs: ReadonlyMap<string, readonly SegmentRun[]>;
  /** What was measured of each sound rendition in `runs`. */
  readonly sounds: ReadonlyMap<string, Pick<SoundFacts, 'channels' | 'loudness'>>;
}

/** What is finished of every rendition, without a gap from the start. */
export interface FinishedMedia extends ShownMedia {
  readonly plan: GenerationPlan;
  readonly sounds: ReadonlyMap<string, SoundFacts>;
  /** True when nothing of the plan is missing. */
  readonly isComplete: boolean;
}

/** The name of the multivariant playlist. */
export const MULTIVARIANT_NAME = 'index.m3u8';

/**
 * Composes the playlists of what is finished without a gap from the start; pure.
 *
 * @returns `undefined` until the first segment of every rendition exists
 */
export function composePresentation(jobs: readonly Job[]): Presentation | undefined {
  const media = finishedMedia(jobs);
  if (media === undefined || [...media.runs.values()].some((runs) => runs.length === 0)) return undefined;
  return presentationOf(media, media.isComplete ? 'complete' : 'growing');
}

/** Composes the playlists of what can be shown; pure. Every rendition must have a run. */
export function presentationOf(media: ShownMedia, extent: Presentation['extent']): Presentation {
  const { plan } = media;
  const targetDuration = targetOf(media);
  const playlists = new Map<string, string>();
  for (const [rendition, runs] of media.runs) {
    playlists.set(`${rendition}/index.m3u8`, formatMediaPlaylist({ extent, targetDuration, runs }));
  }
  const video: VideoVariant[] = (plan.video?.renditions ?? []).map((rendition) => {
    const runs = media.runs.get(rendition.name) ?? [];
    playlists.set(
      `${rendition.name}/${I_FRAME_NAME}`,
      formatIFramePlaylist({ extent, targetDuration, runs }),
    );
    return {
      name: rendition.name,
      width: rendition.width,
      height: rendition.height,
      frameRate: plan.video?.grid.rate ?? { numerator: 25, denominator: 1 },
      codec: runs[0]?.codec ?? '',
      bandwidth: measureBandwidth(runs, targetDuration),
      keyPictures: measureBandwidth(keyPicturesOf(runs), targetDuration),
    };
  });
  playlists.set(
    MULTIVARIANT_NAME,
    formatMultivariantPlaylist({ video, audio: audioVariants(media, targetDuration) }),
  );
  const digest = createHash('sha256');
  for (const [name, text] of playlists) digest.update(name).update(text);
  return { extent, revision: digest.digest('hex').slice(0, 16), playlists };
}

function audioVariants(media: ShownMedia, targetDuration: number): readonly AudioVariant[] {
  const audible = media.plan.audio.filter(({ name }) => media.runs.has(name));
  const preferred = preferredTrack(audible, media);
  return audible.map((audio) => {
    const runs = media.runs.get(audio.name) ?? [];
    return {
      name: audio.name,
      label: audio.label,
      language: audio.language,
      isDefault: audio === preferred,
      isCommentary: audio.isCommentary,
      channels: media.sounds.get(audio.name)?.channels ?? audio.channels ?? 1,
      codec: runs[0]?.codec ?? '',
      bandwidth: measureBandwidth(runs, targetDuration),
    };
  });
}

/** The planned default, unless it turned out silent and another one did not; pure. */
export function preferredTrack<Track extends Pick<AudioPlan, 'name' | 'isCommentary'>>(
  audible: readonly Track[],
  media: Pick<ShownMedia, 'sounds'>,
): Track | undefined {
  const hasSound = ({ name }: Track): boolean => {
    const sound = media.sounds.get(name);
    return sound !== undefined && !isSilent(sound);
  };
  return audible.find((audio) => !audio.isCommentary && hasSound(audio)) ?? audible[0];
}

/**
 * The target duration, the same from the first playlist to the last (RFC 8216 §6.2.1): every segment of a grid lasts as long as
 * the plan says, and the muxer cuts sound within one of its frames of that. Rounding to the nearest whole is what
 * §4.3.3.1 asks for.
 */
function targetOf(media: ShownMedia): number {
  return Math.max(1, Math.round(media.plan.segmentDuration));
}

/** Gathers what is finished; pure. `undefined` before the generation is planned. */
export function finishedMedia(jobs: readonly Job[]): FinishedMedia | undefined {
  const preparation = prepared(jobs);
  if (preparation === undefined) return undefined;
  const picture = finishedPicture(jobs, preparation);
  const sound = finishedSound(jobs, preparation.plan, picture.shownRuns);
  return {
    plan: preparation.plan,
    runs: new Map([...picture.runs, ...sound.runs]),
    sounds: sound.facts,
    isComplete: picture.isComplete && sound.isComplete,
  };
}

interface FinishedPicture {
  readonly runs: ReadonlyMap<string, readonly SegmentRun[]>;
  readonly isComplete: boolean;
  /** How many runs of any rendition may be shown; undefined when all may. */
  readonly shownRuns: number | undefined;
}

function finishedPicture(jobs: readonly Job[], { plan, copied }: PrepareResult): FinishedPicture {
  const runs = new Map<string, readonly SegmentRun[]>();
  if (plan.video === undefined) return { runs, isComplete: true, shownRuns: undefined };
  const spans = jobs
    .filter((job) => job.kind === 'span')
    .toSorted((a, b) => (workPayload(a).span ?? 0) - (workPayload(b).span ?? 0));
  const gap = spans.findIndex((job) => job.state !== 'done');
  const finished = gap === -1 ? spans : spans.slice(0, gap);
  const shownRuns = gap === -1 ? undefined : gap;
  for (const { name, isCopied } of plan.video.renditions) {
    // A copied rendition is there from the start, and is shown no further than the encoded ones: players switch between them.
    const made = isCopied
      ? (copied[name] ?? []).slice(0, shownRuns)
      : finished.flatMap((job) => (job.result as unknown as MediaResult).runs[name] ?? []);
    runs.set(name, made);
  }
  return { runs, isComplete: gap === -1, shownRuns };
}

interface FinishedSound {
  readonly runs: ReadonlyMap<string, readonly SegmentRun[]>;
  readonly facts: ReadonlyMap<string, SoundFacts>;
  readonly isComplete: boolean;
}

/**
 * The sound is stored in runs as long as the spans. It is shown no further than the picture: a player that takes a growing lecture
 * for a live one plays the sound on past the last picture, and then jumps.
 *
 * Watching waits for the default track only; another one is offered when it is whole, and never when it is silent.
 */
function finishedSound(
  jobs: readonly Job[],
  plan: GenerationPlan,
  shownRuns: number | undefined,
): FinishedSound {
  const runs = new Map<string, readonly SegmentRun[]>();
  const facts = new Map<string, SoundFacts>();
  let isComplete = true;
  for (const { name, isDefault } of plan.audio) {
    const job = jobs.find((candidate) => candidate.kind === 'track' && candidate.name === name);
    const made = job?.result as unknown as MediaResult | undefined;
    const isDone = job?.state === 'done';
    isComplete &&= isDone;
    if (!isDefault && !(isDone && made?.runs[name] !== undefined)) continue;
    runs.set(name, (made?.runs[name] ?? []).slice(0, shownRuns));
    if (made?.sound !== undefined) facts.set(name, made.sound);
  }
  return { runs, facts, isComplete };
}

/**
 * Proves that what is finished is the whole lecture: every rendition begins at 0, runs follow each other to the tick, all
 * pictures are there, and the renditions end together; pure.
 *
 * @returns what is wrong, or `undefined`
 */
export function faultOf(media: FinishedMedia): string | undefined {
  const { plan } = media;
  if (!media.isComplete) return 'spans are missing';
  for (const [rendition, runs] of media.runs) {
    let expected = 0;
    for (const run of runs) {
      if (run.startTicks !== expected)
        return `${run.name} begins at tick ${run.startTicks} and not at ${expected}`;
      expected += runTicks(run);
    }
    const seconds = expected / (runs[0]?.timescale ?? 1);
    // Sound comes in frames of 1,024 samples: two of them, 43 ms, is the nearest it can end.
    const isSound = plan.audio.some(({ name }) => name === rendition);
    const tolerance = isSound ? 0.05 : 0.001;
    if (Math.abs(seconds - plan.duration) > tolerance) {
      return `${rendition} lasts ${seconds.toFixed(3)} s and not ${plan.duration.toFixed(3)} s`;
    }
    const pictures = runs.reduce((sum, run) => sum + run.sampleCount, 0);
    if (!isSound && pictures !== plan.video?.grid.frameCount) {
      return `${rendition} has ${pictures} pictures and not ${plan.video?.grid.frameCount}`;
    }
  }
  return undefined;
}
