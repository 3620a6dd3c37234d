import type { EncoderRecord } from './live-records.ts';

/** What each light means at a glance. */
export const LEVEL_WORDS: Readonly<Record<EncoderRecord['level'], string>> = {
  green: '推流正常',
  amber: '能播，但有可以改进的地方',
  red: '推流有问题',
};

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
