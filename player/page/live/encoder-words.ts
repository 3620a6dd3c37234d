import type { EncoderRecord } from './live-records.ts';

/** What each light means at a glance. */
export const LEVEL_WORDS: Readonly<Record<EncoderRecord['level'], string>> = {
  green: '推流正常',
  amber: '能播，但有可以改进的地方',
  red: '推流有问题',
};

/** What is the matter and what to change in the encoder. */
const REASON_WORDS: Readonly<Record<string, string>> = {
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

/** Why a light is not green. Pure. */
export function reasonWords(code: string): string {
  return REASON_WORDS[code] ?? `编码器报告：${code}`;
}

/** `1280×720 · 25 帧/秒 · 2.1 Mbit/s · 关键帧 2.0 秒 · 声音 48 kHz 立体声`; whatever is not known is left out. Pure. */
export function factWords({ video, audio }: EncoderRecord): string {
  const parts: string[] = [];
  if (video !== undefined) {
    const { width, height, frameRate, bitrate, gopSeconds } = video;
    parts.push(`${width}×${height}`, `${Math.round(frameRate)} 帧/秒`);
    parts.push(`${(bitrate / 1_000_000).toFixed(1)} Mbit/s`);
    if (gopSeconds !== undefined) parts.push(`关键帧 ${gopSeconds.toFixed(1)} 秒`);
  }
  if (audio !== undefined) {
    const shape =
      audio.channels === 1 ? '单声道' : audio.channels === 2 ? '立体声' : `${audio.channels} 声道`;
    parts.push(`声音 ${audio.sampleRate / 1_000} kHz ${shape}`);
  }
  return parts.join(' · ');
}

const REFUSAL_WORDS: Readonly<Record<string, string>> = {
  busy: '连接太多，推流服务器暂时不接新的连接',
  'crowded-address': '同一个地址的连接太多',
  'too-slow': '连上以后没有在规定时间内开始推流',
  'not-rtmp': '不是 RTMP（端口用错，或者该用 rtmps://）',
  malformed: '发来的数据不合 RTMP 的规矩',
  'too-much': '还没开始推流就发来太多数据',
  player: '想从推流地址观看；观看请用网页',
  'wrong-address': '推流地址不对，请照“推流地址”里的填写',
  'unknown-key': '密钥不对',
  'key-not-in-force': '密钥不在有效时间内（开课前一小时起有效）',
  'already-publishing': '这个密钥已有编码器在推流',
};

/** Why an encoder was not let in. Pure. */
export function refusalWords(code: string): string {
  return REFUSAL_WORDS[code] ?? code;
}

const GONE_WORDS: Readonly<Record<string, string>> = {
  ended: '编码器停止了推流',
  disconnected: '连接断开',
  idle: '太久没有画面和声音',
  'taken-over': '另一台编码器用同一个密钥接替',
  malformed: '编码器发来的数据有误',
  'too-much': '码率超过上限',
  'key-withdrawn': '密钥已作废',
  'class-over': '课已结束',
  kicked: '导播断开了它',
  'ingest-lost': '推流进程意外退出',
  stopping: '服务器停止',
};

/** Why an encoder is gone. Pure. */
export function goneWords(code: string): string {
  return GONE_WORDS[code] ?? code;
}
