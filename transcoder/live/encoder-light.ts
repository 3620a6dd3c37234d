/** Green: as it should be. Amber: it works, but not as well as it could. Red: viewers miss something, or will. */
export type LightLevel = 'green' | 'amber' | 'red';

/** What keeps a light from being green; what each means to an operator stands in {@link LIGHT_ADVICE}. */
export type LightReason =
  | 'no-sound'
  | 'sound-unsupported'
  | 'sound-stalled'
  | 'sound-unusual'
  | 'no-picture'
  | 'picture-unsupported'
  | 'picture-stalled'
  | 'picture-unusual'
  | 'picture-large'
  | 'hevc'
  | 'interlaced'
  | 'key-pictures-rare'
  | 'key-pictures-missing'
  | 'b-frames'
  | 'frame-rate-low'
  | 'bitrate-high'
  | 'behind'
  | 'far-behind'
  | 'time-jumped'
  | 'tags-damaged';

/** What an encoder was seen to send over the last ten seconds. */
export interface EncoderFacts {
  /** Seconds of media since the input began. */
  readonly seconds: number;
  readonly video?: {
    /** RFC 6381. */
    readonly codecs: string;
    readonly width: number;
    readonly height: number;
    readonly isInterlaced: boolean;
    readonly isHevc: boolean;
    /** 8 bits and 4:2:0, which every player decodes. */
    readonly isCommon: boolean;
    /** Pictures a second. */
    readonly frameRate: number;
    /** Seconds from key picture to key picture, the longest of late; undefined before there were two. */
    readonly gopSeconds?: number;
    /** Seconds since the last key picture. */
    readonly sinceKeySeconds: number;
    readonly hasBFrames: boolean;
    /** Bit/s. */
    readonly bitrate: number;
    /** Seconds by which it stays behind the sound. */
    readonly lagSeconds: number;
  };
  readonly audio?: {
    readonly codecs: string;
    readonly sampleRate: number;
    readonly channels: number;
    readonly bitrate: number;
    /** Seconds by which it stays behind the picture. */
    readonly lagSeconds: number;
  };
  /** A coding that cannot be packaged, by its name. */
  readonly unsupportedVideo?: string;
  readonly unsupportedAudio?: string;
  /** Seconds by which what arrives is later than at best: the line is too slow for the bitrate. */
  readonly behindSeconds: number;
  /** In the last minute. */
  readonly jumps: number;
  readonly damagedTags: number;
}

/** The encoder as an operator is to see it. */
export interface EncoderLight extends EncoderFacts {
  readonly level: LightLevel;
  /** The red ones first. */
  readonly reasons: readonly LightReason[];
}

/** How bad each reason is. */
export const LIGHT_LEVELS: Readonly<Record<LightReason, 'amber' | 'red'>> = {
  'no-sound': 'red',
  'sound-unsupported': 'red',
  'sound-stalled': 'red',
  'picture-unsupported': 'red',
  'picture-stalled': 'red',
  'picture-unusual': 'red',
  'key-pictures-missing': 'red',
  'far-behind': 'red',
  'no-picture': 'amber',
  'sound-unusual': 'amber',
  'picture-large': 'amber',
  hevc: 'amber',
  interlaced: 'amber',
  'key-pictures-rare': 'amber',
  'b-frames': 'amber',
  'frame-rate-low': 'amber',
  'bitrate-high': 'amber',
  behind: 'amber',
  'time-jumped': 'amber',
  'tags-damaged': 'amber',
};

/** What to tell the operator, and what to change in the encoder. */
export const LIGHT_ADVICE: Readonly<Record<LightReason, string>> = {
  'no-sound': '没有声音：请检查话筒和编码器的音频设置。',
  'sound-unsupported': '声音的编码无法播放：请选择 AAC。',
  'sound-stalled': '声音中断了：请检查话筒和声卡，现在播出的是静音。',
  'sound-unusual': '声音的格式不常见，部分设备可能放不出：请选择 AAC-LC、44.1 或 48 kHz、单声道或立体声。',
  'no-picture': '只有声音，没有画面。',
  'picture-unsupported': '画面的编码无法播放：请选择 H.264。',
  'picture-stalled': '画面停住了：请检查摄像机和采集卡。',
  'picture-unusual': '画面是 10 位或非 4:2:0 的，多数设备放不出：请选择 8 位、NV12（4:2:0）。',
  'picture-large': '画面超过 1080p，很多站点的线路和设备带不动：请降低输出分辨率。',
  hevc: '画面是 H.265 的，老设备放不出，也没有低码率档：请选择 H.264。',
  interlaced: '画面可能是隔行的，会有横纹：请在编码器中去隔行。',
  'key-pictures-rare': '关键帧间隔超过 4 秒，开播和恢复都会变慢：请设为 2 秒。',
  'key-pictures-missing': '超过 12 秒没有关键帧，新进来的观众看不到画面：请把关键帧间隔设为 2 秒。',
  'b-frames': '使用了 B 帧，会增加延迟：互动课请把 B 帧设为 0。',
  'frame-rate-low': '每秒不足 12 帧，画面不连贯。',
  'bitrate-high': '码率超过 6 Mbit/s，很多站点的线路带不动：请降到 2 Mbit/s 左右。',
  behind: '上行线路偏慢，数据晚到 2 秒以上：请降低码率。',
  'far-behind': '上行线路太慢，数据晚到 5 秒以上：请马上降低码率或换线路。',
  'time-jumped': '编码器的时间戳跳变过，已自动接上。',
  'tags-damaged': '收到过损坏的数据，已略过：请检查编码器和线路。',
};

