/**
 * The demuxers that may open a source. This list, and not the list of protocols, keeps out the playlist or concat script
 * that is named `.mp4` and would read other people's files or the network.
 */
const FORMATS = [
  'mov',
  'mp4',
  'm4a',
  '3gp',
  '3g2',
  'mj2',
  'matroska',
  'webm',
  'avi',
  'flv',
  'asf',
  'mpegts',
  'mpeg',
  'mpegvideo',
  'ogg',
  'rm',
  'mp3',
  'aac',
  'wav',
  'flac',
  'dv',
  'mxf',
  // Dictating machines and telephones, and the sound of a Macintosh. None of them can name another file.
  'amr',
  'aiff',
  'caf',
  // Sound that was taken off discs, and recordings longer than a WAV may be.
  'ac3',
  'eac3',
  'dts',
  'ape',
  'wv',
  'w64',
];

/**
 * The decoders that may run: what cameras, recorders, cutting rooms and twenty years of downloads hold, and no others. Each is a door to
 * foreign bytes: it reads packets and no files, and is never one that runs a program or draws a page (SWF, SVG, PDF).
 */
const CODECS = [
  'h264',
  'hevc',
  'vp8',
  'vp9',
  'libdav1d',
  'av1',
  'libvpx',
  'libvpx-vp9',
  'mpeg1video',
  'mpeg2video',
  'mpeg4',
  'msmpeg4v1',
  'msmpeg4v2',
  'msmpeg4',
  'wmv1',
  'wmv2',
  'wmv3',
  'vc1',
  'rv10',
  'rv20',
  'rv30',
  'rv40',
  'flv',
  'h263',
  'prores',
  'mjpeg',
  // Covers in sound files.
  'png',
  'bmp',
  'gif',
  'theora',
  'dvvideo',
  // Flash before H.264, and what it recorded of a screen.
  'vp6',
  'vp6a',
  'vp6f',
  'flashsv',
  'flashsv2',
  // Screens as Windows Media Encoder, Camtasia and the first recorders wrote them, and the films of CD-ROMs and QuickTime.
  'mss1',
  'mss2',
  'camtasia',
  'tscc2',
  'msvideo1',
  'msrle',
  'cinepak',
  'indeo3',
  'indeo4',
  'indeo5',
  'svq1',
  'svq3',
  'qtrle',
  // What cutting rooms keep: nothing lost, or for one brand's desk.
  'rawvideo',
  'v210',
  'huffyuv',
  'ffvhuff',
  'ffv1',
  'utvideo',
  'lagarith',
  'cfhd',
  'aic',
  'dnxhd',
  'hq_hqa',
  'hqx',
  // China's own code for digital television.
  'cavs',
  'aac',
  // AAC as it is broadcast.
  'aac_latm',
  'mp1float',
  'mp2float',
  'mp2',
  'mp3float',
  'mp3',
  'ac3',
  'eac3',
  // DTS, and what is lossless on a Blu-ray Disc
  'dca',
  'mlp',
  'truehd',
  'vorbis',
  'libvorbis',
  'opus',
  'libopus',
  'flac',
  'alac',
  'ape',
  'wavpack',
  'wmav1',
  'wmav2',
  'wmapro',
  'wmavoice',
  // RealAudio
  'cook',
  'sipr',
  'atrac3',
  'real_144',
  'real_288',
  'amrnb',
  'amrwb',
  'pcm_s16le',
  'pcm_s16be',
  'pcm_s24le',
  'pcm_s24be',
  'pcm_s32le',
  'pcm_s32be',
  'pcm_s8',
  'pcm_u8',
  'pcm_f32le',
  'pcm_f32be',
  'pcm_f64le',
  'pcm_f64be',
  'pcm_alaw',
  'pcm_mulaw',
  'pcm_dvd',
  'pcm_bluray',
  // PCM in a broadcaster's TS.
  's302m',
  'adpcm_ms',
  'adpcm_ima_wav',
  'adpcm_ima_qt',
  // Speech in Flash; ffmpeg before version 5 has Speex from its library only.
  'adpcm_swf',
  'nellymoser',
  'speex',
  'libspeex',
  // Speech in the WAV files of dictating machines and telephone exchanges.
  'gsm_ms',
  'g726',
  // QuickTime before AAC
  'qdm2',
  // Text tracks are copied and not decoded, but for MP4's; ffprobe though refuses a file when it may not open one of its tracks.
  'mov_text',
  'srt',
  'subrip',
  'ass',
  'ssa',
  'webvtt',
  'text',
  // Captions that are pictures or pages: a film with them is taken, and its producer told that they are left out. They are opened and
  // never decoded.
  'pgssub',
  'dvdsub',
  'dvbsub',
  'xsub',
  'cc_dec',
  'libzvbi_teletextdec',
];

/** Pixels in one picture: 4096 × 2304 and not more, so that a 200 kB file cannot ask for gigabytes. */
export const MAX_PIXELS = 4096 * 2304;
/** What decoders say of a picture beyond `-max_pixels`, or beyond all sense. */
export const TOO_MANY_DOTS = /Picture size \S+ (is invalid|exceeds)|mb_width\/height overflow/;
/** The same to a producer. */
export const TOO_MANY_DOTS_MESSAGE = 'The picture is larger than 4096×2304 dots. Export the lecture smaller.';
/** Seconds of one lecture. A whole day is more than any hall shows at once. */
export const MAX_DURATION = 24 * 3600;
/** Streams in one file. */
export const MAX_STREAMS = 32;
/** Pictures a second. */
export const MAX_FRAME_RATE = 240;

/** Pictures in one file: a whole day at 60 a second, and some. */
export const MAX_PICTURES = 6_000_000;
/**
 * Pictures on average in ten minutes of a file longer than an hour. Two pictures a day apart would keep the encoder busy for hours with a
 * still; screen recordings of a lecture have at least one picture in some seconds.
 */
export const MIN_PICTURES_IN_TEN_MINUTES = 1;
/** Bytes of what ffprobe tells about the tracks. Titles and lyrics are a few kilobytes. */
export const MAX_HEADER_BYTES = 4 * 2 ** 20;

/** Options that stand before every foreign input, for ffmpeg and ffprobe alike. */
export const HOSTILE_INPUT_OPTIONS: readonly string[] = [
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  FORMATS.join(','),
  '-codec_whitelist',
  CODECS.join(','),
  '-max_pixels',
  String(MAX_PIXELS),
  '-max_streams',
  String(MAX_STREAMS),
];
