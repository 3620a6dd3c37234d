import type { EncoderRecord } from './live-records.ts';

/** What each light means at a glance. */
export const LEVEL_WORDS: Readonly<Record<EncoderRecord['level'], string>> = {
  green: '推流正常',
  amber: '能播，但有可以改进的地方',
  red: '推流有问题',
};

/** What is the matter and what to turn on the encoder. */
const REASON_WORDS: Readonly<Record<string, string>> = {
  'no-encoder': '还没有编码器连上来。请检查推流地址和密钥，再点“开始推流”。',
  'no-video': '没有收到画面。请检查摄像机和采集卡。',
  'no-audio': '没有收到声音。请检查麦克风和调音台。',
  'gop-long': '关键帧间隔太长，观众打开画面会慢。请把关键帧间隔设为 2 秒。',
  'gop-irregular': '关键帧间隔忽长忽短。请关掉“场景切换时插关键帧”，把关键帧间隔设为 2 秒。',
  'b-frames': '用了 B 帧，画面会多延迟半秒到一秒。请把 B 帧设为 0，或选“零延迟”。',
  'bitrate-high': '码率太高，乡镇线路可能放不动。建议 720p 用 2000 kbps 左右。',
  'bitrate-low': '码率太低，画面会糊。建议 720p 用 2000 kbps 左右。',
  'bitrate-unsteady': '码率忽高忽低，线路可能不稳。请用有线网络推流。',
  'frame-rate-low': '每秒画面太少，动作会不连贯。建议 25 帧。',
  'frames-late': '画面到得断断续续，推流线路可能不稳。请用有线网络推流。',
  'audio-drift': '声音和画面的时钟走得不一样快，已自动校正。',
  'audio-silent': '声音一直是静音。请检查麦克风是否打开。',
  'codec-hevc': '用的是 H.265，旧机顶盒可能放不了。建议改用 H.264。',
};

/** Why a light is not green. Pure. */
export function reasonWords(code: string): string {
  return REASON_WORDS[code] ?? `编码器报告：${code}`;
}

/** `1280×720 · 25 帧/秒 · 2.1 Mb/s · 关键帧 2.0 秒`; whatever is not known is left out. Pure. */
export function factWords(encoder: EncoderRecord): string {
  const { width, height, frameRate, bitrate, gopSeconds } = encoder;
  const parts: string[] = [];
  if (typeof width === 'number' && typeof height === 'number') parts.push(`${width}×${height}`);
  if (typeof frameRate === 'number') parts.push(`${Math.round(frameRate)} 帧/秒`);
  if (typeof bitrate === 'number') parts.push(`${(bitrate / 1_000_000).toFixed(1)} Mb/s`);
  if (typeof gopSeconds === 'number') parts.push(`关键帧 ${gopSeconds.toFixed(1)} 秒`);
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
