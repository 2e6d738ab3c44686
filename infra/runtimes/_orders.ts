/** Debezium orders for the meshes of runtimes.int.test.ts, and what a straight fold in this process makes of them. */
import { OrderSource } from '../../shared/demo/orders.ts';
import { rfm } from '../../services/rfm/rfm.ts';
import { rfmSummary } from '../../services/rfm/summary.ts';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { runStages, type Step } from '../../shared/testing/stage-harness.ts';

const START_MS = Date.parse('2024-03-01T00:00:00Z');
/** 2,000 orders are 100 days: all segments occur. */
const STEP_MS = (100 * 86_400_000) / 2_000;

export const KAFKA_PARTITIONS = 2;

/** The records' values by Kafka partition. A customer stays on one, so that its orders have one order. */
export function makeOrders(count: number): readonly (readonly string[])[] {
  const source = new OrderSource(7, 1_000);
  const values: string[][] = Array.from({ length: KAFKA_PARTITIONS }, () => []);
  for (let n = 0; n < count; n++) {
    const { envelope } = source.next(START_MS + n * STEP_MS);
    const customer = (envelope.after ?? envelope.before)?.customer_id ?? 0;
    values[customer % KAFKA_PARTITIONS]?.push(JSON.stringify(envelope));
  }
  return values;
}

/** Results by KV key, as JSON text. */
export function straightFold(values: readonly (readonly string[])[]): Map<string, string> {
  const topic = 'orders';
  const route: EventRoute<'order'> = { topic, ...routeDefaults('order', 'debezium-json') };
  const decoder = recordDecoder(route, topic);
  const declared: Step<OrderEvent>[] = values.map((_, kafkaPartition) => ({ topic, kafkaPartition, progress: {} }));
  const folded = values.flatMap((records, kafkaPartition): Step<OrderEvent>[] => {
    const events = records.flatMap((value, offset) => {
      const record = { offset, timestampMs: Date.now(), key: null, value: Buffer.from(value) };
      return decoder.decode(record, Date.now()).events;
    });
    const watermark = Math.max(...events.map(({ t }) => t)) - route.outOfOrdernessMs - 1;
    return [
      { topic, kafkaPartition, events },
      { topic, kafkaPartition, progress: { watermark } },
    ];
  });
  return new Map(runStages([rfm, rfmSummary], [...declared, ...folded]).results);
}
