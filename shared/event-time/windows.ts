/**
 * Windows: which windows an event time falls into, when a window is complete, and when it is too late for it.
 *
 * Owns: the arithmetic. Does not own: state, firing (window-operator.ts), merging of sessions (sessions.ts).
 *
 * Invariants (tested in windows.test.ts and flink-window-cases.test.ts; the rules are Flink's):
 * 1. A window is [start, end) in ms since the epoch. start = t - floorMod(t - offset, size).
 * 2. A sliding window's size is a whole number of slides, so that every window is a whole number of panes.
 * 3. A window is complete, and fires, when watermark >= end - 1.
 * 4. It is too late for a window when end - 1 + allowed lateness <= watermark.
 */

export interface TimeWindow {
  readonly start: number;
  /** First ms behind the window. */
  readonly end: number;
}

/** Windows at fixed places. A tumbling window is a sliding one whose slide is its size. */
export interface AlignedWindows {
  readonly kind: 'aligned';
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/** Windows that follow the events: one ends when nothing came for `gapMs`. */
export interface SessionWindows {
  readonly kind: 'session';
  readonly gapMs: number;
}

export type WindowAssigner = AlignedWindows | SessionWindows;

/** `offsetMs` may be negative: -8 h makes days that start at midnight in UTC+8. */
export function tumblingWindows(sizeMs: number, offsetMs = 0): AlignedWindows {
  return slidingWindows(sizeMs, sizeMs, offsetMs);
}

/** Throws RangeError when the size is not a multiple of the slide. */
export function slidingWindows(sizeMs: number, slideMs: number, offsetMs = 0): AlignedWindows {
  checkDuration('window size', sizeMs);
  checkDuration('slide', slideMs);
  if (!Number.isSafeInteger(offsetMs))
    throw new RangeError(`Cannot use "${offsetMs}" as window offset: expected whole ms`);
  if (sizeMs % slideMs !== 0)
    throw new RangeError(`Cannot slide windows of "${sizeMs}" ms by "${slideMs}" ms: size must be a multiple of slide`);
  return { kind: 'aligned', sizeMs, slideMs, offsetMs };
}

export function sessionWindows(gapMs: number): SessionWindows {
  checkDuration('session gap', gapMs);
  return { kind: 'session', gapMs };
}

/** The windows of an event, by start. For sessions: the window it would have alone, to be merged. */
export function windowsOf(assigner: WindowAssigner, t: number): TimeWindow[] {
  if (assigner.kind === 'session') return [{ start: t, end: t + assigner.gapMs }];
  const last = lastWindowStart(assigner, t);
  const windows: TimeWindow[] = [];
  for (let start = last - assigner.sizeMs + assigner.slideMs; start <= last; start += assigner.slideMs)
    windows.push({ start, end: start + assigner.sizeMs });
  return windows;
}

/** Start of the latest window that holds t; for tumbling windows, of the only one. */
export function lastWindowStart(windows: AlignedWindows, t: number): number {
  return t - floorMod(t - windows.offsetMs, windows.slideMs);
}

/** True when the window has all its events: time to fire. */
export function isWindowComplete(end: number, watermark: number): boolean {
  return watermark >= end - 1;
}

/** True when the window takes no more events: its state is gone. */
export function isWindowLate(end: number, allowedLatenessMs: number, watermark: number): boolean {
  return end - 1 + allowedLatenessMs <= watermark;
}

/** The remainder with the sign of the divisor: floorMod(-1, 5) is 4. */
export function floorMod(dividend: number, divisor: number): number {
  const remainder = dividend % divisor;
  return remainder < 0 ? remainder + divisor : remainder + 0; // + 0: never -0
}

function checkDuration(what: string, ms: number): void {
  if (!Number.isSafeInteger(ms) || ms <= 0)
    throw new RangeError(`Cannot use "${ms}" as ${what}: expected whole ms, more than 0`);
}
