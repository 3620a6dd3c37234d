import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { transcodeToFolder, type TranscodeOptions } from 'yuanjiao/transcoder';

import { machine } from './cpu-meter.ts';
import { cameraLecture, slideLecture } from './lecture.ts';
import { measuringFfmpeg } from './measuring-ffmpeg.ts';
import {
  averageBitrate,
  declaredVariants,
  fetchSegments,
  peakBitrate,
  type FetchedSegment,
} from './published-lecture.ts';
import { checkJoins, mean, ssim, vmaf } from './likeness.ts';

const SLIDES_SECONDS = 60;
const CAMERA_SECONDS = 30;
const FRAME_RATE = 25;
/** Bit/s of picture within which the best rendition of slides is reported. */
const THIN_LINE_BITRATE = 250_000;

/** What was measured on one rendition. */
interface RungFigures {
  readonly clip: string;
  readonly rendition: string;
  /** Of the picture alone. */
  readonly kbps: number;
  readonly vmaf: number;
  readonly ssim: number;
  readonly joinDelta: number;
  readonly segmentDelta: number;
}

/** What a whole lecture declares, against what was fetched; shares. */
interface BandwidthFigures {
  readonly peakError: number;
  readonly averageError: number;
  /** Bit/s of the lowest rendition with its sound at its peak. */
  readonly lowestPeak: number;
}

/**
 * VMAF and SSIM of every rendition against its bits, on what the pipeline publishes; how the pictures where spans meet compare with
 * their neighbours; and how true the declared bandwidths are.
 */
export async function run(): Promise<object> {
  const program = measuringFfmpeg();
  const slidesSource = await slideLecture(SLIDES_SECONDS);
  const cameraSource = await cameraLecture(CAMERA_SECONDS);
  const compare = { program, isMeasured: (): boolean => true };
  const slides = await publishAndMeasure('slides', slidesSource, {}, compare);
  const fine = await publishAndMeasure(
    'slides+1080p',
    slidesSource,
    { includes1080p: true },
    {
      program,
      isMeasured: (rendition) => rendition === '1080p',
    },
  );
  const camera = await publishAndMeasure('camera+1080p', cameraSource, { includes1080p: true }, compare);
  const floor = await publishAndMeasure(
    'camera+floor',
    cameraSource,
    { includesFloor: true },
    {
      program,
      isMeasured: (rendition) => rendition === '360p',
    },
  );

  const thin = slides.rungs
    .filter(({ kbps }) => kbps * 1000 <= THIN_LINE_BITRATE)
    .reduce((best, rung) => (rung.vmaf > best.vmaf ? rung : best));
  const fine1080 = top(fine.rungs);
  const camera1080 = top(camera.rungs);
  const all = [slides, fine, camera, floor].flatMap(({ rungs }) => rungs);
  const bandwidths = [slides, fine, camera, floor].map(({ bandwidth }) => bandwidth);
  return {
    slides_vmaf: thin.vmaf,
    slides_kbps: thin.kbps,
    slides_1080_vmaf: fine1080.vmaf,
    slides_1080_kbps: fine1080.kbps,
    camera_vmaf: camera1080.vmaf,
    camera_kbps: camera1080.kbps,
    floor_peak_kbps: Math.round(floor.bandwidth.lowestPeak / 1000),
    join_worst_delta: Math.min(...all.map(({ joinDelta }) => joinDelta)),
    segment_worst_delta: Math.min(...all.map(({ segmentDelta }) => segmentDelta)),
    bandwidth_error: rounded(Math.max(...bandwidths.map(({ peakError }) => peakError)), 4),
    average_bandwidth_error: rounded(Math.max(...bandwidths.map(({ averageError }) => averageError)), 4),
    rungs: all,
    machine: machine(),
  };
}

function top(rungs: readonly RungFigures[]): RungFigures {
  const last = rungs.at(-1);
  if (last === undefined) throw new Error('the pipeline made no rendition');
  return last;
}

interface Measured {
  readonly rungs: readonly RungFigures[];
  readonly bandwidth: BandwidthFigures;
}

/** With what to measure, and which renditions; the others are the same as in another clip. */
interface Measuring {
  readonly program: string;
  readonly isMeasured: (rendition: string) => boolean;
}

async function publishAndMeasure(
  clip: string,
  source: string,
  options: TranscodeOptions,
  { program, isMeasured }: Measuring,
): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
  try {
    const { renditions } = await transcodeToFolder(source, folder, options);
    const rungs: RungFigures[] = [];
    for (const rendition of renditions.filter((name) => /^\d+p$/.test(name) && isMeasured(name))) {
      rungs.push(await measureRung(program, clip, source, { folder, rendition }));
    }
    return { rungs, bandwidth: await measureBandwidths(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureRung(
  program: string,
  clip: string,
  source: string,
  { folder, rendition }: { readonly folder: string; readonly rendition: string },
): Promise<RungFigures> {
  const segments = await fetchSegments(folder, rendition);
  const playlist = join(folder, rendition, 'index.m3u8');
  const comparison = { source, rendition: playlist, width: 1920, height: 1080 };
  const likeness = ssim('ffmpeg', comparison);
  const { joins, starts } = borders(segments);
  const check = checkJoins(likeness, joins, starts);
  const figures = {
    clip,
    rendition,
    kbps: Math.round(averageBitrate(segments) / 1000),
    vmaf: rounded(vmaf(program, comparison), 1),
    ssim: rounded(mean(likeness), 4),
    joinDelta: rounded(check.worstJoin, 5),
    segmentDelta: rounded(check.worstSegment, 5),
  };
  console.log(
    `${clip} ${rendition}: ${figures.kbps} kbit/s, VMAF ${figures.vmaf}, SSIM ${figures.ssim}, at joins ${figures.joinDelta}`,
  );
  return figures;
}

/** Numbers of the pictures with which segments begin, and of those with which spans begin. */
function borders(segments: readonly FetchedSegment[]): {
  readonly joins: number[];
  readonly starts: number[];
} {
  const joins: number[] = [];
  const starts: number[] = [];
  let seconds = 0;
  for (const [place, segment] of segments.entries()) {
    const first = Math.round(seconds * FRAME_RATE);
    if (place > 0) starts.push(first);
    if (place > 0 && segment.object !== segments[place - 1]?.object) joins.push(first);
    seconds += segment.seconds;
  }
  return { joins, starts };
}

async function measureBandwidths(folder: string): Promise<BandwidthFigures> {
  const sound = await fetchSegments(folder, 'audio');
  const peakErrors: number[] = [];
  const averageErrors: number[] = [];
  const peaks: number[] = [];
  for (const { rendition, bandwidth, averageBandwidth } of await declaredVariants(folder)) {
    const picture = await fetchSegments(folder, rendition);
    const peak = peakBitrate(picture, sound);
    peaks.push(peak);
    peakErrors.push(Math.abs(bandwidth / peak - 1));
    averageErrors.push(Math.abs(averageBandwidth / (averageBitrate(picture) + averageBitrate(sound)) - 1));
  }
  return {
    peakError: Math.max(...peakErrors),
    averageError: Math.max(...averageErrors),
    lowestPeak: Math.min(...peaks),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
