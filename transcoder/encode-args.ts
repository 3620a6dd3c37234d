import type { RunLimits } from './box.ts';
import { deviceOptions, pictureEncoder } from './encoder-profile.ts';
import { extractionOf, type CaptionSource } from './captions/caption-source.ts';
import type { FfmpegTask } from './ffmpeg.ts';
import { encodedRenditions, framesToSeconds, spanFrames, type VideoPlan } from './generation-plan.ts';
import { HOSTILE_INPUT_OPTIONS } from './hostile-media.ts';
import type { Rational } from './media-info.ts';
import { keepsFilters, pictureGraph, type Rescue } from './picture-graph.ts';
import type { VideoRendition } from './rendition-plan.ts';
import type { Span } from './span.ts';

/** Options before every input. */
export const INPUT_OPTIONS: readonly string[] = [
  '-v',
  'warning',
  // Progress is read from the status line, which the level above would hide.
  '-stats',
  ...HOSTILE_INPUT_OPTIONS,
];

/**
 * One span in every rendition from one decode; pure.
 *
 * Verified to join exactly at constant and varying rates: no picture lost or doubled, time stamps continuous, init
 * segments byte-identical.
 *
 * @param rescue - what is done where pictures are missing
 * @param threads - per encoder; 1 when several spans are encoded at once (5 % less CPU), 0 lets x264 choose
 */
export function spanTask(plan: VideoPlan, span: Span, threads: number, rescue: Rescue = 'none'): FfmpegTask {
  const frames = spanFrames(plan.grid, span);
  const start = framesToSeconds(plan.grid, frames.first).toFixed(6);
  return {
    needsGraphicsChip: plan.encoder !== 'x264',
    limits: spanLimits(plan, frames.count),
    inputOptions: [
      ...deviceOptions(plan.encoder),
      ...INPUT_OPTIONS,
      // Filters that began anew where the picture's size changes would begin with a grid from 0: all that follows came two pictures late.
      ...(keepsFilters(plan) ? ['-reinit_filter', '0'] : []),
      // Where several spans are encoded at once the decoder takes one processor too: a twentieth less of its time, and less memory.
      ...(threads === 1 ? ['-threads', '1'] : []),
      // How many pictures were decoded is told at the end, and only then.
      ...(rescue === 'none' ? [] : ['-v', 'verbose']),
      // Start at the key picture before and let the grid filter drop what lies before the span: it then knows the picture
      // that is still on the screen when the span begins, which an accurate seek would throw away.
      ...(frames.first === 0 || plan.still !== undefined ? [] : ['-noaccurate_seek', '-ss', start]),
    ],
    outputs: encodedRenditions(plan).map((rendition, position) => ({
      name: `${rendition.name}.mp4`,
      options: [
        ...(position === 0 ? ['-filter_complex', pictureGraph(plan, span, rescue)] : []),
        '-map',
        `[${rendition.name}]`,
        '-frames:v',
        String(frames.count),
        // What cannot be decoded is counted and weighed for the whole lecture, not for one span.
        '-max_error_rate',
        '1',
        ...encoderOptions(plan, rendition, threads),
        ...colorOptions(plan),
        ...packagingOptions(start, mediaTimescale(plan.grid.rate)),
      ],
    })),
  };
}

function colorOptions({ color }: VideoPlan): readonly string[] {
  return [
    '-color_range',
    'tv',
    '-color_primaries',
    color.primaries,
    '-color_trc',
    color.transfer,
    '-colorspace',
    color.matrix,
  ];
}

function encoderOptions(plan: VideoPlan, rendition: VideoRendition, threads: number): readonly string[] {
  const { segmentFrames } = plan.grid;
  return [
    ...pictureEncoder(plan.encoder, { ...rendition, segmentFrames, threads }),
    '-map_metadata',
    '-1',
    '-map_chapters',
    '-1',
  ];
}

/**
 * Computing time for a second of media: four times what the costliest master (4K, 60 pictures a second, HDR) takes on a processor
 * of 2020. What needs more is made to.
 */
const CPU_PER_SECOND = 40;
/** For what lies before a span: where key pictures are rare, decoding begins far ahead of it. */
const CPU_AT_LEAST = 600;

/** A rate cap holds over two seconds and not in each; a file four times as large as the cap allows is no encoder's honest work. */
const SIZE_ALLOWANCE = 4;

function spanLimits(plan: VideoPlan, frameCount: number): RunLimits {
  const seconds = framesToSeconds(plan.grid, frameCount);
  const bitrate = Math.max(...plan.renditions.map(({ maxBitrate }) => maxBitrate));
  return {
    cpuSeconds: CPU_AT_LEAST + seconds * CPU_PER_SECOND,
    outputBytes: 2 ** 20 + (SIZE_ALLOWANCE * bitrate * seconds) / 8,
  };
}

/** Ticks a second in which every picture of the grid lasts a whole number: 25 → 25,000 and 30000/1001 → 30,000. */
export function mediaTimescale(rate: Rational): number {
  return rate.numerator >= 1000 ? rate.numerator : rate.numerator * 1000;
}

function packagingOptions(start: string, timescale: number): readonly string[] {
  return [
    '-output_ts_offset',
    start,
    // The default shifts the first span by its B-frame delay, and it then overlaps the second by a picture.
    '-avoid_negative_ts',
    'disabled',
    '-video_track_timescale',
    String(timescale),
    '-f',
    'mp4',
    // frag_keyframe: one fragment is one segment. frag_discont: the clock starts at the span's offset, not at 0.
    // negative_cts_offsets: otherwise browsers start the sound 59 ms early. skip_trailer: no index at the end.
    '-movflags',
    '+cmaf+frag_keyframe+default_base_moof+frag_discont+negative_cts_offsets+skip_trailer',
  ];
}

/**
 * The source's own pictures as a rendition; pure. One fragment for each key picture.
 *
 * @param isDecoded - whether they are decoded at the same time, for what ffmpeg has to say of them; nothing of that is written
 */
export function copyTask(plan: VideoPlan, isDecoded: boolean): FfmpegTask {
  const picture = ['-map', `0:${plan.streamIndex}`];
  const options = [...picture, '-c', 'copy', '-map_metadata', '-1', '-map_chapters', '-1'];
  const written = [...options, ...packagingOptions('0', mediaTimescale(plan.grid.rate))];
  return {
    // How many pictures were decoded is told at the end, and only then.
    inputOptions: [...INPUT_OPTIONS, ...(isDecoded ? ['-v', 'verbose', '-skip_loop_filter', 'all'] : [])],
    outputs: [
      { name: 'copy.mp4', options: written },
      ...(isDecoded
        ? [{ name: 'nothing', options: [...picture, '-fps_mode', 'passthrough', '-f', 'null'] }]
        : []),
    ],
  };
}

/** Every text track of a source as a file of its own, named after its stream; pure. */
export function captionTask(sources: readonly CaptionSource[]): FfmpegTask {
  return {
    inputOptions: INPUT_OPTIONS,
    outputs: sources.flatMap(({ streamIndex, codec }) => {
      const extraction = extractionOf(codec);
      if (extraction === undefined) return [];
      const { codec: written, format } = extraction;
      const options = ['-map', `0:${streamIndex}`, '-c:s', written, '-f', format];
      return [{ name: `${streamIndex}.${format}`, options }];
    }),
  };
}
