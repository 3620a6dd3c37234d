/**
 * What turns pictures into H.264. `x264` is the reference: it runs everywhere, and its picture per bit is what the ladder was
 * measured with. The others are encoders built into graphics chips; they save processor time and need more bits for the same picture.
 */
export type EncoderProfile = 'x264' | 'vaapi' | 'nvenc' | 'qsv';

/** The profiles that need a graphics chip, in the order in which they are tried. */
export const HARDWARE_PROFILES = ['nvenc', 'qsv', 'vaapi'] as const satisfies readonly EncoderProfile[];

/** What one rendition asks of its encoder. */
export interface PictureEncoding {
  /** Pictures in a segment; each segment is one closed group of pictures that begins with an IDR picture. */
  readonly segmentFrames: number;
  /** x264's constant rate factor; the others get the nearest they have. */
  readonly rateFactor: number;
  /** Bit/s that may not be exceeded over {@link bufferSeconds}. */
  readonly maxBitrate: number;
  readonly bufferSeconds: number;
  /** Threads of a software encoder; 0 lets it choose. */
  readonly threads: number;
}

/** The first graphics chip. A machine with several is told apart by its operator, who gives the box only one. */
const RENDER_NODE = '/dev/dri/renderD128';

/** Options that stand before the input and open the chip; none for x264. Pure. */
export function deviceOptions(profile: EncoderProfile): readonly string[] {
  switch (profile) {
    case 'vaapi':
      return ['-init_hw_device', `vaapi=chip:${RENDER_NODE}`, '-filter_hw_device', 'chip'];
    case 'qsv':
      return ['-init_hw_device', `qsv=chip,child_device=${RENDER_NODE}`, '-filter_hw_device', 'chip'];
    // NVENC opens the card itself.
    case 'nvenc':
    case 'x264':
      return [];
  }
}

/**
 * Filters between the scaled picture and the encoder, where that does not read the processor's memory; pure. Decoding and scaling stay in
 * software for every profile: hardware decoders stop at damage that software conceals, and hardware scalers lack Lanczos, which
 * small print needs.
 */
export function handOver(profile: EncoderProfile): readonly string[] {
  switch (profile) {
    case 'vaapi':
      return ['format=nv12', 'hwupload'];
    case 'qsv':
      return ['format=nv12', 'hwupload=extra_hw_frames=64'];
    case 'nvenc':
    case 'x264':
      return [];
  }
}

/** The encoder and its options for one rendition; pure. */
export function pictureEncoder(profile: EncoderProfile, encoding: PictureEncoding): readonly string[] {
  switch (profile) {
    case 'x264':
      return x264Options(encoding);
    case 'vaapi':
      return vaapiOptions(encoding);
    case 'nvenc':
      return nvencOptions(encoding);
    case 'qsv':
      return qsvOptions(encoding);
  }
}

function x264Options(encoding: PictureEncoding): readonly string[] {
  return [
    '-c:v',
    'libx264',
    // Slower presets save a fifth of the bits on slides for twice the CPU; "ultrafast" triples the bits.
    '-preset',
    'veryfast',
    // The most that television boxes of 2012 decode in hardware.
    '-profile:v',
    'high',
    '-threads',
    String(encoding.threads),
    // One closed group of pictures is one segment, at the same picture in every rendition, so a player may switch at any.
    // Key pictures at scene changes would break that and help nothing: the next segment restarts prediction anyway.
    '-g',
    String(encoding.segmentFrames),
    '-keyint_min',
    String(encoding.segmentFrames),
    '-sc_threshold',
    '0',
    // Quality is constant and the rate follows the material, up to the cap: slides take a quarter of what an average would.
    '-crf',
    String(encoding.rateFactor),
    ...rateCap(encoding),
  ];
}

function vaapiOptions(encoding: PictureEncoding): readonly string[] {
  return [
    ...['-c:v', 'h264_vaapi', '-profile:v', 'high'],
    ...gridOptions(encoding),
    // 0: every key picture is an IDR picture.
    ...['-idr_interval', '0'],
    // B pictures, where the chip has them at all, are not worth a second set of quirks.
    ...['-bf', '0'],
    // With a quality and a rate the driver's quality-defined variable rate is taken where it has one, else its variable rate.
    ...['-global_quality', String(encoding.rateFactor)],
    ...['-b:v', String(expectedBitrate(encoding))],
    ...rateCap(encoding),
  ];
}

function nvencOptions(encoding: PictureEncoding): readonly string[] {
  return [
    ...['-c:v', 'h264_nvenc', '-preset', 'p5', '-tune', 'hq', '-profile:v', 'high'],
    ...gridOptions(encoding),
    ...['-forced-idr', '1', '-no-scenecut', '1', '-bf', '2'],
    // With -b:v 0 the quality decides alone, up to the cap.
    ...['-rc', 'vbr', '-cq', String(encoding.rateFactor + NVENC_QUALITY_STEP), '-b:v', '0'],
    ...rateCap(encoding),
  ];
}

function qsvOptions(encoding: PictureEncoding): readonly string[] {
  return [
    ...['-c:v', 'h264_qsv', '-preset', 'medium', '-profile:v', 'high'],
    ...gridOptions(encoding),
    ...['-idr_interval', '0', '-forced_idr', '1', '-adaptive_i', '0', '-bf', '0'],
    // A quality together with a rate is QVBR.
    ...['-global_quality', String(encoding.rateFactor)],
    ...['-b:v', String(expectedBitrate(encoding))],
    ...rateCap(encoding),
  ];
}

/** NVENC's scale of quality is about this much finer at the top than x264's. */
const NVENC_QUALITY_STEP = 3;

/** Of its cap a rendition is expected to take so much on average, where an encoder wants to be told. */
const EXPECTED_SHARE = 0.6;

function expectedBitrate(encoding: PictureEncoding): number {
  return Math.round(encoding.maxBitrate * EXPECTED_SHARE);
}

function rateCap(encoding: PictureEncoding): readonly string[] {
  return [
    '-maxrate',
    String(encoding.maxBitrate),
    '-bufsize',
    String(encoding.maxBitrate * encoding.bufferSeconds),
  ];
}

/** Told twice: chips are known to lose count of `-g` when they drop or reorder, and a forced picture is a picture in its place. */
function gridOptions(encoding: PictureEncoding): readonly string[] {
  return [
    ...['-g', String(encoding.segmentFrames)],
    ...['-force_key_frames', `expr:eq(mod(n,${encoding.segmentFrames}),0)`],
  ];
}
