/** What the gateway says of the mesh: made from the members' own records (shared/runtime/status.ts). */
import { z } from '@hono/zod-openapi';
import { Count, Time } from './common.ts';

const Seconds = z.number().min(0).openapi({ example: 0.4 });
const Alarms = z.array(z.string()).openapi({ example: ['sales p03 has no owner'] });

const Worker = z
  .object({
    instance: z.string().openapi({ example: 'sales-1' }),
    kind: z.enum(['bridge', 'worker', 'gateway', 'sink', 'generator', 'registry']),
    ready: z.boolean(),
    services: z.array(z.string()).openapi({ example: ['sales'] }),
    partitions: Count.openapi({ description: 'Partitions it owns', example: 16 }),
    alarms: Alarms,
    pid: Count,
    runtime: z.string().openapi({ example: 'node 24.21.0' }),
    started_at: Time,
    health: z
      .string()
      .openapi({ example: 'http://127.0.0.1:9101', description: 'Base URL of its /livez, /readyz and /metrics' }),
    rss_bytes: Count,
    heartbeat_age_seconds: Seconds,
  })
  .openapi('Worker');

const Partition = z
  .object({
    partition: z.string().openapi({ example: 'p07' }),
    owner: z.string().openapi({ example: 'sales-1' }),
    state: z.enum(['recovering', 'running', 'draining']),
    position: Count.openapi({ description: 'Input sequence folded and committed' }),
    watermark: Time.optional(),
    lag_frames: Count,
    lag_seconds: Seconds,
    epoch: Count,
    events: Count,
    commits: Count,
    late: Count,
    dirty_keys: Count.openapi({ description: 'Committed values that are not in KV yet' }),
    applied: Count,
  })
  .openapi('Partition');

const Service = z
  .object({
    service: z.string().openapi({ example: 'sales' }),
    watermark: Time.optional().openapi({ description: 'The lowest of its partitions; absent: nothing is complete' }),
    lag_frames: Count,
    lag_seconds: Seconds,
    events: Count,
    late: Count,
    partitions: z.array(Partition),
  })
  .openapi('Service');

const Source = z
  .object({
    topic: z.string().openapi({ example: 'dbserver1.public.orders' }),
    partition: Count,
    owner: z.string().openapi({ example: 'bridge-1' }),
    state: z.enum(['starting', 'running', 'paused']),
    offset: Count.optional(),
    high_watermark: Count.optional().openapi({ description: "Kafka's end offset when last seen" }),
    watermark: Time.optional(),
    lag_records: Count,
    lag_seconds: Seconds,
    stalled_seconds: Seconds.openapi({
      description: 'How long it has not moved though there is something to do; 0 while it moves',
    }),
    idle: z.boolean(),
    counts: z.record(z.string(), z.number()).openapi({ example: { events: 1000, dead: 1 } }),
    alarm: z.string().optional().openapi({ example: 'It has not moved for 60 s' }),
  })
  .openapi('KafkaPartition');

const Sink = z
  .object({
    sink: z.string().openapi({ example: 'sink-postgres' }),
    bucket: z.string().openapi({ example: 'sales' }),
    owner: z.string().openapi({ example: 'sink-postgres-1' }),
    state: z.enum(['waiting', 'claiming', 'running', 'draining']).openapi({
      description: 'waiting: there is no such bucket yet; claiming: the store has not answered yet',
    }),
    position: Count.openapi({ description: "Everything of the bucket's stream up to this sequence is in the store" }),
    lag_entries: Count.openapi({ description: 'Keys and messages that are not in the store yet', example: 0 }),
    lag_seconds: Seconds,
    waiting: Count.openapi({ description: 'Keys that were read and are not written', example: 0 }),
    written: Count,
    deleted: Count,
    refused: Count.openapi({ description: 'Values that the store does not take: they are dead letters', example: 0 }),
    retries: Count,
    throttled: Count.openapi({ description: 'Retries because the store was overloaded', example: 0 }),
    alarm: z.string().optional().openapi({ example: 'stalled for 45 s: Cannot reach the store' }),
  })
  .openapi('SinkBucket');

export const MeshStatus = z
  .object({
    healthy: z.boolean().openapi({ description: 'True when there is no alarm' }),
    alarms: Alarms,
    as_of: Time,
    lag_records: Count.openapi({ description: 'Kafka records that the bridge has not taken yet' }),
    lag_seconds: Seconds.openapi({ description: 'The largest lag of any bridge, stage or sink' }),
    workers: z.array(Worker),
    services: z.array(Service),
    sources: z.array(Source),
    sinks: z.array(Sink),
  })
  .openapi('MeshStatus');
export type MeshStatus = z.infer<typeof MeshStatus>;
