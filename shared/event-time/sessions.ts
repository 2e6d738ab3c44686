/**
 * Sessions: windows of one key that grow and merge as events come.
 *
 * Invariants (tested in sessions.test.ts):
 * 1. Sessions merge when they overlap or touch: two events exactly the gap apart are one session.
 * 2. If the given sessions are disjoint and do not touch, so are they after the merge: one pass is enough.
 * 3. The order in which events come does not change the sessions they end in.
 */
import type { TimeWindow } from './windows.ts';

export interface SessionMerge<W extends TimeWindow> {
  /** The session the added window ends up in. */
  readonly window: TimeWindow;
  /** The sessions it takes the place of, by start; empty: it stands alone. */
  readonly absorbed: readonly W[];
}

/** Finds where a window belongs among the sessions of its key. Changes nothing. */
export function mergeSession<W extends TimeWindow>(sessions: Iterable<W>, added: TimeWindow): SessionMerge<W> {
  const absorbed: W[] = [];
  let { start, end } = added;
  for (const session of sessions) {
    if (!touches(session, added)) continue;
    absorbed.push(session);
    start = Math.min(start, session.start);
    end = Math.max(end, session.end);
  }
  absorbed.sort((a, b) => a.start - b.start);
  return { window: { start, end }, absorbed };
}

function touches(a: TimeWindow, b: TimeWindow): boolean {
  return a.start <= b.end && b.start <= a.end;
}
