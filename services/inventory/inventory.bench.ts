/** Measures the decision without a runtime around it: `node services/inventory/inventory.bench.ts`. Prints CPU time. */
// biome-ignore-all lint/style/noRestrictedImports: no part of the decision.
import { MapTable } from '../../shared/event-time/map-table.ts';
import type { StageContext, Table } from '../../shared/events/stage.ts';
import { inventory, type InventoryEvent } from './inventory.ts';
import { encodeProduct, type ProductRecord } from './product-record.ts';

const PRODUCTS = 10_000;
const EVENTS = 1_000_000;
const DAY = 86_400_000;
const START = Date.parse('2024-06-01T00:00:00Z');
const ROUNDS = 5;

let sink = 0; // keeps the optimiser from dropping what is measured

function cpuMicros(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Two lines of an order, now and then a new stock; some late by days, some taken back. */
function eventOf(n: number, t: number): InventoryEvent {
  const k = String((n * 7_919) % PRODUCTS);
  if (n % 20 === 0) return { t, k, name: `Product ${k}`, stock: (n * 7) % 500, price: 1_999 };
  const line = {
    t: n % 50 === 0 ? t - 3 * DAY : t,
    k,
    id: String(n),
    order: String(n >> 1),
    quantity: 1 + (n % 3),
    price: 999,
  };
  return n % 33 === 0 ? { ...line, retract: true } : line;
}

function print(name: string, micros: number, count: number): void {
  process.stdout.write(`${name.padEnd(56)}${(micros / count).toFixed(3).padStart(9)} CPU-us\n`);
}

/** The products of a catalogue that has sold on each of so many days. */
function measure(days: number): void {
  let watermark = START - 1;
  const products = new MapTable<ProductRecord>();
  const tables = new Map<string, Table<never>>([
    ['product', products as Table<never>],
    ['hidden', new MapTable<never>()],
  ]);
  const context: StageContext = {
    partition: 'p00',
    get watermark() {
      return watermark;
    },
    table: <V>(name: string) => tables.get(name) as Table<V>,
    emit: () => void sink++,
    late: () => void sink++,
  };
  const decision = inventory().open(context);
  const fold = (list: readonly InventoryEvent[]) => {
    for (const one of list) decision.onEvent(one, 'a#00000');
  };
  for (let day = 0; day < days; day++) {
    watermark = START + day * DAY;
    decision.onWatermark();
    for (let n = 0; n < PRODUCTS; n++) decision.onEvent(eventOf(n, watermark), 'a#00000');
  }
  const now = START + (days - 1) * DAY + 1;
  const events = Array.from({ length: EVENTS }, (_, n) => eventOf(n + PRODUCTS, now));
  let [event, encode, midnight, bytes] = [Infinity, Infinity, Infinity, 0];
  for (let round = 0; round < ROUNDS; round++) {
    event = Math.min(
      event,
      cpuMicros(() => fold(events)),
    );
    bytes = 0;
    encode = Math.min(
      encode,
      cpuMicros(() => {
        for (const [, record] of products.entries()) bytes += encodeProduct(record).length;
      }),
    );
  }
  for (let round = 1; round <= ROUNDS; round++) {
    watermark = now + round * DAY;
    midnight = Math.min(
      midnight,
      cpuMicros(() => {
        for (let step = 0; step < PRODUCTS / 1_000; step++) decision.onWatermark();
      }),
    );
  }
  print(`an event, ${days} days of sales`, event, EVENTS);
  print(`a value of ${Math.round(bytes / PRODUCTS)} bytes`, encode, PRODUCTS);
  print('a product at midnight', midnight, PRODUCTS);
}

measure(1);
measure(7);
measure(60);
if (sink < 0) process.stdout.write('never\n');
