import { dayWords, spanWords } from '../../live/china-time.ts';
import type { LiveClassState } from '../../live/state-document.ts';
import type { LiveClassRecord, LiveLadderWord } from './live-records.ts';

/** What each state is called. */
export const STATE_WORDS: Readonly<Record<LiveClassState, string>> = {
  draft: '草稿',
  scheduled: '已排课',
  announced: '已预告',
  rehearsing: '试播中',
  on_air: '直播中',
  interrupted: '信号中断',
  ended: '已结束',
  recorded: '已录制',
  archived: '已归档',
  cancelled: '已取消',
  postponed: '已延期',
};

/** What each ladder is called. */
export const LADDER_WORDS: Readonly<Record<LiveLadderWord, string>> = {
  source: '只用原画质',
  '360p': '原画质 + 360p',
  '480p-360p': '原画质 + 480p + 360p',
};

/** `王老师、李老师 · 市农业局`; empty parts are left out. Pure. */
export function whoWords({
  lecturers,
  hostUnit,
}: {
  readonly lecturers: readonly string[];
  readonly hostUnit?: string | null;
}): string {
  return [lecturers.join('、'), hostUnit ?? ''].filter(Boolean).join(' · ');
}

/** `今天 14:30 – 16:00`. Pure. */
export function planWords(
  { plannedStart, plannedEnd }: Pick<LiveClassRecord, 'plannedStart' | 'plannedEnd'>,
  nowMs: number,
): string {
  return spanWords(Date.parse(plannedStart), Date.parse(plannedEnd), nowMs);
}

/** Whether viewers see a picture, or will again in a moment. Pure. */
export function isRunning({ state }: Pick<LiveClassRecord, 'state'>): boolean {
  return state === 'on_air' || state === 'interrupted';
}

/** Whether it has taken place, and never has a picture again. Pure. */
export function isOver({ state }: Pick<LiveClassRecord, 'state'>): boolean {
  return state === 'ended' || state === 'recorded' || state === 'archived';
}

/** Whether an encoder can be made ready for it. Pure. */
export function takesEncoder(record: Pick<LiveClassRecord, 'state' | 'source'>): boolean {
  return record.source === 'rtmp' && !isOver(record) && record.state !== 'cancelled';
}

/** Classes by the day on which they begin, in the order they came. Pure. */
export function byDay<Item extends Pick<LiveClassRecord, 'plannedStart'>>(
  items: readonly Item[],
  nowMs: number,
): readonly { readonly day: string; readonly items: readonly Item[] }[] {
  const days: { day: string; items: Item[] }[] = [];
  for (const item of items) {
    const day = dayWords(Date.parse(item.plannedStart), nowMs);
    const last = days[days.length - 1];
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}
