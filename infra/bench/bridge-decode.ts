/**
 * CPU per event of the bridge's own work, format by format: decode, key, and group into frames, without Kafka and NATS.
 *
 *   node infra/bench/bridge-decode.ts [events [format]]
 *
 * The rounds of all formats are mixed, and the best of each counts: so a neighbour's noise is no format's.
 */
import { SchemaRegistry } from '../../shared/avro/schema-registry.ts';
import { parseRoutes } from '../../shared/config/routes-file.ts';
import { MAX_FRAME_BYTES } from '../../shared/log/frame.ts';
import { recordDecoder } from '../../bridge/decode/decoder.ts';
import type { RecordDecoder } from '../../bridge/decode/decoded.ts';
import { ReplayFilter } from '../../bridge/decode/replay-filter.ts';
import { FrameBuilder } from '../../bridge/partition/frame-builder.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { BENCH_SCHEMAS } from './formats/avro-records.ts';
import type { Format } from './formats/format.ts';
import { DEBEZIUM_JSON, OTHER_FORMATS } from './formats/formats.ts';
import { orderKey } from './orders.ts';

const EVENTS = Number(process.argv[2] ?? 100_000);
const ONLY = process.argv[3];
const RECORDS_A_FETCH = 2_000;
const ROUNDS = 7;
const START_MS = Date.UTC(2026, 0, 1);
const NOW = START_MS + 86_400_000;

/** A format of the row `bridge`, or one that only this benchmark has. */
type Measured = Omit<Format, 'name'> & { readonly name: string };

const FLATTENED: Measured = {
  ...DEBEZIUM_JSON,
  name: 'debezium-json, flattened',
  record: (number: number, t: number) => ({ key: orderKey(number), value: Buffer.from(flattened(number, t)) }),
};

interface Bench {
  readonly name: string;
  readonly decoder: RecordDecoder;
  readonly records: readonly KafkaRecord[];
  us: number;
  bytes: number;
}

const registry = new SchemaRegistry({ urls: 'http://schemas', fetch: async (url) => schemaAnswer(url) });
const formats = [DEBEZIUM_JSON, FLATTENED, ...OTHER_FORMATS].filter(
  ({ route, name }) => route.decoder !== 'raw' && (ONLY === undefined || name === ONLY),
);
const benches = await Promise.all(formats.map(prepared));
for (let round = 0; round < ROUNDS; round++) for (const bench of benches) measure(bench);
for (const { name, us, bytes } of benches)
  console.log(
    `${name.padEnd(28)} ${us.toFixed(2)} CPU-us/event  ${Math.round(1e6 / us).toLocaleString('en')} events/s  ${Math.round(bytes / EVENTS)} B/event`,
  );

async function prepared(format: Measured): Promise<Bench> {
  const [route] = parseRoutes(JSON.stringify({ routes: [{ topic: format.topic, ...format.route }] }), format.name);
  if (!route || route.decoder === 'raw') throw new Error(`Cannot decode "${format.name}"`);
  const records = Array.from({ length: EVENTS }, (_, n) => record(format, n));
  const decoder = recordDecoder(route, route.topic, { registry });
  await decoder.prepare(records);
  return { name: format.name, decoder, records, us: Number.POSITIVE_INFINITY, bytes: 0 };
}

function measure(bench: Bench): void {
  const { decoder, records } = bench;
  const replays = new ReplayFilter();
  const before = process.cpuUsage();
  bench.bytes = 0;
  for (let at = 0; at < records.length; at += RECORDS_A_FETCH) {
    const batch = records.slice(at, at + RECORDS_A_FETCH);
    if (decoder.prepare(batch)) throw new Error('Cannot measure: a schema is not known');
    const frames = new FrameBuilder(MAX_FRAME_BYTES, decoder.line);
    for (const one of batch) {
      const { place, events } = decoder.decode(one, NOW);
      if (place === undefined || !replays.isReplay(place, one.key)) frames.add(one.offset, events);
    }
    for (const [, frame] of frames.take()) bench.bytes += Buffer.byteLength(frame.lines.join('\n'));
  }
  const used = process.cpuUsage(before);
  bench.us = Math.min(bench.us, (used.user + used.system) / records.length);
}

function record(format: Measured, offset: number): KafkaRecord {
  const { key, value } = format.record(offset, START_MS + offset);
  return { offset, timestampMs: START_MS + offset, key: Buffer.from(key), value };
}

/** What ExtractNewRecordState leaves of an order, with `add.fields=op,source.ts_ms`. */
function flattened(number: number, t: number): string {
  const { value } = DEBEZIUM_JSON.record(number, t);
  const { after } = JSON.parse(value.toString()) as { readonly after: object };
  return JSON.stringify({ ...after, __op: 'c', __source_ts_ms: t, __deleted: 'false' });
}

function schemaAnswer(url: string): Response {
  const schema = BENCH_SCHEMAS.get(Number(/\d+$/.exec(url)?.[0]));
  return Response.json({ schema: JSON.stringify(schema) });
}
