const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** What a countdown shows. */
export interface Countdown {
  /** What stands before the figure; alone when there is no figure. */
  readonly lead: string;
  /** `3 天 4 小时`, `2:05:09`, `04:59`; empty when the time has come. */
  readonly figure: string;
}

/** The time left until the planned start, ever finer as it comes nearer. Pure. */
export function countdownOf(leftMs: number): Countdown {
  if (!(leftMs > 0)) return { lead: '马上开始', figure: '' };
  const lead = '距开课还有';
  if (leftMs >= DAY_MS) {
    const days = Math.floor(leftMs / DAY_MS);
    const hours = Math.floor((leftMs % DAY_MS) / HOUR_MS);
    return { lead, figure: hours === 0 ? `${days} 天` : `${days} 天 ${hours} 小时` };
  }
  // The last second counted is 1, never 0: the figure goes when the time has come.
  const seconds = Math.ceil(leftMs / 1_000);
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3_600);
  const tail = `${two(minutes)}:${two(seconds % 60)}`;
  return { lead, figure: hours === 0 ? tail : `${hours}:${tail}` };
}

/** How far behind the lecturer: `3 分 20 秒`; empty where nobody would notice. Pure. */
export function delayWords(delayMs: number): string {
  const seconds = Math.round(delayMs / 1_000);
  if (seconds < 20) return '';
  if (seconds < 60) return `${seconds} 秒`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分`;
  return minutes >= 10 || seconds % 60 === 0 ? `${minutes} 分钟` : `${minutes} 分 ${seconds % 60} 秒`;
}
