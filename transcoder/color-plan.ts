import type { VideoTrack } from './media-info.ts';

/** How a source's colours become those that every screen shows: SDR, 8 bit, black at 16. */
export interface ColorPlan {
  /** Filters for the decoded picture before it is scaled. */
  readonly filters: readonly string[];
  /** Options for the filter that scales it from the source, where that one has to convert it too. */
  readonly scaling: string;
  /** True where nothing has to be converted. */
  readonly isKept: boolean;
  /** What the renditions are tagged with, in ffmpeg's names; untagged ones are guessed from their size, differently by each player. */
  readonly primaries: string;
  readonly transfer: string;
  readonly matrix: string;
}

const BT709 = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' };
/** What is drawn by ourselves, in BT.709 from the start. */
export const PLAIN_COLOR: ColorPlan = { ...BT709, filters: [], scaling: '', isKept: true };
const HDR_TRANSFERS: ReadonlySet<string> = new Set(['smpte2084', 'arib-std-b67']);
/** What every decoder gives and every encoder takes. */
const USUAL_FORMAT = 'yuv420p';
/** Matrices that every player knows. */
const ORDINARY: ReadonlySet<string> = new Set(['bt709', 'bt470bg', 'smpte170m']);
/** The brightness in cd/m² that becomes SDR's white: BT.2408 puts paper and faces under it. */
const REFERENCE_WHITE = 203;
const RGB = /^(gbr|[0ax]?rgb|[0ax]?bgr|rgb|bgr|pal8)/;

/** True for a picture that is meant for screens much brighter than a projector. */
export function isHdr(video: Pick<VideoTrack, 'color'>): boolean {
  return HDR_TRANSFERS.has(video.color.transfer ?? '');
}

/**
 * Decides what is done about colour; pure. Bright pictures are mapped to ordinary ones. The matrix of ordinary ones is kept and
 * written down, as converting it would cost a pass and quality; a source that does not name it has by convention BT.709 in high and
 * BT.601 in standard definition.
 */
export function planColor(video: VideoTrack): ColorPlan {
  const { color } = video;
  const isWide = color.primaries === 'bt2020' || color.matrix?.startsWith('bt2020') === true;
  if (isHdr(video)) return { ...BT709, filters: toneMapping(video), scaling: '', isKept: false };
  if (isWide) {
    const filters = [`zscale=${declared(video, 'bt709')}:p=bt709:t=bt709:m=bt709:r=tv`];
    return { ...BT709, filters, scaling: '', isKept: false };
  }
  if (RGB.test(video.pixelFormat ?? '') || color.matrix === 'gbr')
    return { ...BT709, filters: [], scaling: ':out_color_matrix=bt709:out_range=tv', isKept: false };
  if (color.matrix === 'smpte240m' || color.matrix === 'fcc') {
    const scaling = `:in_color_matrix=${color.matrix}:out_color_matrix=bt709:out_range=tv`;
    return { ...BT709, filters: [], scaling, isKept: false };
  }
  const isKept = video.pixelFormat === USUAL_FORMAT && color.range !== 'pc';
  return { ...ordinaryTags(video), filters: [], scaling: ':out_range=tv', isKept };
}

function ordinaryTags(video: VideoTrack): Pick<ColorPlan, 'primaries' | 'transfer' | 'matrix'> {
  const isHigh = video.displayWidth >= 1280 || video.displayHeight >= 720;
  const standard = video.codedHeight === 576 || video.codedHeight === 288 ? 'bt470bg' : 'smpte170m';
  const { matrix: declaredMatrix = '', primaries: declaredPrimaries = '' } = video.color;
  const usual = isHigh ? 'bt709' : standard;
  const matrix = ORDINARY.has(declaredMatrix) ? declaredMatrix : usual;
  const primaries = ORDINARY.has(declaredPrimaries) ? declaredPrimaries : matrix;
  return { matrix, primaries, transfer: matrix === 'bt709' ? 'bt709' : 'smpte170m' };
}

/** PQ or HLG to SDR in linear light; highlights are rolled off and not cut. */
function toneMapping(video: VideoTrack): readonly string[] {
  return [
    `zscale=${declared(video, video.color.transfer ?? 'smpte2084')}:t=linear:npl=${REFERENCE_WHITE}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=hable:desat=0',
    'zscale=t=bt709:m=bt709:r=tv',
    'format=yuv420p',
    // What is brighter than any white the curve expects would lie beyond it.
    'limiter=min=16:max=235:planes=1',
  ];
}

/** Names to zscale what the stream says, and what it must be where the stream is silent: otherwise zscale refuses. */
function declared(video: VideoTrack, transfer: string): string {
  const matrix = video.color.matrix === 'bt2020c' ? '2020_cl' : '2020_ncl';
  const range = video.color.range === 'pc' ? 'full' : 'limited';
  const primaries = video.color.primaries === 'bt709' ? '709' : '2020';
  const ownMatrix = video.color.matrix === 'bt709' ? '709' : matrix;
  return `tin=${transfer}:min=${ownMatrix}:pin=${primaries}:rin=${range}`;
}
