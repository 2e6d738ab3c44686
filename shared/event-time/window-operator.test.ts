import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Aggregate } from './aggregate.ts';
import { MapTable } from './map-table.ts';
import type { WindowCell } from './window-cells.ts';
import { WindowOperator, type WindowOperatorOptions } from './window-operator.ts';
import { sessionWindows, slidingWindows, tumblingWindows, type WindowAssigner, windowsOf } from './windows.ts';

/** Ids in order: tells any event that is missing or counted twice. */
const ids: Aggregate<number, number[]> = {
  create: () => [],
  add: (all, id) => [...all, id].sort((a, b) => a - b),
  merge: (into, from) => [...into, ...from].sort((a, b) => a - b),
};

type Options = Partial<WindowOperatorOptions<number, number[]>>;

/** An operator that writes down what it says, one line a result. */
function record(windows: WindowAssigner, options: Options = {}) {
  const said: string[] = [];
  const operator = new WindowOperator<number, number[]>({
    windows,
    aggregate: ids,
    onResult: ({ key, window: { start, end }, value, revision, replaces }) => {
      const instead = replaces.map((old) => ` instead of ${old.start}-${old.end}`).join('');
      said.push(`${key} ${start}-${end} [${value}] r${revision}${instead}`);
    },
    onLate: ({ key, t, event, window: { start, end }, watermark, reason }) =>
      said.push(`late ${key} ${event}@${t} for ${start}-${end} at ${watermark}: ${reason}`),
    ...options,
  });
  return { operator, said };
}

/** Stores only what was put, as JSON, when it is committed: a cell changed without a put is lost, as in a stage. */
class CommittedTable extends MapTable<WindowCell<number[]>> {
  readonly #stored: Map<string, string>;
  readonly #changed = new Set<string>();

  constructor(stored = new Map<string, string>()) {
    super();
    this.#stored = stored;
    for (const [id, json] of stored) super.put(id, JSON.parse(json));
  }

  override put(id: string, cell: WindowCell<number[]>): void {
    super.put(id, cell);
    this.#changed.add(id);
  }

  override delete(id: string): void {
    super.delete(id);
    this.#changed.add(id);
  }

