/**
 * The second a watch address asks for: `751`, `12:31`, `1:02:31` or `1h2m31s`. Pure.
 *
 * @returns undefined when there is none, or none that can be read
 */
export function readStart(search: string): number | undefined {
  const text = (new URLSearchParams(search).get('t') ?? '').trim();
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Number(text);
  const clock = /^(?:(\d{1,2}):)?(\d{1,3}):([0-5]?\d)$/.exec(text);
  const spoken = /^(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s)?$/.exec(text);
  const found = clock ?? (text === '' ? null : spoken);
  if (found === null) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = found;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
