/** Any history of a shop: the figures equal a naive recount, whatever came first. Seeds are printed by fast-check. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../shared/testing/orders.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { type Outcome, runStages, type Step } from '../../shared/testing/stage-harness.ts';
import { type Figures, naiveProduct } from './_naive.ts';
import { at, DAY, gone, item, ITEMS, keyOf, PRODUCTS, row, takenBack } from './_shop.ts';
import { inventory, type InventoryEvent } from './inventory.ts';
import type { InventoryOptions } from './options.ts';
import { inventorySummary, type InventorySummaryValue } from './summary.ts';
import type { ProductValue } from './product-record.ts';

/** Short, so that much is forgotten, begun anew and dead within a run. */
const OPTIONS: InventoryOptions = { targetDays: 9, criticalDays: 2, lowDays: 4, deadStockDays: 5, keptDays: 13 };
const STAGES = [inventory(OPTIONS), inventorySummary];
const BOUND_DAYS = 1;
const LATEST_CORRECTION_DAYS = 8;
const DAYS = 60;
const IDS = ['1', '2', 'é.>', 'never a row'];

type Random = () => number;

/** One Kafka partition: its events in the order of their offsets, each when it came (days). */
interface Source {
  readonly topic: string;
  readonly kafkaPartition: number;
  readonly events: { readonly came: number; readonly event: InventoryEvent }[];
}

interface History {
  readonly sources: readonly Source[];
  /** Complete up to there, in days. */
  readonly end: number;
}

function historyOf(seed: number): History {
  const random = seededRandom(seed);
  const sources = [0, 1].flatMap((kafkaPartition) =>
    [ITEMS, PRODUCTS].map((topic): Source => ({ topic, kafkaPartition, events: [] })),
  );
  const put = (topic: string, number: number, came: number, event: InventoryEvent) =>
    sources.find((one) => one.topic === topic && one.kafkaPartition === number % 2)?.events.push({ came, event });
  for (let n = 0; n < 90; n++) putItem(random, n, (came, event) => put(ITEMS, n, came, event));
  for (let n = 0; n < 25; n++) {
    const product = Math.floor(random() * (IDS.length - 1));
    const days = random() * DAYS;
    const event =
      random() < 0.35 ? gone(days, IDS[product] ?? '') : row(days, IDS[product] ?? '', Math.floor(random() * 25) - 3);
    put(PRODUCTS, product, days + random() * BOUND_DAYS, event);
  }
  for (const { events } of sources) events.sort((a, b) => a.came - b.came);
  return { sources, end: DAYS * (0.2 + random()) };
}

/** A line; it may be a return, and may be changed or deleted later, more than once. */
function putItem(random: Random, n: number, put: (came: number, event: InventoryEvent) => void): void {
  const days = random() ** 2 * DAYS; // fewer and fewer
  const line = () => item(days, IDS[Math.floor(random() ** 2 * IDS.length)] ?? '', quantityOf(random), { id: `${n}` });
  let came = days + random() * BOUND_DAYS;
  let current = line();
  put(came, current);
  while (random() < 0.3) {
    came += (random() * LATEST_CORRECTION_DAYS) / 2;
    if (came > days + LATEST_CORRECTION_DAYS) return;
    put(came, takenBack(current));
    if (random() < 0.4) return;
    current = line();
    put(came + 1e-9, current);
  }
}

function quantityOf(random: Random): number {
  return random() < 0.15 ? -1 - Math.floor(random() * 3) : 1 + Math.floor(random() * 6);
}

/** One way in which the sources can be read: each in its order, progress after some of it, and all complete at the end. */
function interleave({ sources, end }: History, random: Random): Step<InventoryEvent>[] {
  const left = sources.map((source) => ({ ...source, next: 0, newest: Number.NEGATIVE_INFINITY }));
  const steps: Step<InventoryEvent>[] = left.map(({ topic, kafkaPartition }) => ({
    topic,
    kafkaPartition,
    progress: {},
  }));
  for (let open = left; open.length > 0; open = open.filter(({ next, events }) => next < events.length)) {
    const source = open[Math.floor(random() * open.length)];
    if (!source || source.events.length === 0) continue;
    const { topic, kafkaPartition } = source;
    const batch = source.events
      .slice(source.next, source.next + 1 + Math.floor(random() * 12))
      .map(({ event }) => event);
    source.next += batch.length;
    source.newest = Math.max(source.newest, ...batch.map(({ t }) => t));
    steps.push({ topic, kafkaPartition, events: batch });
    const watermark = Math.min(source.newest - BOUND_DAYS * DAY - 1, at(end) - 2); // the summary comes with a step
    if (random() < 0.7) steps.push({ topic, kafkaPartition, progress: { watermark } });
  }
  const complete = left.map(({ topic, kafkaPartition }) => ({
    topic,
    kafkaPartition,
    progress: { watermark: at(end) - 1 },
  }));
  return [...steps, ...complete];
}