  /** The table as the next owner finds it. */
  commit(): CommittedTable {
    for (const id of this.#changed) {
      const cell = this.get(id);
      if (cell) this.#stored.set(id, JSON.stringify(cell));
      else this.#stored.delete(id);
    }
    return new CommittedTable(this.#stored);
  }
}

describe('firing and lateness (invariants 1 to 3)', () => {
  test('fires at end - 1, once', () => {
    const { operator, said } = record(tumblingWindows(10));
    operator.add('k', 3, 1);
    operator.advance(8);
    expect(said).toEqual([]);
    operator.advance(9);
    operator.advance(50);
    expect(said).toEqual(['k 0-10 [1] r0']);
  });

  test('an event within the allowed lateness fires again, with its revision; a later one is reported', () => {
    const { operator, said } = record(tumblingWindows(10), { allowedLatenessMs: 5 });
    operator.add('k', 3, 1);
    operator.advance(9);
    operator.add('k', 4, 2);
    operator.advance(13);
    operator.add('k', 5, 3);
    expect(operator.size).toBe(1);
    operator.advance(14);
    expect(operator.size).toBe(0);
    operator.add('k', 6, 4);
    expect(said).toEqual([
      'k 0-10 [1] r0',
      'k 0-10 [1,2] r1',
      'k 0-10 [1,2,3] r2',
      'late k 4@6 for 0-10 at 14: after-lateness',
    ]);
  });

  test('a window whose first event is late, but allowed, fires at once and is cleaned up', () => {
    const { operator, said } = record(tumblingWindows(10), { allowedLatenessMs: 5 });
    operator.advance(12);
    operator.add('k', 3, 1);
    operator.advance(13);
    expect([operator.size, said]).toEqual([1, ['k 0-10 [1] r1']]);
    operator.advance(14);
    expect([operator.size, said.length]).toEqual([0, 1]);
  });

  test('an event too late for some of its windows counts in the others and is reported (invariant 2)', () => {
    const { operator, said } = record(slidingWindows(20, 10));
    operator.advance(10);
    operator.add('k', 5, 1);
    operator.advance(40);
    operator.add('k', 5, 2);
    expect(said).toEqual([
      'late k 1@5 for -10-10 at 10: after-lateness-of-some',
      'k 0-20 [1] r0',
      'late k 2@5 for 0-20 at 40: after-lateness',
    ]);
  });

  test('a watermark that falls changes nothing', () => {
    const { operator, said } = record(tumblingWindows(10));
    operator.advance(9);
    operator.advance(0);
    operator.add('k', 3, 1);
    expect(operator.watermark).toBe(9);
    expect(said).toEqual(['late k 1@3 for 0-10 at 9: after-lateness']);
  });

  test('results of one advance come by time, then key (invariant 4)', () => {
    const { operator, said } = record(tumblingWindows(10));
    for (const [key, t] of [
      ['b', 15],
      ['a', 15],
      ['b', 5],
      ['a', 5],
    ] as const)
      operator.add(key, t, t);
    operator.advance(100);
    expect(said).toEqual(['a 0-10 [5] r0', 'b 0-10 [5] r0', 'a 10-20 [15] r0', 'b 10-20 [15] r0']);
  });
});

describe('triggers', () => {
  test('purging: each result holds what came since the one before', () => {
    const { operator, said } = record(tumblingWindows(10), {
      allowedLatenessMs: 5,
      trigger: { kind: 'event-time', purge: true },
    });
    operator.add('k', 3, 1);
    operator.advance(9);
    operator.add('k', 4, 2);
    operator.advance(99);
    expect(said).toEqual(['k 0-10 [1] r0', 'k 0-10 [2] r1']);
  });

  test('count: fires at every n-th event and not by time', () => {
    const { operator, said } = record(tumblingWindows(10), { trigger: { kind: 'count', count: 2 } });
    for (const id of [1, 2, 3, 4, 5]) operator.add('k', id, id);
    operator.advance(99);
    expect(said).toEqual(['k 0-10 [1,2] r0', 'k 0-10 [1,2,3,4] r0']);
    expect(operator.size).toBe(0);
  });

  test('settings that make no sense are refused', () => {
    expect(() => record(tumblingWindows(1), { allowedLatenessMs: -1 })).toThrow('"-1"');
    expect(() => record(tumblingWindows(1), { trigger: { kind: 'count', count: 0 } })).toThrow('"0"');
  });
});

describe('sessions', () => {
  test('exactly the gap apart is one session, per key', () => {
    const { operator, said } = record(sessionWindows(10));
    for (const [key, t] of [
      ['a', 0],
      ['a', 10],
      ['b', 0],
      ['b', 11],
    ] as const)
      operator.add(key, t, t);
    operator.advance(99);
    expect(said).toEqual(['b 0-10 [0] r0', 'a 0-20 [0,10] r0', 'b 11-21 [11] r0']);
  });

  test('a session that absorbs sent ones names them, once (invariant 5)', () => {
    const { operator, said } = record(sessionWindows(10), { allowedLatenessMs: 100 });
    operator.add('k', 0, 1);
    operator.add('k', 15, 2);
    operator.advance(30);
    operator.add('k', 8, 3);
    operator.add('k', 9, 4);
    expect(said.slice(2)).toEqual(['k 0-25 [1,2,3] r1 instead of 0-10 instead of 15-25', 'k 0-25 [1,2,3,4] r2']);
    operator.advance(500);
    expect(operator.size).toBe(0);
  });

  test('a late event that extends a sent session past the watermark waits with it', () => {
    const { operator, said } = record(sessionWindows(10), { allowedLatenessMs: 100 });
    operator.add('k', 0, 1);
    operator.advance(15);
    operator.add('k', 8, 2);
    expect(said).toEqual(['k 0-10 [1] r0']);
    operator.advance(17);
    expect(said.slice(1)).toEqual(['k 0-18 [1,2] r0 instead of 0-10']);
  });
});

test('a merged session keeps the late count and the replaced windows of what it absorbs', () => {
  const { operator, said } = record(sessionWindows(10), { allowedLatenessMs: 100 });
  operator.add('k', 0, 1);
  operator.advance(15);
  operator.add('k', 1, 2);
  operator.add('k', 8, 3);
  operator.add('k', 18, 4);
  operator.advance(99);
  expect(said).toEqual(['k 0-10 [1] r0', 'k 0-11 [1,2] r1 instead of 0-10', 'k 0-28 [1,2,3,4] r1 instead of 0-11']);
});

describe('taking up state', () => {
  test('a complete window that was stored before it fired, fires with the next watermark', () => {
    const first = record(tumblingWindows(10), { table: new MapTable(), allowedLatenessMs: 50 });
    first.operator.add('k', 3, 1);
    const { operator, said } = record(tumblingWindows(10), { allowedLatenessMs: 50 });
    operator.restore({ ...first.operator.snapshot(), watermark: 20 });
    operator.advance(21);
    operator.advance(22);
    expect(said).toEqual(['k 0-10 [1] r0']);
  });

  test('restore forgets what the operator held', () => {
    const { operator, said } = record(tumblingWindows(10));
    const empty = operator.snapshot();
    operator.add('k', 3, 1);
    operator.restore(empty);
    operator.advance(99);
    expect([operator.size, said]).toEqual([0, []]);
  });
});

const anyWindows: fc.Arbitrary<WindowAssigner> = fc.oneof(
  fc.constant(tumblingWindows(10)),
  fc.constant(slidingWindows(12, 4, 1)),
  fc.constant(sessionWindows(5)),
);
const trigger = fc.constantFrom<NonNullable<Options['trigger']>>(
  { kind: 'event-time' },
  { kind: 'event-time', purge: true },
  { kind: 'count', count: 2 },
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key: fc.constantFrom('a', 'b.c', ''), t: fc.integer({ min: -30, max: 90 }) }) },
  { weight: 1, arbitrary: fc.record({ watermark: fc.integer({ min: -30, max: 130 }) }) },
);
const lateness = fc.constantFrom(0, 1, 7, 40);
const END = 10_000;

