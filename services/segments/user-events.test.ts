import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeChunk, encodeChunk, type EventChunk } from '../../shared/segments/event-chunk.ts';
import { leavesAt, type RuleWindow } from '../../shared/segments/rule-window.ts';
import { cellOf, countInCell, sumInCell } from '../../shared/segments/totals.ts';
import { StateTable } from '../../shared/store/state-table.ts';
import type { Table } from '../../shared/events/stage.ts';
import { HOUR_MS, UserEvents } from './user-events.ts';

const MINUTE = 60_000;
const WINDOWS: readonly RuleWindow[] = [
  { kind: 'trailing', sizeMs: 5 * MINUTE },
  { kind: 'tumbling', sizeMs: 30 * MINUTE },
  { kind: 'trailing', sizeMs: HOUR_MS },
];

function newTable(): Table<EventChunk> {
  return new StateTable('events', { kind: 'state', encode: encodeChunk, decode: decodeChunk } as never) as never;
}

const anyAction = fc.oneof(
  { weight: 50, arbitrary: fc.record({ t: fc.nat(1_200).map((n) => n * 6_000), type: fc.nat(2), value: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ reached: fc.nat(120).map((n) => n * MINUTE) }) },
);

test('totals, asOf and stored chunks follow from the events held and from now (invariants 1, 2)', () => {
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 400, size: 'max' }), (actions) => {
      const table = newTable();
      const user = new UserEvents(table, 'ann');
      user.useWindows(WINDOWS, 0);
      let held: { t: number; type: number; value: number }[] = [];
      let reached = 0;
      for (const action of actions) {
        if ('reached' in action) {
          reached = Math.max(reached, action.reached);
          if (user.isEmpty || user.isOver(reached)) continue;
        } else if (action.t + HOUR_MS > reached) {
          held.push(action);
          user.add(action.t, action.type, action.value);
        }
        user.advance(reached);
      }
      const latest = Math.max(...held.map(({ t }) => t));
      const now = Math.max(latest, reached);
      if (held.length === 0 || latest + HOUR_MS <= reached) return;
      for (const [at, window] of WINDOWS.entries())
        for (const type of [0, 1, 2]) {
          const counted = held.filter((event) => event.type === type && leavesAt(window, event.t) > now);
          const sum = counted.reduce((total, { value }) => total + value, 0);
          const cell = cellOf(at, type);
          expect([countInCell(user.totals, cell), sumInCell(user.totals, cell)]).toEqual([counted.length, sum]);
        }
      const left = held.flatMap(({ t }) => WINDOWS.map((window) => leavesAt(window, t))).filter((at) => at <= now);
      expect(user.asOf).toBe(Math.max(latest, ...left));
      held = held.filter(({ t }) => t + HOUR_MS > reached);
      const stored = [...table.entries()].flatMap(([key, chunk]) => {
        expect(key).toBe(`ann.${chunk.first}`);
        return Array.from({ length: chunk.size }, (_, at) => ({ t: chunk.timeAt(at), count: chunk.countAt(at) }));
      });
      const kept = stored.filter(({ t }) => t + HOUR_MS > reached).reduce((sum, { count }) => sum + count, 0);
      expect(kept).toBe(held.length);
      const again = new UserEvents(
        newTable(),
        'ann',
        [...table.entries()].map(([, chunk]) => chunk),
      );
      again.useWindows(WINDOWS, reached);
      expect([again.totals, again.asOf, again.nextChange]).toEqual([user.totals, user.asOf, user.nextChange]);
      expect(user.nextChange).toBeGreaterThan(reached);
    }),
    { numRuns: 150 },
  );
});
