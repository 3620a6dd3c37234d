/** How a track's channels become what is heard. */
export type ChannelMix =
  /** The source has one channel. */
  | 'mono'
  /** Both channels of a stereo source in equal parts. */
  | 'both'
  /** One channel of a stereo source, because the other is dead. */
  | 'left'
  | 'right'
  /** One channel turned over: as they are, the two would cancel each other out. */
  | 'inverted'
  /** More than two channels, with the centre, where the speech is, well above the others. */
  | 'centre';

/** What a track was found to be, by hearing all of it. */
export interface SoundMeasure {
  readonly mix: ChannelMix;
  /** Integrated loudness of the mix in LUFS (ITU-R BS.1770-4, gated); {@link SILENCE_LUFS} when there is nothing to hear. */
  readonly loudness: number;
  /** Loudness range of the mix in LU (EBU Tech 3342). */
  readonly loudnessRange: number;
  /** True peak of the mix in dBTP (BS.1770-4 annex 2). */
  readonly truePeak: number;
  /** Its channels or its rate change on the way, so it is made from a copy in one form. */
  readonly changesForm?: true;
  /** At least so many seconds could not be decoded, and are silent. */
  readonly lostSeconds?: number;
}

/**
 * What is done to a track, once:
 *
 * - `none`: it is right, or silent.
 * - `gain`: every sample by the same factor.
 * - `limiter`: the same, and the few peaks that would then be too high are held down.
 * - `leveller`: quiet passages are brought nearer to loud ones over seconds, because one factor cannot make both audible.
 */
export type CorrectionMethod = 'none' | 'gain' | 'limiter' | 'leveller';

/** What is done to a track. */
export interface SoundCorrection {
  readonly method: CorrectionMethod;
  /** dB; of a levelled track what is added after the levelling. */
  readonly gain: number;
}

/** What leaves a track as it is. */
export const UNCORRECTED: SoundCorrection = { method: 'none', gain: 0 };

/** What is known about a track that has been made. */
export interface SoundFacts extends SoundMeasure, SoundCorrection {
  readonly channels: number;
}

/**
 * LUFS that every lecture is brought to: EBU R 128, the level of television. One level for all courseware means that nobody in a
 * hall reaches for the remote control between two lectures. -16 LUFS, usual for podcasts, would leave speech no room
 * for its peaks below -1 dBTP without being compressed.
 */
export const TARGET_LUFS = -23;
/** LU around the target that nobody hears; a track within them is left as it is. */
export const TOLERANCE_LU = 1;
/** dBTP that the delivered sound may reach (EBU R 128 clause g; Tech 3344 for coded delivery). */
export const MAX_TRUE_PEAK = -1;
/** dBTP before encoding. AAC at 64 kbit/s rounds peaks by up to half a decibel upwards. */
export const ENCODER_TRUE_PEAK = -2;
/** dB; more would bring up the room and the recorder's own noise and not the speaker. */
export const MAX_GAIN = 26;
/** LUFS at and below which a track counts as silent: a recorder's own noise with no one speaking. */
export const SILENCE_LUFS = -60;
/** LU beyond which one gain cannot make both the quiet and the loud passages audible in a hall. */
export const WIDE_RANGE_LU = 15;

/** Levels of a stereo source in dB, root mean square over the whole track. */
export interface StereoLevels {
  readonly left: number;
  readonly right: number;
  /** Of half the sum. */
  readonly middle: number;
  /** Of half the difference. */
  readonly side: number;
}

/** A channel so far below the other carries its crosstalk or its noise. */
const DEAD_CHANNEL_DB = 20;
/** Two microphones in a room differ by less; only a turned-over channel puts more into the difference than into the sum. */
const INVERTED_DB = 6;

/** Chooses the mix of a stereo source; pure. */
export function chooseMix({ left, right, middle, side }: StereoLevels): ChannelMix {
  if (left - right > DEAD_CHANNEL_DB) return 'left';
  if (right - left > DEAD_CHANNEL_DB) return 'right';
  return side - middle > INVERTED_DB ? 'inverted' : 'both';
}

/** True of a track with nothing to hear in it. */
export function isSilent(measure: Pick<SoundMeasure, 'loudness'>): boolean {
  return measure.loudness <= SILENCE_LUFS;
}

