import { INPUT_OPTIONS } from './encode-args.ts';
import { LOSSLESS } from './even-sound.ts';
import type { FfmpegTask } from './ffmpeg.ts';
import type { TimeShift } from './media-info.ts';
import type { RemuxPlan } from './remux-plan.ts';

/** Pictures looked at in one spot; `idet` needs a few before it is sure. */
const FIELD_COUNT = 24;
/** Columns looked at of each picture, with all its lines: fields are lines. */
export const FIELD_COLUMNS = 160;

/** Where {@link fieldsTask} leaves the pictures of a spot, in grey, and what `idet` thinks of each. */
export function fieldFiles(spot: number): { readonly pictures: string; readonly verdicts: string } {
  return { pictures: `fields-${spot}.gray`, verdicts: `fields-${spot}.txt` };
}

/**
 * Takes a few columns of the pictures from each of some times on, and which field of each seems the earlier one. Pure.
 *
 * In one run, because starting one takes as long as decoding thirty pictures.
 */
export function fieldsTask(streamIndex: number, starts: readonly number[]): FfmpegTask {
  const [inputOptions = [], ...moreInputs] = starts.map((start) => [
    ...INPUT_OPTIONS,
    // What follows the last picture is not decoded on other processors for nothing.
    ...['-threads', '1'],
    ...['-noautorotate', '-noaccurate_seek', '-ss', start.toFixed(3)],
  ]);
  return {
    inputOptions,
    moreInputs,
    outputs: starts.map((_, spot) => {
      const { pictures, verdicts } = fieldFiles(spot);
      const filters = [
        // Cut off by a filter: the count of an output does not end the reading of its input.
        `trim=end_frame=${FIELD_COUNT}`,
        `format=yuv444p|yuv422p|yuv420p|yuvj444p|yuvj422p|yuvj420p|yuv411p|gray,extractplanes=y`,
        `scale=${FIELD_COLUMNS}:ih:flags=neighbor`,
        `idet,metadata=mode=print:key=lavfi.idet.multiple.current_frame:file=out/${verdicts}`,
      ];
      return {
        name: pictures,
        options: [
          ...['-map', `${spot}:${streamIndex}`, '-vf', filters.join(',')],
          ...['-fps_mode', 'passthrough', '-f', 'rawvideo'],
        ],
      };
    }),
  };
}

/** Without loss. What stands still on a screen costs nothing, and every time stays as it is. */
const RECODING = [
  '-c:v',
  'libx264rgb',
  '-qp',
  '0',
  '-preset',
  'veryfast',
  '-bf',
  '0',
  '-enc_time_base:v',
  '-1',
];

/** Copies the packets of picture and sound into a container that can be entered exactly at a time. Pure. */
export function remuxTask(plan: RemuxPlan): FfmpegTask {
  return {
    inputOptions: [
      ...INPUT_OPTIONS,
      // Tapes and AVI files have no presentation times; they are made from the decoding order.
      ...['-fflags', '+genpts'],
      // A time more than thirty hours off would be taken away before it can be put right.
      ...['-dts_error_threshold', '2000000000'],
    ],
    outputs: [
      {
        name: 'source.mkv',
        options: [
          ...plan.streams.flatMap((index) => ['-map', `0:${index}`]),
          '-c',
          'copy',
          ...(plan.isPictureRecoded ? RECODING : []),
          ...plan.streams.flatMap((index, place) =>
            plan.lossless.includes(index) ? [`-c:${place}`, LOSSLESS] : [],
          ),
          ...plan.streams.flatMap((index, place) => bitstreamFilters(plan, index, place)),
          // The packets are counted from the first, also where that one cannot be decoded.
          '-copyinkf',
          // RGB without compression, as AVI holds it.
          ...['-allow_raw_vfw', '1'],
          '-f',
          'matroska',
        ],
      },
    ],
  };
}

function bitstreamFilters(plan: RemuxPlan, index: number, place: number): readonly string[] {
  const shifts = plan.shifts.filter(({ stream }) => stream === index);
  const filters = [
    ...(plan.isPacked && place === 0 ? ['mpeg4_unpack_bframes'] : []),
    ...(shifts.length === 0 || plan.lossless.includes(index) ? [] : [shiftFilter(shifts)]),
  ];
  return filters.length === 0 ? [] : [`-bsf:${place}`, filters.join(',')];
}

/** Adds to the times of the packets from each number on what their shift says. */
function shiftFilter(shifts: readonly TimeShift[]): string {
  const terms = shifts.map(({ fromPacket, seconds }, place) => {
    const change = seconds - (shifts[place - 1]?.seconds ?? 0);
    return `gte(N\\,${fromPacket})*(${change.toFixed(6)})`;
  });
  const added = `round((${terms.join('+')})/TB)`;
  return `setts=pts=PTS+${added}:dts=DTS+${added}`;
}