describe('properties', () => {
  test('snapshot and restore, or a new operator on the same table, change nothing (invariant 6)', () => {
    fc.assert(
      fc.property(anyWindows, trigger, lateness, fc.array(step, { maxLength: 40 }), (windows, how, ms, steps) => {
        const options = { trigger: how, allowedLatenessMs: ms };
        const straight = record(windows, options);
        const said: string[] = [];
        let restored = record(windows, options);
        let table = new CommittedTable();
        let reopened = record(windows, { ...options, table });
        const saidReopened: string[] = [];
        for (const [id, { ...next }] of [...steps, { watermark: END }].entries()) {
          for (const { operator } of [straight, restored, reopened])
            if ('watermark' in next) operator.advance(next.watermark);
            else operator.add(next.key, next.t, id);
          said.push(...restored.said);
          saidReopened.push(...reopened.said);
          const snapshot = JSON.parse(JSON.stringify(restored.operator.snapshot()));
          restored = record(windows, options);
          restored.operator.restore(snapshot);
          table = table.commit();
          reopened = record(windows, { ...options, table, watermark: straight.operator.watermark });
        }
        expect(said).toEqual(straight.said);
        expect(saidReopened).toEqual(straight.said);
        expect([straight.operator.size, restored.operator.size, reopened.operator.size]).toEqual([0, 0, 0]);
      }),
    );
  });

  test('advancing in steps says the same as advancing at once, late events included (invariant 1)', () => {
    fc.assert(
      fc.property(anyWindows, lateness, fc.array(step, { maxLength: 40 }), (windows, ms, steps) => {
        const atOnce = record(windows, { allowedLatenessMs: ms });
        const inSteps = record(windows, { allowedLatenessMs: ms });
        for (const [id, next] of [...steps, { watermark: END }].entries()) {
          if ('t' in next) {
            atOnce.operator.add(next.key, next.t, id);
            inSteps.operator.add(next.key, next.t, id);
          } else {
            const from = Math.max(inSteps.operator.watermark, -60);
            for (let w = from; w < Math.min(next.watermark, 200); w++) inSteps.operator.advance(w);
            inSteps.operator.advance(next.watermark);
            atOnce.operator.advance(next.watermark);
          }
        }
        expect(inSteps.said).toEqual(atOnce.said);
      }),
    );
  });

  const BOUND = 8;
  const disorder = fc.record({ t: fc.integer({ min: 0, max: 100 }), delay: fc.nat(BOUND), cut: fc.nat(30) });

  test('out of order within the bound, with any watermarks, gives what ordered input gives', () => {
    fc.assert(
      fc.property(anyWindows, fc.array(disorder, { maxLength: 40 }), (windows, events) => {
        const ordered = record(windows);
        const numbered = events.map((event, id) => ({ ...event, id })).sort((a, b) => a.t - b.t || a.id - b.id);
        for (const { t, id } of numbered) ordered.operator.add('k', t, id);
        ordered.operator.advance(END);
        const disordered = record(windows);
        let newest = 0;
        for (const { t, id, cut } of numbered.toSorted((a, b) => a.t + a.delay - (b.t + b.delay))) {
          disordered.operator.add('k', t, id);
          newest = Math.max(newest, t);
          disordered.operator.advance(newest - BOUND - 1 - cut);
        }
        disordered.operator.advance(END);
        expect(disordered.said).toEqual(ordered.said);
        const expected = new Set(numbered.flatMap(({ t }) => windowsOf(windows, t).map(({ start }) => start)));
        if (windows.kind === 'aligned') expect(ordered.said.length).toBe(expected.size);
      }),
    );
  });

  test('with lateness allowed, the last results are those of ordered input (sent sessions replaced)', () => {
    fc.assert(
      fc.property(anyWindows, fc.array(step, { maxLength: 40 }), (windows, steps) => {
        const collect = (input: typeof steps) => {
          const last = new Map<string, string>();
          const operator = new WindowOperator<number, number[]>({
            windows,
            aggregate: ids,
            allowedLatenessMs: 1_000,
            onResult: ({ key, window, value, replaces }) => {
              for (const { start, end } of replaces) last.delete(`${key} ${start}-${end}`);
              last.set(`${key} ${window.start}-${window.end}`, `${value}`);
            },
            onLate: ({ t }) => {
              throw new Error(`Event at ${t} is late`);
            },
          });
          for (const next of input)
            if ('t' in next) operator.add(next.key, next.t, steps.indexOf(next));
            else operator.advance(next.watermark);
          operator.advance(END);
          return [...last].sort();
        };
        const events = steps.filter((next) => 't' in next);
        expect(collect(steps)).toEqual(collect(events.toSorted((a, b) => a.t - b.t)));
      }),
    );
  });
});
