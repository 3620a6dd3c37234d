import type { PlayerErrorCode } from '../errors.ts';
import type { PlayerPhase, PlayerState } from '../player-state.ts';

/** What the viewer reads over the picture: what is the matter, and what to do about it. */
export interface ScreenMessage {
  readonly text: string;
  readonly advice?: string;
}

const OF_PHASE: Readonly<Partial<Record<PlayerPhase, ScreenMessage>>> = {
  loading: { text: '加载中…' },
  stalled: { text: '缓冲中…' },
  reconnecting: { text: '网络中断，正在重连…', advice: '恢复后会从这里继续播放，无需操作。' },
  'awaiting-encode': { text: '后面的内容还在转码…', advice: '转好后会自动继续播放。' },
};

const OF_ERROR: Readonly<Record<PlayerErrorCode, ScreenMessage>> = {
  'unsupported-browser': {
    text: '无法播放：浏览器版本太旧',
    advice: '请换用新版 Chrome、Edge、Firefox 或 360 浏览器（极速模式）。',
  },
  'not-allowed': { text: '无法播放：没有观看权限', advice: '请登录后重试，或联系课件管理员。' },
  'not-found': {
    text: '无法播放：找不到这一课的视频',
    advice: '课件可能已更新或下架，请刷新页面，或返回课件目录。',
  },
  'media-unplayable': {
    text: '无法播放：视频无法解码',
    advice: '请点击重试；仍不行请换一个浏览器，并告诉课件管理员。',
  },
  'invalid-argument': { text: '无法播放', advice: '请刷新页面重试。' },
  destroyed: { text: '播放器已关闭', advice: '请刷新页面重试。' },
};

/** The words for a state; undefined when the picture speaks for itself. */
export function messageOf({ phase, error }: PlayerState): ScreenMessage | undefined {
  if (phase === 'failed') return OF_ERROR[error?.code ?? 'media-unplayable'];
  return OF_PHASE[phase];
}

/** `1.25×`, and `倍速` at the usual speed. */
export function speedText(speed: number): string {
  return speed === 1 ? '倍速' : `${speed}×`;
}
