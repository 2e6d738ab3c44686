/**
 * Panes: the slide-long pieces that sliding windows share. An event is aggregated once, in its pane, and a window
 * combines its panes, so an event costs one addition however many windows it is in.
 *
 *   size 4, slide 1     pane    0   1   2   3   4   5
 *                              [ ) [ ) [ ) [ ) [ ) [ )
 *                window 0      [--------------)
 *                window 1          [--------------)
 *                window 2              [--------------)
 *
 * Invariants (tested in panes.test.ts):
 * 1. Every event is in exactly one pane; pane and window starts lie on the same grid.
 * 2. paneStartsOf(window) holds pane p exactly when windowStartsOf(p) holds that window.
 * 3. The panes of a window, combined, are the window's aggregate.
 */
import type { Aggregate } from './aggregate.ts';
import { type AlignedWindows, lastWindowStart, type TimeWindow } from './windows.ts';

/** Start of the pane that t belongs to. The pane is as long as the slide. */
export function paneStartOf(windows: AlignedWindows, t: number): number {
  return lastWindowStart(windows, t);
}

/** Starts of the panes that make a window, in order. */
export function paneStartsOf(windows: AlignedWindows, windowStart: number): number[] {
  return startsFrom(windows, windowStart);
}

/** Starts of the windows a pane belongs to, in order. */
export function windowStartsOf(windows: AlignedWindows, paneStart: number): number[] {
  return startsFrom(windows, paneStart - windows.sizeMs + windows.slideMs);
}

/** The last window that needs a pane: when that one is late, the pane may go. */
export function lastWindowOf(windows: AlignedWindows, paneStart: number): TimeWindow {
  return { start: paneStart, end: paneStart + windows.sizeMs };
}

/** The aggregate of a window from its panes; undefined when all of them are empty. The panes stay as they are. */
export function combinePanes<A extends NonNullable<unknown>>(
  windows: AlignedWindows,
  windowStart: number,
  pane: (paneStart: number) => A | undefined,
  aggregate: Pick<Aggregate<never, A>, 'create' | 'merge'>,
): A | undefined {
  let combined: A | undefined;
  for (let start = windowStart; start < windowStart + windows.sizeMs; start += windows.slideMs) {
    const part = pane(start);
    if (part !== undefined) combined = aggregate.merge(combined ?? aggregate.create(), part);
  }
  return combined;
}

function startsFrom(windows: AlignedWindows, first: number): number[] {
  return Array.from({ length: windows.sizeMs / windows.slideMs }, (_, n) => first + n * windows.slideMs);
}
