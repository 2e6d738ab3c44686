/**
 * CPU per event of the bridge's own work: decode, key, and group into frames, without Kafka and NATS.
 *
 *   node infra/bench/bridge-decode.ts [events]
 */
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import { FrameBuilder } from '../../bridge/frame-builder.ts';
import type { KafkaRecord } from '../../bridge/record.ts';
import { type EventRoute, routeDefaults } from '../../shared/config/routes.ts';
import { MAX_FRAME_BYTES } from '../../shared/log/frame.ts';

const EVENTS = Number(process.argv[2] ?? 100_000);
const RECORDS_A_FETCH = 2_000;
const ROUNDS = 5;
const START_MS = Date.UTC(2026, 0, 1);

const debezium: EventRoute = { topic: 'dbserver1.public.orders', ...routeDefaults('order', 'debezium-json') };
const plain: EventRoute = { topic: 'orders', ...routeDefaults('order', 'json') };

measure(
  'debezium-json',
  debezium,
  Array.from({ length: EVENTS }, (_, n) => record(n, envelope(n))),
);
measure(
  'debezium-json with schema',
  debezium,
  Array.from({ length: EVENTS }, (_, n) => record(n, withSchema(n))),
);
measure(
  'json',
  plain,
  Array.from({ length: EVENTS }, (_, n) => record(n, message(n))),
);

function measure(name: string, route: EventRoute, records: readonly KafkaRecord[]): void {
  const decoder = recordDecoder(route, route.topic);
  let best = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    bytes = 0;
    const before = process.cpuUsage();
    for (let at = 0; at < records.length; at += RECORDS_A_FETCH) {
      const frames = new FrameBuilder(MAX_FRAME_BYTES, decoder.line);
      for (const one of records.slice(at, at + RECORDS_A_FETCH))
        frames.add(one.offset, decoder.decode(one, START_MS + 86_400_000).events);
      for (const [, frame] of frames.take()) bytes += Buffer.byteLength(frame.lines.join('\n'));
    }
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / records.length);
  }
  const rate = Math.round(1e6 / best).toLocaleString('en');
  console.log(
    `${name.padEnd(28)} ${best.toFixed(2)} CPU-us/event  ${rate} events/s  ${Math.round(bytes / records.length)} B/event`,
  );
}

function record(offset: number, value: string): KafkaRecord {
  return { offset, timestampMs: START_MS + offset, key: null, value: Buffer.from(value) };
}

function envelope(n: number): string {
  const t = (START_MS + n) * 1000;
  const row = `{"order_id":${1_000_000 + n},"customer_id":${(n * 7919) % 20_000},"total_amount":${((n * 37) % 50_000) / 100},"status":"placed","order_date":${t}}`;
  return (
    `{"before":null,"after":${row},"source":{"version":"2.7.0.Final","connector":"postgresql","name":"dbserver1",` +
    `"ts_ms":${START_MS + n},"snapshot":"false","db":"shop","sequence":"[\\"24023119\\",\\"24023128\\"]","ts_us":${t},` +
    `"ts_ns":${t}000,"schema":"public","table":"orders","txId":${n},"lsn":${24_023_128 + n},"xmin":null},` +
    `"transaction":null,"op":"c","ts_ms":${START_MS + n},"ts_us":${t},"ts_ns":${t}000}`
  );
}

function withSchema(n: number): string {
  const column = (field: string, type: string, name?: string) => ({
    type,
    optional: false,
    field,
    ...(name && { name }),
  });
  const row = [
    column('order_id', 'int64'),
    column('customer_id', 'int32'),
    column('total_amount', 'double'),
    column('status', 'string'),
    column('order_date', 'int64', 'io.debezium.time.MicroTimestamp'),
  ];
  const fields = [
    { type: 'struct', fields: row, optional: true, field: 'before' },
    { type: 'struct', fields: row, optional: true, field: 'after' },
    column('op', 'string'),
  ];
  return `{"schema":${JSON.stringify({ type: 'struct', fields })},"payload":${envelope(n)}}`;
}

function message(n: number): string {
  return JSON.stringify({
    orderId: `o-${n}`,
    customerId: `c-${(n * 7919) % 20_000}`,
    amount: ((n * 37) % 50_000) / 100,
    timestamp: START_MS + n,
    items: [{ sku: 'A-1', quantity: 2 }],
  });
}
