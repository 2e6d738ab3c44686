/**
 * Would a user be in a segment: now, and at any moment of the last hour, by the events that are known of that hour.
 * Pure. The windows of events that came before that hour are not known; moments without any known event do not count.
 *
 * Invariant (qualification.test.ts): the same as evaluating the user's events at every moment at which one comes or goes.
 */
import { USER_EVENT_TYPES } from '../../../shared/events/user-event.ts';
import { isQualified, type Plan } from '../../../shared/segments/evaluate.ts';
import type { EventChunk } from '../../../shared/segments/event-chunk.ts';
import { leavesAt } from '../../../shared/segments/rule-window.ts';
import { addToCell, cellOf, emptyTotals } from '../../../shared/segments/totals.ts';

export interface Qualification {
  readonly now: boolean;
  readonly inLastHour: boolean;
}

/** Something that changes a cell of the totals. */
interface Step {
  readonly at: number;
  readonly cell: number;
  readonly sign: 1 | -1;
  readonly count: number;
  readonly scaled: number;
}

const HOUR_MS = 3_600_000;

/** Of the segment `target` of the plan. */
export function qualify(plan: Plan, target: string, chunks: readonly EventChunk[], asOf: number): Qualification {
  const totals = emptyTotals(plan.windows.length);
  const steps = stepsOf(plan, chunks, asOf).sort((a, b) => a.at - b.at);
  let now = false;
  let inLastHour = false;
  for (const [n, { at, cell, sign, count, scaled }] of steps.entries()) {
    addToCell(totals, cell, sign, count, scaled);
    if (steps[n + 1]?.at === at) continue; // all that comes or goes at one moment is one change
    now = isIn(plan, target, totals);
    if (now && at > asOf - HOUR_MS) inLastHour = true;
  }
  return { now, inLastHour: inLastHour || now };
}

function stepsOf({ windows }: Plan, chunks: readonly EventChunk[], asOf: number): Step[] {
  const steps: Step[] = [];
  for (const chunk of chunks)
    for (let at = 0; at < chunk.size; at++) {
      const t = chunk.timeAt(at);
      if (t > asOf) continue;
      const [type, count, scaled] = [chunk.typeAt(at), chunk.countAt(at), chunk.valueAt(at)];
      if (type >= USER_EVENT_TYPES.length) continue;
      for (const [index, window] of windows.entries()) {
        const cell = cellOf(index, type);
        steps.push({ at: t, cell, sign: 1, count, scaled });
        const end = leavesAt(window, t);
        if (end <= asOf) steps.push({ at: end, cell, sign: -1, count, scaled });
      }
    }
  return steps;
}

function isIn({ segments }: Plan, target: string, totals: readonly number[]): boolean {
  const qualified: boolean[] = [];
  for (const segment of segments) {
    qualified.push(isQualified(segment, totals, qualified));
    if (segment.id === target) return qualified[qualified.length - 1] === true;
  }
  return false;
}
