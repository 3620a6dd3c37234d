const UNITS = ['字节', 'KB', 'MB', 'GB', 'TB'];

/** `734 字节`, `1.5 MB`, `12 GB`. */
export function byteText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${Number(value.toFixed(digits))} ${UNITS[unit] ?? ''}`;
}
