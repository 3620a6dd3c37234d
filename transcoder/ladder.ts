/** What a producer may ask of a lecture's renditions; plain data that survives JSON. */
export interface LadderOptions {
  /** Adds 1080p at full quality where the source has the lines for it: small print, halls with a better line. */
  readonly includes1080p: boolean;
  /** Keeps the lowest rendition with its sound under {@link FLOOR_BITRATE}, whatever the material. */
  readonly includesFloor: boolean;
  /** Keeps 50 or 60 pictures a second, which are halved otherwise: dance, sport, machines at work. */
  readonly keepsFullRate: boolean;
}

/** What is made when nothing is asked. */
export const DEFAULT_LADDER_OPTIONS: LadderOptions = {
  includes1080p: false,
  includesFloor: false,
  keepsFullRate: false,
};

/** Bit/s that the floor promises at its peak, picture and sound together. */
export const FLOOR_BITRATE = 400_000;

/**
 * What kind of picture it is. `camera`: people, hands, orchards; detail costs bits in every picture. `slides`: slides, code,
 * drawings, with or without a speaker in a corner; nearly all of the picture stands still, and what counts is that print can be read.
 */
export type ContentProfile = 'camera' | 'slides';

/** A step of a ladder: the target, not the result. */
export interface Rung {
  /** Lines of the picture's short side. */
  readonly lines: number;
  /** x264's constant rate factor: the same picture quality whatever the material. */
  readonly rateFactor: number;
  /** The factor where nothing larger is made; the same when absent. */
  readonly topRateFactor?: number;
  /** Bit/s that the encoder may not exceed over {@link bufferSeconds}, whatever the material needs. */
  readonly maxBitrate: number;
  readonly bufferSeconds: number;
}

/** The sizes to encode and how. */
export interface Ladder {
  readonly profile: ContentProfile;
  /** Smallest first. */
  readonly rungs: readonly Rung[];
  /** Bit/s of the sound; one mono track of speech for every rung. */
  readonly audioBitrate: number;
  /** Seconds a segment aims at. */
  readonly segmentSeconds: number;
  readonly keepsFullRate: boolean;
}

/**
 * Seconds a segment aims at. 6 s against 2 s saves a slide lecture almost half of its bits and costs 0.7 VMAF; a longer
 * one makes joining and seeking slow.
 */
const SEGMENT_SECONDS = 6;
/** Mono. As good with the encoder's `fast` search as 64 kbit/s with the default one, in speech and in music. */
const AUDIO_BITRATE = 56_000;
const BUFFER_SECONDS = 2;

const CAMERA_RUNGS: readonly Rung[] = [
  { lines: 360, rateFactor: 23, maxBitrate: 450_000, bufferSeconds: BUFFER_SECONDS },
  { lines: 480, rateFactor: 23, maxBitrate: 800_000, bufferSeconds: BUFFER_SECONDS },
  { lines: 720, rateFactor: 23, maxBitrate: 1_600_000, bufferSeconds: BUFFER_SECONDS },
];
const RUNG_1080: Rung = {
  lines: 1080,
  rateFactor: 23,
  maxBitrate: 3_000_000,
  bufferSeconds: BUFFER_SECONDS,
};

/**
 * For print, more lines at a higher factor beat fewer lines at a lower one: at 240 kbit/s 1080p scores VMAF 91.5, 720p at 217 kbit/s
 * 83.7. So 1080p is always among these, and the picture is made at full quality where nothing larger follows.
 */
const SLIDE_RUNGS: readonly Rung[] = [
  { lines: 480, rateFactor: 26, topRateFactor: 23, maxBitrate: 500_000, bufferSeconds: BUFFER_SECONDS },
  { lines: 720, rateFactor: 28, topRateFactor: 23, maxBitrate: 900_000, bufferSeconds: BUFFER_SECONDS },
];
const SLIDE_RUNG_1080: Rung = {
  lines: 1080,
  rateFactor: 28,
  maxBitrate: 1_500_000,
  bufferSeconds: BUFFER_SECONDS,
};

/**
 * What the picture may take of the floor. A segment of six seconds holds at most six of these and the buffer of one more, 321 kbit/s;
 * its box headers take 4, the sound 56, and 70 where it is dense music.
 */
const FLOOR_PICTURE: Pick<Rung, 'maxBitrate' | 'bufferSeconds'> = { maxBitrate: 275_000, bufferSeconds: 1 };

/** The ladder for a kind of picture and a producer's wishes; pure. */
export function ladderFor(profile: ContentProfile, options: LadderOptions): Ladder {
  const rungs =
    profile === 'slides'
      ? [...SLIDE_RUNGS, options.includes1080p ? RUNG_1080 : SLIDE_RUNG_1080]
      : [...CAMERA_RUNGS, ...(options.includes1080p ? [RUNG_1080] : [])];
  return {
    profile,
    rungs: rungs.map((rung, place) =>
      place === 0 && options.includesFloor ? { ...rung, ...FLOOR_PICTURE } : rung,
    ),
    audioBitrate: AUDIO_BITRATE,
    segmentSeconds: SEGMENT_SECONDS,
    keepsFullRate: options.keepsFullRate,
  };
}
