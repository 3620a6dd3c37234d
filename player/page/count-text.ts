/** `9,876 `, `1.2 万`, `3.4 亿`, ready for a word that is counted. Pure. */
export function countText(count: number): string {
  if (count < 10_000) return `${groupText(count)} `;
  const [size, unit] = count < 100_000_000 ? [10_000, '万'] : [100_000_000, '亿'];
  const value = count / size;
  // Cut, not rounded: 9999.9 万 must not read as 10000 万.
  const shown = value >= 100 ? Math.floor(value) : Math.floor(value * 10) / 10;
  return `${shown} ${unit}`;
}

/** `10,500`: an exact count. Pure. */
export function groupText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `7,000 小时`, or minutes while there is less than one hour. Pure. */
export function hoursText(seconds: number): string {
  if (seconds < 3600) return `${Math.round(seconds / 60)} 分钟`;
  const hours = seconds / 3600;
  return `${hours < 100 ? String(Math.floor(hours * 10) / 10) : groupText(Math.floor(hours))} 小时`;
}

/** `2011-06-29`, in the zone of this device. Pure. */
export function dayText(epochMs: number): string {
  const day = new Date(epochMs);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
