/** Spans of time as text: `500ms`, `30s`, `1m`, `2h`, `7d`. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whole numbers above 0 only. */
export const DURATION = /^[1-9]\d{0,8}(ms|s|m|h|d)$/;

/** ms; undefined when it is no such text. */
export function parseDuration(text: string): number | undefined {
  const [, unit] = DURATION.exec(text) ?? [];
  return unit === undefined ? undefined : Number.parseInt(text, 10) * (UNIT_MS[unit] ?? 1);
}

/** In the largest unit that is whole: 90000 is `90s`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const unit = ['d', 'h', 'm', 's'].find((name) => ms % (UNIT_MS[name] ?? 1) === 0) ?? 'ms';
  return `${ms / (UNIT_MS[unit] ?? 1)}${unit}`;
}