/** An empty source must not end the loop early. */
function withoutEmpty({ sources, end }: History): History {
  return { sources: sources.filter(({ events }) => events.length > 0), end };
}

function shown(outcome: Outcome): Map<string, Figures> {
  const figures = new Map<string, Figures>();
  for (const id of IDS) {
    const text = outcome.results.get(keyOf(id));
    if (text === undefined) continue;
    const { state: _, ...value } = JSON.parse(text) as ProductValue;
    figures.set(id, value);
  }
  return figures;
}

function recount({ sources, end }: History): Map<string, Figures> {
  const figures = new Map<string, Figures>();
  for (const id of IDS) {
    const events = sources.flatMap((source) => source.events.map(({ event }) => event).filter(({ k }) => k === id));
    const value = naiveProduct(id, events, at(end) - 1, OPTIONS);
    if (value) figures.set(id, value);
  }
  return figures;
}

function sorted({ results, state, late }: Outcome): object {
  return { results: [...results].sort(), state: [...state].sort(), late };
}

describe('any history', () => {
  test('equals a naive recount, and its summary the sum over the products', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const history = withoutEmpty(historyOf(seed));
      const outcome = runStages(STAGES, interleave(history, seededRandom(seed + 1)));
      const expected = recount(history);
      expect(outcome.late).toEqual([]);
      expect(shown(outcome)).toEqual(expected);
      const summary = JSON.parse(outcome.results.get('all.summary') ?? 'null') as InventorySummaryValue;
      const values = [...expected.values()];
      expect(summary.products).toBe(values.length);
      expect(summary.restock.products).toBe(values.filter((one) => one.restock_urgency !== 'none').length);
      expect(summary.dead_stock.products).toBe(values.filter((one) => one.dead_stock).length);
      for (const [status, count] of Object.entries(summary.by_status))
        expect(count).toBe(values.filter((one) => one.stock_status === status).length);
    });
    fc.assert(property, { numRuns: 100 });
  });

  test('ends in the same values and the same state, byte for byte, however its sources were interleaved', () => {
    const property = fc.property(fc.integer(), fc.integer(), fc.integer(), (seed, one, other) => {
      const history = withoutEmpty(historyOf(seed));
      const [first, second] = [one, other].map((order) => runStages(STAGES, interleave(history, seededRandom(order))));
      if (first && second) expect(sorted(second)).toEqual(sorted(first));
    });
    fc.assert(property, { numRuns: 100 });
  });

  test('keeps the law', () => {
    const property = fc.property(fc.integer(), (seed) => {
      checkLaw(STAGES, interleave(withoutEmpty(historyOf(seed)), seededRandom(seed)));
    });
    fc.assert(property, { numRuns: 8 });
  });

  test('leaves nothing when every line of it is taken back, in any order', () => {
    const property = fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const events = Array.from({ length: 40 }, (_, n) =>
        item(random() * 12, IDS[n % IDS.length] ?? '', quantityOf(random), { id: `${n}` }),
      );
      const shuffled = events.map(takenBack).sort(() => random() - 0.5);
      const steps = (list: InventoryEvent[]) => [{ topic: ITEMS, kafkaPartition: 0, events: list }];
      const progress = [{ topic: ITEMS, kafkaPartition: 0, progress: { watermark: at(12) } }];
      const outcome = runStages([inventory(OPTIONS)], [...steps(events), ...progress, ...steps(shuffled)]);
      expect([...outcome.results.keys(), ...outcome.state.keys(), ...outcome.late]).toEqual([]);
    });
    fc.assert(property, { numRuns: 100 });
  });
});
