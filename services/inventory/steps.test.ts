/** A catalogue at midnight, and state that was stored under other options. */
import { expect, test } from 'vitest';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { parseCommit } from '../../shared/runtime/commit.ts';
import { PartitionState } from '../../shared/runtime/partition-state.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { framesOf, runStages, type Step, STRAIGHT } from '../../shared/testing/stage-harness.ts';
import { item, keyOf, productIn, row, rows, sold, until } from './_shop.ts';
import { inventory, type InventoryEvent, PRODUCTS_PER_STEP } from './inventory.ts';
import { DEFAULT_INVENTORY, type InventoryOptions } from './options.ts';

const COUNT = 1_300;
/** Ids of one partition. */
const IDS = Array.from({ length: COUNT * 32 }, (_, n) => String(n))
  .filter((id) => partitionOf(id) === 0)
  .slice(0, COUNT);

test('a catalogue larger than a step follows in the next ones, the longest unseen first', () => {
  expect(IDS).toHaveLength(COUNT);
  const steps = [rows(...IDS.map((id) => row(0, id, 5))), ...until(0.1)];
  const datesAfter = (...more: Step<InventoryEvent>[]) => {
    const { results } = runStages([inventory()], [...steps, ...more]);
    return Object.fromEntries(
      Object.entries(
        Object.groupBy(IDS, (id) => results.get(keyOf(id))?.match(/"as_of":("[^"]*"|null)/)?.[1] ?? ''),
      ).map(([date, ids]) => [date, ids?.length]),
    );
  };
  const left = COUNT - PRODUCTS_PER_STEP;
  expect(datesAfter()).toEqual({ '"2024-06-01"': PRODUCTS_PER_STEP, null: left });
  expect(datesAfter(...until(0.2))).toEqual({ '"2024-06-01"': COUNT });
  expect(datesAfter(...until(1))).toEqual({ '"2024-06-01"': left, '"2024-06-02"': PRODUCTS_PER_STEP });
  expect(datesAfter(...until(1), ...until(1.1))).toEqual({ '"2024-06-02"': COUNT });
});

test('a catalogue larger than a step keeps the law, in the middle of it and at its end', () => {
  const some = IDS.slice(0, 50);
  const steps = [
    rows(...IDS.map((id) => row(0, id, 5))),
    ...until(0.1),
    ...until(1),
    sold(...some.map((id) => item(1.1, id, 1))),
  ];
  const schedules = { 'a crash after every commit': { ...STRAIGHT, commitEvery: 1, crash: true, flushEvery: 3 } };
  checkLaw([inventory()], steps, schedules);
  const outcome = checkLaw([inventory()], [...steps, ...until(1.2)], schedules);
  expect(productIn(outcome, some[0] ?? '')).toMatchObject({ units_sold_7d: 1, as_of: '2024-06-02' });
});

/** What changes with the step to day 1.1 when the state of day 1 was stored under the default options. */
function changesUnder(options: Partial<InventoryOptions>): unknown[] {
  const partition = partitionName(partitionOf('1'));
  const frames = framesOf([rows(row(-100, '1', 20)), sold(item(0, '1', 14)), ...until(1), ...until(1.1)], 99);
  const before = new PartitionState(inventory(), partition);
  before.open();
  for (const frame of frames.slice(0, -2)) before.fold(frame);
  const stored = parseCommit(new TextEncoder().encode(before.takeCommit(1, 1).payload));
  const after = new PartitionState(inventory({ ...DEFAULT_INVENTORY, ...options }), partition);
  after.replay(stored.head, stored.lines);
  after.open();
  for (const frame of frames.slice(-2)) after.fold(frame);
  return after.takeCommit(2, 1).changes.map(({ text }) => JSON.parse(text ?? 'null') as unknown);
}

test.each([
  [{ targetDays: 90 }, { restock_quantity: 160 }],
  [{ lowDays: 11 }, { stock_status: 'low', restock_urgency: 'soon' }],
  [{ deadStockDays: 1 }, { dead_stock: true }],
] as const)('other options show in every product with the next step of the watermark: %o', (options, expected) => {
  expect(changesUnder(options)).toMatchObject([expected]);
});

test('the same options change nothing', () => {
  expect(changesUnder({})).toEqual([]);
});
