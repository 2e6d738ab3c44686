/** All formats of the row `bridge`. Pure. */
import { BRIDGE_US, FORMAT_US } from '../budgets.ts';
import { customerOf, orderEnvelope, orderKey } from '../orders.ts';
import { debeziumAvroRecord, downloadRecord } from './avro-records.ts';
import type { BenchRecord, Format } from './format.ts';

/** What the other rows work on too. */
export const DEBEZIUM_JSON: Format = {
  name: 'debezium-json',
  topic: 'dbserver1.public.orders',
  route: { decoder: 'debezium-json', kind: 'order' },
  budgetUs: BRIDGE_US,
  record: (number, t) => ({ key: orderKey(number), value: Buffer.from(envelope(number, t)) }),
};

export const OTHER_FORMATS: readonly Format[] = [
  {
    name: 'debezium-json-schema',
    topic: 'bench.debezium-json-schema',
    route: { decoder: 'debezium-json', kind: 'order' },
    budgetUs: BRIDGE_US,
    record: (number, t) => ({
      key: orderKey(number),
      value: Buffer.from(`{"schema":${ENVELOPE_SCHEMA},"payload":${envelope(number, t)}}`),
    }),
  },
  {
    name: 'debezium-avro',
    topic: 'bench.debezium-avro',
    route: { decoder: 'debezium-avro', kind: 'order' },
    budgetUs: FORMAT_US,
    record: debeziumAvroRecord,
  },
  {
    name: 'avro',
    topic: 'bench.content-downloads',
    route: { decoder: 'avro', kind: 'download' },
    budgetUs: FORMAT_US,
    record: downloadRecord,
  },
  {
    name: 'json-order',
    topic: 'bench.orders',
    route: { decoder: 'json', kind: 'order' },
    budgetUs: FORMAT_US,
    record: jsonOrder,
  },
  {
    name: 'json-maip',
    topic: 'bench.maip',
    route: { decoder: 'json', kind: 'maip' },
    budgetUs: FORMAT_US,
    record: maipEvent,
  },
  { name: 'mirror', topic: 'bench.mirror', route: { decoder: 'raw' }, budgetUs: BRIDGE_US, record: jsonOrder },
];

function envelope(number: number, t: number): string {
  return orderEnvelope({ number, customer: customerOf(number), t });
}

function jsonOrder(number: number, t: number): BenchRecord {
  const customerId = `c-${customerOf(number)}`;
  const value = JSON.stringify({
    orderId: `o-${number}`,
    customerId,
    amount: ((number * 37) % 50_000) / 100,
    timestamp: t,
    items: [{ sku: 'A-1', quantity: 2, price: 12.5 }],
    shipping: { street: '12 Long Street', city: 'Springfield', country: 'US' },
    channel: 'web',
  });
  return { key: customerId, value: Buffer.from(value) };
}

function maipEvent(number: number, t: number): BenchRecord {
  const customerId = `c-${customerOf(number)}`;
  const value = JSON.stringify({
    eventId: `e-${number}`,
    eventType: 'maip.order.created',
    customerId,
    timestamp: t,
    payload: { orderId: `o-${number}`, amount: ((number * 37) % 50_000) / 100, currency: 'EUR', channel: 'web' },
  });
  return { key: customerId, value: Buffer.from(value) };
}

/** Kafka Connect's, as JSON converters embed it with schemas.enable=true. */
const ENVELOPE_SCHEMA = JSON.stringify({
  type: 'struct',
  fields: [rowStruct('before'), rowStruct('after'), { type: 'string', optional: false, field: 'op' }],
  optional: false,
  name: 'dbserver1.public.orders.Envelope',
});

function rowStruct(field: string): object {
  return {
    type: 'struct',
    fields: [
      { type: 'int64', optional: false, field: 'order_id' },
      { type: 'int64', optional: false, field: 'customer_id' },
      { type: 'string', optional: false, field: 'total_amount' },
      { type: 'string', optional: true, field: 'status' },
      { type: 'int64', optional: true, name: 'io.debezium.time.MicroTimestamp', version: 1, field: 'order_date' },
    ],
    optional: true,
    name: 'dbserver1.public.orders.Value',
    field,
  };
}
