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
