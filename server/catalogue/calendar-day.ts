/** The calendar of the network's offices: a day that ends in the office has ended, wherever the server stands. */
const OFFICE_ZONE = 'Asia/Shanghai';

const DAYS = new Intl.DateTimeFormat('en-CA', {
  timeZone: OFFICE_ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The day of a moment in the offices' calendar, `YYYY-MM-DD`. */
export function calendarDay(atMs: number = Date.now()): string {
  return DAYS.format(atMs);
}
