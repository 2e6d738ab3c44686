/**
 * Event time as text: ISO 8601 UTC for values, a compact form for keys.
 *
 * Hot path: formatTime runs once or more per changed key. The date is cached by day and the rest comes from tables,
 * since Date.toISOString costs several times as much (event-time.bench.ts).
 *
 * Invariants (tested in time-text.test.ts):
 * 1. formatTime(ms) is new Date(ms).toISOString() without ".000".
 * 2. parseCompactTime(compactTime(ms)) === ms for the years 0000 to 9999; other times are refused.
 * 3. compactTime is one legal key token; for whole seconds its order as text is the order of time.
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MAX_CACHED = 4096;
const YEAR_0 = -62_167_219_200_000;
const YEAR_10000 = 253_402_300_800_000;

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const MINUTES = Array.from({ length: 1440 }, (_, n) => `T${TWO_DIGITS[Math.floor(n / 60)]}:${TWO_DIGITS[n % 60]}:`);
const SECONDS = TWO_DIGITS.map((second) => `${second}Z`);
const COMPACT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})?Z$/;

const days = new Map<number, string>();
const compacts = new Map<number, string>();

/** 1717200000000 to "2024-06-01T00:00:00Z"; 1717200000123 to "2024-06-01T00:00:00.123Z". */
export function formatTime(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const inDay = ms - day * DAY_MS;
  const minute = Math.floor(inDay / MINUTE_MS);
  const inMinute = inDay - minute * MINUTE_MS;
  const second = Math.floor(inMinute / 1000);
  const milli = inMinute - second * 1000;
  const head = dayText(day) + MINUTES[minute];
  return milli === 0 ? head + SECONDS[second] : `${head}${TWO_DIGITS[second]}.${String(milli).padStart(3, '0')}Z`;
}

/** 1717200000000 to "20240601T000000Z"; 1717200000123 to "20240601T000000123Z". */
export function compactTime(ms: number): string {
  const cached = compacts.get(ms); // the windows and panes in use are few
  if (cached !== undefined) return cached;
  if (!(ms >= YEAR_0 && ms < YEAR_10000))
    throw new RangeError(`Cannot write "${ms}" as a time in a key: expected ms of a year from 0000 to 9999`);
  const text = formatTime(ms).replace(/[-:.]/g, '');
  if (compacts.size >= MAX_CACHED) compacts.clear();
  compacts.set(ms, text);
  return text;
}

/** The inverse of compactTime. Throws RangeError on a text that compactTime cannot have made. */
export function parseCompactTime(text: string): number {
  const [, year, month, day, hour, minute, second, milli = '000'] = COMPACT.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
  if (Number.isNaN(ms) || compactTime(ms) !== text)
    throw new RangeError(`Cannot read "${text}" as a time: expected a form like "20240601T000000Z"`);
  return ms;
}

/** "2024-06-01". Throws RangeError when there is no such day. */
function dayText(day: number): string {
  const cached = days.get(day);
  if (cached !== undefined) return cached;
  const iso = new Date(day * DAY_MS).toISOString();
  const text = iso.slice(0, iso.indexOf('T'));
  if (days.size >= MAX_CACHED) days.clear();
  days.set(day, text);
  return text;
}
