import { clockOfDay, spanWords } from './china-time.ts';
import { countdownOf } from './countdown.ts';
import type { CoverKind } from './cover.ts';
import type { LiveState } from './live-state.ts';

/** What stands over the picture. */
export interface CoverWords {
  readonly text: string;
  /** Large, and changing every second. */
  readonly figure: string;
  readonly advice: string;
}

const FIXED: Readonly<Record<Exclude<CoverKind, 'none' | 'lobby' | 'postponed'>, readonly [string, string]>> =
  {
    loading: ['加载中…', ''],
    missing: ['找不到这堂课', '网址可能不完整，或者这堂课已被删除。'],
    forbidden: ['这堂课还没有公开', '请登录后再看，或联系主办单位。'],
    rehearsal: ['正在试播', '试播画面只有导播台能看到，正式开始时会自动播放。'],
    interrupted: ['直播信号中断，马上回来', '老师那边的线路断了一下。恢复后会自动继续，请不要离开。'],
    ended: ['直播已结束', ''],
    cancelled: ['这堂课已取消', ''],
    starting: ['直播马上开始播放…', ''],
    stalled: ['缓冲中…', ''],
    reconnecting: ['网络不通，正在重新连接…', '恢复后会自动继续播放，无需操作。'],
    blocked: ['浏览器要求点击后才能播放', ''],
    unsupported: ['无法播放：浏览器版本太旧', '请换用新版 Chrome、Edge、Firefox 或 360 浏览器（极速模式）。'],
  };

/** The words for what covers the picture: the organiser's own where there are some. Pure. */
export function coverWords(state: LiveState): CoverWords | undefined {
  const { cover, document } = state;
  if (cover === 'none') return undefined;
  const words = wordsByRule(cover, state);
  const own = document?.slate.kind === cover ? document.slate.text : '';
  return own === '' ? words : { ...words, advice: own };
}

function wordsByRule(cover: Exclude<CoverKind, 'none'>, { document, serverMs }: LiveState): CoverWords {
  const startMs = Date.parse(document?.plannedStart ?? '');
  const nowMs = serverMs ?? startMs;
  const plan =
    document === undefined || Number.isNaN(startMs)
      ? ''
      : spanWords(startMs, Date.parse(document.plannedEnd), nowMs);
  if (cover === 'lobby') {
    const { lead, figure } = countdownOf(startMs - nowMs);
    return { text: lead, figure, advice: plan };
  }
  if (cover === 'postponed') {
    const advice = startMs > nowMs ? `改到 ${plan}` : '新的时间确定后会在这里公布。';
    return { text: '这堂课改期了', figure: '', advice };
  }
  const [text, advice] = FIXED[cover];
  const closing = document?.replay === undefined ? '录像正在整理，整理好后会出现在这里。' : '可以看录像了。';
  return { text, figure: '', advice: cover === 'ended' ? closing : advice };
}

/** `现在 14:25`, by the server's clock. Pure. */
export function clockWords(serverMs: number | undefined): string {
  return serverMs === undefined ? '' : `现在 ${clockOfDay(serverMs)}`;
}

/** The latencies on the menu. */
export const LATENCY_WORDS: Readonly<Record<'low' | 'ordinary', string>> = {
  low: '低延迟（约 2 秒）',
  ordinary: '更稳（约 7 秒）',
};
