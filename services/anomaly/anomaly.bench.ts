/** Measures the decision without a runtime around it: `node services/anomaly/anomaly.bench.ts`. Prints CPU time. */
// biome-ignore-all lint/style/noRestrictedImports: no part of the decision.
import type { OrderEvent } from '../../shared/events/order.ts';
import type { StageContext, StageDefinition, Table, TableSpec } from '../../shared/events/stage.ts';
import { StateTable } from '../../shared/store/state-table.ts';
import { anomaly } from './anomaly.ts';
import { DEFAULT_ORDERS } from './rules.ts';

const EVENTS = 300_000;
const WARM_UP = 100_000;
const START = Date.parse('2024-06-01T00:00:00Z');
/** Events between two commits, and between two watermarks, of one partition under load. */
const PER_COMMIT = 2_000;
const BOUND_MS = 5_000;

interface Run {
  readonly micros: number;
  readonly commitBytes: number;
  readonly alerts: number;
}

function measure(definition: StageDefinition<OrderEvent>, customers: number, everyMs: number): Run {
  let watermark = START - 1;
  const tables = new Map(
    Object.entries(definition.tables).map(([name, spec]) => [name, new StateTable(name, spec as TableSpec)]),
  );
  const context: StageContext = {
    partition: 'p00',
    get watermark() {
      return watermark;
    },
    table: <V>(name: string) => tables.get(name) as Table<unknown> as Table<V>,
    emit: () => {},
    late: () => {},
  };
  const decision = definition.open(context);
  let [commitBytes, alerts, micros] = [0, 0, 0];
  for (let from = 0; from < EVENTS; from += PER_COMMIT) {
    const events = Array.from({ length: PER_COMMIT }, (_, n): OrderEvent => {
      const at = from + n;
      const k = String(Math.imul(at, 2_654_435_761) % customers);
      return { t: START + at * everyMs, k, id: String(1_000_000 + at), amount: 1_000 + ((at * 7_919) % 9_000) };
    });
    const before = process.cpuUsage();
    for (const event of events) decision.onEvent(event, 'dbserver1.public.orders#00000');
    watermark = START + (from + PER_COMMIT) * everyMs - BOUND_MS;
    decision.onWatermark();
    const changes = [...tables.values()].flatMap((table) => table.takeChanges());
    const { user, system } = process.cpuUsage(before);
    if (from < WARM_UP) continue;
    micros += user + system;
    for (const { slot, text } of changes) {
      commitBytes += slot.id.length + (text?.length ?? 0);
      if (slot.table.name === 'alert') alerts++;
    }
  }
  const count = EVENTS - WARM_UP;
  return { micros: micros / count, commitBytes: commitBytes / count, alerts: alerts / count };
}

function print(name: string, { micros, commitBytes, alerts }: Run): void {
  const figures = [
    `${micros.toFixed(2)} CPU-us`,
    `${commitBytes.toFixed(0)} commit bytes`,
    `${alerts.toFixed(3)} alerts`,
  ];
  process.stdout.write(`${name.padEnd(52)}${figures.map((figure) => figure.padStart(20)).join('')}\n`);
}

const arrival = { ...DEFAULT_ORDERS, order: 'arrival' as const };
print('an order, 100,000 customers, 1,000 orders/s', measure(anomaly(), 100_000, 1));
print('an order, 100,000 customers, 1 order/s', measure(anomaly(), 100_000, 1_000));
print('an order, 100,000 customers, 1 order/s, arrival', measure(anomaly(arrival), 100_000, 1_000));
print('an order, 1,000 customers in a storm', measure(anomaly(), 1_000, 1));
