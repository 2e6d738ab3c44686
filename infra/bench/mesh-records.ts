/**
 * The records of a whole mesh under load, as its sources write them. Pure: the number of a record decides everything
 * about it.
 */
import { DEBEZIUM_JSON } from './formats/formats.ts';
import { downloadRecord } from './formats/avro-records.ts';
import type { BenchRecord } from './formats/format.ts';
import { customerOf } from './orders.ts';

export interface MeshTopic {
  readonly topic: string;
  /** Of 100 records. */
  readonly share: number;
  record(number: number, t: number): BenchRecord;
}

const PRODUCTS = 10_000;
const ORDER_ITEMS = 'order_items';

export const MESH_TOPICS: readonly MeshTopic[] = [
  { topic: DEBEZIUM_JSON.topic, share: 25, record: DEBEZIUM_JSON.record },
  { topic: `dbserver1.public.${ORDER_ITEMS}`, share: 24, record: itemRecord },
  { topic: 'dbserver1.public.products', share: 1, record: productRecord },
  { topic: 'content-downloads', share: 20, record: downloadRecord },
  { topic: 'maip.order.created', share: 15, record: maipRecord },
  { topic: 'order_events', share: 5, record: userRecord('purchase') },
  { topic: 'activity_events', share: 5, record: userRecord('view') },
  { topic: 'install_events', share: 5, record: userRecord('install') },
];

function itemRecord(number: number, t: number): BenchRecord {
  const product = customerOf(number) % PRODUCTS;
  const row =
    `{"order_item_id":${number},"order_id":${1_000_000 + (number >> 1)},"product_id":${product},` +
    `"quantity":${1 + (number % 3)},"unit_price":"${(5 + (product % 95)).toFixed(2)}","created_at":${t * 1000}}`;
  return { key: `{"order_item_id":${number}}`, value: Buffer.from(envelope(ORDER_ITEMS, row, number, t, 'c')) };
}

function productRecord(number: number, t: number): BenchRecord {
  const product = number % PRODUCTS;
  const row =
    `{"product_id":${product},"name":"Product ${product}","stock_quantity":${(number * 7) % 500},` +
    `"price":"${(5 + (product % 95)).toFixed(2)}","updated_at":${t * 1000}}`;
  return { key: `{"product_id":${product}}`, value: Buffer.from(envelope('products', row, number, t, 'c')) };
}

function envelope(table: string, row: string, number: number, t: number, op: string): string {
  const lsn = 24_023_128 + number;
  return (
    `{"before":null,"after":${row},"source":{"version":"2.7.0.Final","connector":"postgresql","name":"dbserver1",` +
    `"ts_ms":${t},"snapshot":"false","db":"shop","sequence":"[\\"24023119\\",\\"${lsn}\\"]","schema":"public",` +
    `"table":"${table}","txId":${number},"lsn":${lsn},"xmin":null},"op":"${op}","ts_ms":${t},"transaction":null}`
  );
}

function maipRecord(number: number, t: number): BenchRecord {
  const customer = `c-${customerOf(number)}`;
  const value =
    `{"eventId":"e-${number}","eventType":"maip.order.created","customerId":"${customer}","timestamp":${t},` +
    `"payload":{"orderId":"o-${number}","amount":${((number * 37) % 50_000) / 100},"currency":"EUR","channel":"web"}}`;
  return { key: customer, value: Buffer.from(value) };
}

function userRecord(type: string): MeshTopic['record'] {
  return (number, t) => {
    const user = `user_${customerOf(number)}`;
    const value =
      `{"userId":"${user}","eventType":"${type}","timestamp":${t},"value":${10 + (number % 500)},` +
      `"sessionId":"s-${number}","metadata":{"page":"/products/${number % 100}","device":"mobile"}}`;
    return { key: user, value: Buffer.from(value) };
  };
}
