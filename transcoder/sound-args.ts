import type { AudioPlan } from './audio-plan.ts';
import { INPUT_OPTIONS } from './encode-args.ts';
import type { FfmpegTask } from './ffmpeg.ts';
import {
  ENCODER_TRUE_PEAK,
  UNCORRECTED,
  type ChannelMix,
  type SoundCorrection,
  type SoundMeasure,
} from './sound-correction.ts';

const SAMPLE_RATE = 48_000;
/** Peaks between samples are only seen at four times their rate (BS.1770-4 annex 2). */
const OVERSAMPLED_RATE = 4 * SAMPLE_RATE;

/**
 * Raises quiet passages by up to 18 dB over seven seconds. Where 15 s at the microphone alternate with 15 s from the last row, the range
 * of 25 LU becomes 11; `loudnorm` takes the distant voice for silence and leaves 20, at five times the cost.
 */
const LEVELLER = 'dynaudnorm=f=500:g=15:p=0.5:m=8';
/** dBFS that it never exceeds. */
const LEVELLED_PEAK = -6;

/** The levels that decide how a stereo source is mixed; the names stand in ffmpeg's log. */
export const STEREO_PROBES: Readonly<Record<'left' | 'right' | 'middle' | 'side', string>> = {
  left: 'c0=c0',
  right: 'c0=c1',
  middle: 'c0=0.5*c0+0.5*c1',
  side: 'c0=0.5*c0-0.5*c1',
};

/**
 * Hears a whole track: loudness, its range and the true peak of one mix, as it is or as a correction would leave it; and, of the usual
 * mix of a stereo source as it is, the levels that tell which mix it should be. Nothing is written; ffmpeg's log has the
 * figures. Pure.
 */
export function measureTask(
  plan: AudioPlan,
  mix: ChannelMix,
  correction: SoundCorrection = UNCORRECTED,
): FfmpegTask {
  const meter = 'ebur128=peak=true:framelog=verbose';
  const source = `[0:${plan.streamIndex}]aresample=${SAMPLE_RATE}${downmix(mix)}`;
  const probes = mix === 'both' && correction === UNCORRECTED ? Object.entries(STEREO_PROBES) : [];
  const graph = [
    `${source},asplit=${probes.length + 1}[mix]${probes.map(([name]) => `[${name}]`).join('')}`,
    `[mix]${[...mixFilters(mix), ...correctionFilters(correction), meter].join(',')}[heard]`,
    ...probes.map(([name, pan]) => `[${name}]pan=mono|${pan},volumedetect@${name},anullsink`),
  ];
  return {
    // The figures are told at this level.
    inputOptions: [...INPUT_OPTIONS, '-v', 'info'],
    outputs: [
      { name: 'nothing', options: ['-filter_complex', graph.join(';'), '-map', '[heard]', '-f', 'null'] },
    ],
  };
}

/**
 * The sound in one pass: AAC cut into runs would overlap by 37 ms at each join. Pure.
 *
 * @param sound - what the track was found to be and what is done about it
 */
export function audioTask(
  plan: AudioPlan,
  sound: SoundCorrection & Pick<SoundMeasure, 'mix' | 'changesForm'>,
  segmentDuration: number,
): FfmpegTask {
  const { mix, changesForm = false } = sound;
  const filters = [
    // async and first_pts fill gaps and a late start with silence; apad and -t make it end with the picture.
    `aresample=${SAMPLE_RATE}:async=1:first_pts=0:min_hard_comp=${leastMended(plan)}${downmix(mix)}`,
    ...mixFilters(mix),
    ...correctionFilters(sound),
    `apad=whole_dur=${plan.duration.toFixed(6)}`,
  ];
  return {
    // A track alone in its file may begin late: its times are the lecture's, and not counted from the first sound.
    inputOptions: [...INPUT_OPTIONS, ...(changesForm ? ['-copyts'] : [])],
    outputs: [
      {
        name: 'audio.mp4',
        options: [
          '-map',
          `0:${plan.streamIndex}`,
          '-af',
          filters.join(','),
          '-t',
          plan.duration.toFixed(6),
          '-c:a',
          'aac',
          // Half the time of the default search, and with mono sound less noise at every frequency below 5 kHz.
          '-aac_coder',
          'fast',
          '-b:a',
          String(plan.bitrate),
          '-map_metadata',
          '-1',
          '-map_chapters',
          '-1',
          ...soundPackaging(segmentDuration),
        ],
      },
    ],
  };
}

/**
 * Seconds by which sound may be early or late before silence or a cut puts it right: at each join of two recordings one of picture and
 * sound is a little shorter. A clock that is only guessed would be chopped up. Changing the speed instead (`async` above 1)
 * starts ffmpeg 5.1's resampler anew, and the silence in front comes a second time.
 */
function leastMended({ hasSteadyClock }: AudioPlan): number {
  return hasSteadyClock ? 0.02 : 0.1;
}

/**
 * Options of the resampler, which mixes many channels down by the layout's own rules. The centre, where the speech of films and
 * conferences is, comes out twice as strong as each front channel, surroundings at half of these.
 */
function downmix(mix: ChannelMix): string {
  return mix === 'centre' ? ':center_mix_level=1:surround_mix_level=0.5:lfe_mix_level=0' : '';
}

function mixFilters(mix: ChannelMix): readonly string[] {
  switch (mix) {
    case 'mono':
    case 'centre':
      return ['aformat=channel_layouts=mono'];
    case 'both':
      return [`pan=mono|${STEREO_PROBES.middle}`];
    case 'left':
      return [`pan=mono|${STEREO_PROBES.left}`];
    case 'right':
      return [`pan=mono|${STEREO_PROBES.right}`];
    case 'inverted':
      return [`pan=mono|${STEREO_PROBES.side}`];
  }
}

function correctionFilters({ method, gain }: SoundCorrection): readonly string[] {
  const volume = `volume=${gain.toFixed(2)}dB`;
  const ceiling = (10 ** (ENCODER_TRUE_PEAK / 20)).toFixed(5);
  const limiter = [
    `aresample=${OVERSAMPLED_RATE}`,
    // Its own levelling would undo the gain; without `latency` the sound comes 5 ms late.
    `alimiter=limit=${ceiling}:level=disabled:attack=5:release=100:latency=1`,
    `aresample=${SAMPLE_RATE}`,
  ];
  switch (method) {
    case 'none':
      return [];
    case 'gain':
      return [volume];
    case 'limiter':
      return [volume, ...limiter];
    case 'leveller':
      return [LEVELLER, volume, ...(LEVELLED_PEAK + gain > ENCODER_TRUE_PEAK - 1 ? limiter : [])];
  }
}

/** The HLS muxer, for its cutting rule alone: it cuts at the sound frame nearest to each multiple of the segment. */
function soundPackaging(segmentDuration: number): readonly string[] {
  return [
    '-avoid_negative_ts',
    'disabled',
    '-f',
    'hls',
    '-hls_time',
    segmentDuration.toFixed(6),
    '-hls_list_size',
    '0',
    '-hls_segment_type',
    'fmp4',
    '-hls_flags',
    'single_file',
    '-hls_segment_filename',
    'out/audio.m4s',
    '-hls_fmp4_init_filename',
    'audio.m4s',
    '-hls_segment_options',
    'movflags=+negative_cts_offsets',
  ];
}