/** Before so much has been seen nothing is said to be missing. */
const SETTLED_SECONDS = 3;
const STALLED_SECONDS = 2;
const RARE_SECONDS = 4;
const MISSING_SECONDS = 12;
const LOW_FRAME_RATE = 12;
const HIGH_BITRATE = 6_000_000;
const BEHIND_SECONDS = 2;
const FAR_BEHIND_SECONDS = 5;
/** Lines and columns of 1080p, standing or lying. */
const FULL_HD = 1920 * 1080;

/** Audio object types that every player decodes: AAC-LC and the two of HE-AAC. */
const COMMON_SOUND = /^mp4a\.40\.(2|5|29)$/;

/** What a light shows for what was seen; pure. */
export function encoderLight(facts: EncoderFacts): EncoderLight {
  const found = [...pictureReasons(facts), ...soundReasons(facts), ...lineReasons(facts)];
  const reasons = [...found.filter(isRed), ...found.filter((reason) => !isRed(reason))];
  const level = reasons.length === 0 ? 'green' : reasons.some(isRed) ? 'red' : 'amber';
  return { ...facts, level, reasons };
}

function isRed(reason: LightReason): boolean {
  return LIGHT_LEVELS[reason] === 'red';
}

type Finding = readonly [isFound: boolean, reason: LightReason];

function reasonsOf(...findings: readonly Finding[]): readonly LightReason[] {
  return findings.flatMap(([isFound, reason]) => (isFound ? [reason] : []));
}

function pictureReasons({ video, unsupportedVideo, seconds }: EncoderFacts): readonly LightReason[] {
  const isSettled = seconds >= SETTLED_SECONDS;
  if (video === undefined) {
    if (unsupportedVideo !== undefined) return ['picture-unsupported'];
    return isSettled ? ['no-picture'] : [];
  }
  const gop = Math.max(video.gopSeconds ?? 0, video.sinceKeySeconds);
  return reasonsOf(
    [isSettled && video.lagSeconds > STALLED_SECONDS, 'picture-stalled'],
    [!video.isCommon, 'picture-unusual'],
    [gop > MISSING_SECONDS, 'key-pictures-missing'],
    [gop > RARE_SECONDS && gop <= MISSING_SECONDS, 'key-pictures-rare'],
    [video.width * video.height > FULL_HD, 'picture-large'],
    [video.isHevc, 'hevc'],
    [video.isInterlaced, 'interlaced'],
    [video.hasBFrames, 'b-frames'],
    [isSettled && video.frameRate < LOW_FRAME_RATE, 'frame-rate-low'],
    [isSettled && video.bitrate > HIGH_BITRATE, 'bitrate-high'],
  );
}

function soundReasons({ audio, unsupportedAudio, seconds }: EncoderFacts): readonly LightReason[] {
  const isSettled = seconds >= SETTLED_SECONDS;
  if (audio === undefined) {
    if (unsupportedAudio !== undefined) return ['sound-unsupported'];
    return isSettled ? ['no-sound'] : [];
  }
  const isCommon =
    COMMON_SOUND.test(audio.codecs) &&
    audio.channels <= 2 &&
    audio.sampleRate >= 22_050 &&
    audio.sampleRate <= 48_000;
  return reasonsOf(
    [isSettled && audio.lagSeconds > STALLED_SECONDS, 'sound-stalled'],
    [!isCommon, 'sound-unusual'],
  );
}

function lineReasons({ behindSeconds, jumps, damagedTags }: EncoderFacts): readonly LightReason[] {
  return reasonsOf(
    [behindSeconds > FAR_BEHIND_SECONDS, 'far-behind'],
    [behindSeconds > BEHIND_SECONDS && behindSeconds <= FAR_BEHIND_SECONDS, 'behind'],
    [jumps > 0, 'time-jumped'],
    [damagedTags > 0, 'tags-damaged'],
  );
}
