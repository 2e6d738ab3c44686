/** Every case of fixtures/flink-window-cases.json (its `source` says where they come from) against these kernels. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL_TIME } from '../events/stage.ts';
import type { Aggregate } from './aggregate.ts';
import { type Trigger, WindowOperator } from './window-operator.ts';
import { sessionWindows, slidingWindows, tumblingWindows, type WindowAssigner, windowsOf } from './windows.ts';

interface Shape {
  readonly id: string;
  readonly kind: string;
  readonly size_ms?: number;
  readonly slide_ms?: number;
  readonly offset_ms?: number;
  readonly gap_ms?: number;
}
interface AssignmentCase extends Shape {
  readonly ts: number;
  readonly windows: readonly (readonly [start: number, end: number])[];
}
interface Element {
  readonly key: string;
  readonly value: number;
  readonly ts: number;
}
/** `result` is "<key>-<sum>"; some cases state the window, all state end - 1 as `ts`. */
type Expected = Element | { readonly result: string; readonly window: readonly [number, number]; readonly ts: number };
type Step =
  | { readonly element: Element }
  | { readonly watermark: number }
  | { readonly processing_time: number }
  | { readonly snapshot_restore: true }
  | { readonly expect: Expected }
  | { readonly expect_late: Element };
interface OperatorCase extends Shape {
  readonly trigger: string;
  readonly allowed_lateness_ms: number;
  readonly steps: readonly Step[];
}
interface Cases {
  readonly assignment_cases: readonly AssignmentCase[];
  readonly operator_cases: readonly OperatorCase[];
  readonly sql_cases: readonly unknown[];
  readonly hourly_tips_cases: readonly unknown[];
}

const cases: Cases = JSON.parse(readFileSync(new URL('./fixtures/flink-window-cases.json', import.meta.url), 'utf8'));

/** Cases outside Weir, by id, with the reason. Nothing else is left out. */
const OUT_OF_SCOPE: ReadonlyMap<string, string> = new Map([
  [
    'TumblingEventTimeWindowsTest.testWindowAssignmentWithStagger',
    'Stagger shifts windows by the wall clock at the first event; nothing in a stage reads a clock (design 5, T1).',
  ],
]);

const sum: Aggregate<number, number> = { create: () => 0, add: (a, b) => a + b, merge: (a, b) => a + b };

function assignerOf({ kind, size_ms = 0, slide_ms = 0, offset_ms = 0, gap_ms = 0 }: Shape): WindowAssigner {
  if (/session/i.test(kind)) return sessionWindows(gap_ms);
  if (/tumbling/i.test(kind)) return tumblingWindows(size_ms, offset_ms);
  if (/sliding/i.test(kind)) return slidingWindows(size_ms, slide_ms, offset_ms);
  throw new Error(`Cannot test windows of kind "${kind}"`);
}

/** Processing time is event time that the clock drives: t is the clock at arrival, and the clock is the watermark. */
function triggerOf(name: string): Trigger {
  const purge = name.includes('Purging');
  const [, count] = /CountTrigger\.of\((\d+)\)/.exec(name) ?? [];
  if (count !== undefined) return { kind: 'count', count: Number(count), purge };
  if (/event-time|EventTimeTrigger|ProcessingTimeTrigger/.test(name)) return { kind: 'event-time', purge };
  throw new Error(`Cannot test trigger "${name}"`);
}

/** As text: "key-sum ts" and, where the case states it, the window. */
function textOf(expected: Expected): string {
  if ('result' in expected) return `${expected.result} ${expected.ts} ${expected.window}`;
  return `${expected.key}-${expected.value} ${expected.ts}`;
}

class Run {
  readonly #case: OperatorCase;
  #results: { short: string; long: string }[] = [];
  #late: string[] = [];
  #clock: number | undefined;
  #operator: WindowOperator<number, number>;

  constructor(operatorCase: OperatorCase) {
    this.#case = operatorCase;
    this.#operator = this.#newOperator();
  }

  act(step: Step): void {
    if ('element' in step) this.#operator.add(step.element.key, this.#clock ?? step.element.ts, step.element.value);
    else if ('watermark' in step) this.#operator.advance(step.watermark);
    else if ('processing_time' in step) {
      this.#clock = step.processing_time;
      this.#operator.advance(step.processing_time);
    } else if ('snapshot_restore' in step) {
      const snapshot = this.#operator.snapshot();
      this.#operator = this.#newOperator();
      this.#operator.restore(JSON.parse(JSON.stringify(snapshot)));
    }
  }

  /** Exactly these came since the last check, in any order. */
  check(expected: readonly Expected[], late: readonly Element[]): void {
    const wanted = expected.map(textOf).sort();
    const got = this.#results.map(({ short, long }) => (wanted.includes(long) ? long : short)).sort();
    expect(got).toEqual(wanted);
    expect(this.#late).toEqual(late.map(textOf));
    this.#results = [];
    this.#late = [];
  }

  leftovers(): number {
    this.#operator.advance(Number.MAX_SAFE_INTEGER);
    return this.#operator.size;
  }

  #newOperator(): WindowOperator<number, number> {
    return new WindowOperator({
      windows: assignerOf(this.#case),
      aggregate: sum,
      allowedLatenessMs: this.#case.allowed_lateness_ms,
      trigger: triggerOf(this.#case.trigger),
      watermark: BEFORE_ALL_TIME,
      onResult: ({ key, value, window: { start, end } }) => {
        const short = `${key}-${value} ${end - 1}`;
        this.#results.push({ short, long: `${short} ${start},${end}` });
      },
      onLate: ({ key, t, event }) => this.#late.push(textOf({ key, value: event, ts: t })),
    });
  }
}

/** Acts step by step; results are checked where the case states them, and at the end nothing may be left over. */
function playCase(operatorCase: OperatorCase): void {
  const run = new Run(operatorCase);
  let expected: Expected[] = [];
  let late: Element[] = [];
  for (const step of operatorCase.steps) {
    if ('expect' in step) expected.push(step.expect);
    else if ('expect_late' in step) late.push(step.expect_late);
    else {
      if (expected.length + late.length > 0) run.check(expected, late);
      expected = [];
      late = [];
      run.act(step);
    }
  }
  run.check(expected, late);
  expect(run.leftovers()).toBe(0);
}

describe('window assignment', () => {
  for (const { windows, ...shape } of cases.assignment_cases.filter(({ id }) => !OUT_OF_SCOPE.has(id)))
    test(`${shape.id}: ${shape.kind} offset ${shape.offset_ms ?? 0} at ${shape.ts}`, () => {
      const got = windowsOf(assignerOf(shape), shape.ts).map(({ start, end }) => [start, end]);
      expect(got).toEqual(windows);
    });
});

describe('window operator', () => {
  for (const operatorCase of cases.operator_cases.filter(({ id }) => !OUT_OF_SCOPE.has(id)))
    test(operatorCase.id, () => playCase(operatorCase));
});

test('every exception names a case that is there', () => {
  const ids = new Set([...cases.assignment_cases, ...cases.operator_cases].map(({ id }) => id));
  for (const id of OUT_OF_SCOPE.keys()) expect(ids.has(id)).toBe(true);
});

/** Only the names of their fields are in the file, no case: nothing to check until it brings data; then this fails. */
test('sql_cases and hourly_tips_cases still hold no data', () => {
  expect(cases.sql_cases).toEqual(['source_files', 'columns', 'result_columns']);
  expect(cases.hourly_tips_cases).toEqual(['source', 'origin', 'cases']);
});
