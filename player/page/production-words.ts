import { spokenDuration } from '../duration-text.ts';
import type { ProductionRecord } from './api.ts';
import { PRODUCTION_WORDS } from './state-words.ts';

/** How far a making is, in words: `转码中 37% · 还需约 2 分 10 秒 · 已可以观看`. */
export function progressWords(production: ProductionRecord): string {
  const { state, progress, isPlayable, isWaiting, isUrgent, remainingSeconds } = production;
  const percent = `${Math.floor(progress * 100)}%`;
  const parts = [isWaiting === true ? `排队等候 ${percent}` : `${PRODUCTION_WORDS[state]} ${percent}`];
  if (isUrgent === true) parts.push('加急');
  if (typeof remainingSeconds === 'number') parts.push(`还需约 ${spokenDuration(remainingSeconds)}`);
  if (isPlayable) parts.push('已可以观看');
  return parts.join(' · ');
}

/** What a job of a making is about: `span-0003` is the fourth piece of the picture. Empty where there is no word for it. */
export function partWords(job: string): string {
  const span = /^span-(\d+)$/.exec(job)?.[1];
  if (span !== undefined) return `第 ${Number(span) + 1} 段画面`;
  if (job.startsWith('audio')) return '声音';
  const named: Readonly<Record<string, string>> = {
    prepare: '检查视频',
    pictures: '封面和预览图',
    captions: '字幕',
    publish: '最后核对',
  };
  return named[job] ?? '';
}
