/** A step of a ladder: the target, not the result. */
export interface Rung {
  /** Lines of the picture's short side. */
  readonly lines: number;
  /** x264's constant rate factor: the same picture quality whatever the material. */
  readonly rateFactor: number;
  /** Bit/s that the encoder may not exceed over two seconds, whatever the material needs. */
  readonly maxBitrate: number;
}

/** The sizes to encode and how. */
export interface Ladder {
  readonly rungs: readonly Rung[];
  /** Bit/s of the sound; one mono track of speech for every rung. */
  readonly audioBitrate: number;
}

const RUNG_360: Rung = { lines: 360, rateFactor: 23, maxBitrate: 450_000 };
const RUNG_480: Rung = { lines: 480, rateFactor: 23, maxBitrate: 800_000 };
const RUNG_720: Rung = { lines: 720, rateFactor: 23, maxBitrate: 1_600_000 };
const RUNG_1080: Rung = { lines: 1080, rateFactor: 23, maxBitrate: 3_000_000 };

/** For halls on 2 Mbit/s: 360p, 480p and 720p with 64 kbit/s of mono speech. */
export const HALL_LADDER: Ladder = { rungs: [RUNG_360, RUNG_480, RUNG_720], audioBitrate: 64_000 };

/** The same with 1080p on top, for courseware with small print and halls with a better line. */
export const HALL_LADDER_1080: Ladder = {
  rungs: [RUNG_360, RUNG_480, RUNG_720, RUNG_1080],
  audioBitrate: 64_000,
};