/** Decides what to do about a track; pure. */
export function planCorrection(measure: SoundMeasure): SoundCorrection {
  if (isSilent(measure)) return UNCORRECTED;
  const wanted = Math.round((TARGET_LUFS - measure.loudness) * 10) / 10;
  const gain = Math.abs(wanted) <= TOLERANCE_LU ? 0 : Math.min(wanted, MAX_GAIN);
  // Levelling raises what is quiet without knowing what it is: not for what is near silence.
  if (measure.loudnessRange > WIDE_RANGE_LU && wanted <= MAX_GAIN) return { method: 'leveller', gain: 0 };
  if (measure.truePeak + gain > ENCODER_TRUE_PEAK) return { method: 'limiter', gain };
  return { method: gain === 0 ? 'none' : 'gain', gain };
}

/** dB held down beyond which the peaks are loud enough to have counted in the loudness that the gain was made from. */
const HEAVY_LIMITING_DB = 3;

/** True when the correction itself changes the loudness, so that its result must be heard before its gain is known; pure. */
export function mustBeHeardAgain(measure: SoundMeasure, { method, gain }: SoundCorrection): boolean {
  if (method === 'leveller') return true;
  return method === 'limiter' && measure.truePeak + gain - ENCODER_TRUE_PEAK > HEAVY_LIMITING_DB;
}

/** Makes up for what limiting or levelling did to the loudness; pure. */
export function refineCorrection(correction: SoundCorrection, loudness: number): SoundCorrection {
  const missing = Math.round((TARGET_LUFS - loudness) * 10) / 10;
  return { ...correction, gain: Math.min(correction.gain + missing, MAX_GAIN) };
}

/** dB below the target from which a producer should hear that the recording was too quiet. */
const NOTICEABLY_QUIET = 12;
/** Peaks that touch full scale so little above the speech's own level were cut off by the recorder. */
const CLIPPED_PEAK_TO_LOUDNESS = 12;
/** dBTP that only comes of peaks that were cut off before the sound was coded; coding alone adds less. */
const CLIPPED_TRUE_PEAK = 1;

/** What a producer should know about a track, to record better next time; pure. */
export function soundWarnings(facts: SoundFacts): readonly string[] {
  const lost = Math.round(facts.lostSeconds ?? 0);
  const warnings = lost > 0 ? [`原片至少有 ${lost} 秒声音损坏、无法解码，这些地方没有声音。`] : [];
  if (isSilent(facts)) return [...warnings, '几乎没有声音：请检查录音时话筒是否接好、有没有选错音轨。'];
  const level = Math.round(facts.loudness);
  const raised = Math.min(TARGET_LUFS - facts.loudness, MAX_GAIN);
  if (raised >= MAX_GAIN) {
    warnings.push(
      `声音太小（${level} LUFS），已放大 ${Math.round(raised)} 分贝（上限），可能仍听不清，噪声也会变大；请靠近话筒重录。`,
    );
  } else if (raised > NOTICEABLY_QUIET) {
    warnings.push(
      `声音偏小（${level} LUFS），已放大 ${Math.round(raised)} 分贝，底噪也会变大；下次录音请靠近话筒或调高录音音量。`,
    );
  }
  const isPressed = facts.truePeak > -0.5 && facts.truePeak - facts.loudness < CLIPPED_PEAK_TO_LOUDNESS;
  if (isPressed || facts.truePeak > CLIPPED_TRUE_PEAK) {
    warnings.push('录音时音量过大，声音已失真（削波），转码无法修复；下次录音请调低录音音量。');
  }
  if (facts.method === 'leveller') {
    warnings.push(`声音忽大忽小（响度范围 ${Math.round(facts.loudnessRange)} LU），已自动拉平。`);
  }
  if (facts.mix === 'left' || facts.mix === 'right') {
    warnings.push(`只有${facts.mix === 'left' ? '左' : '右'}声道有声音，已取这一声道做成单声道。`);
  }
  if (facts.mix === 'inverted') {
    warnings.push('左右声道相位相反，合在一起会互相抵消，已自动纠正；请检查话筒接线。');
  }
  return warnings;
}
