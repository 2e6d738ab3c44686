/** What the gateway says of the mesh: made from the members' own records (shared/runtime/status.ts). */
import { z } from '@hono/zod-openapi';
import { Count, Time } from './common.ts';

const Seconds = z.number().min(0);
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
    health: z.string().openapi({ description: 'Base URL of its /livez, /readyz and /metrics' }),
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
    alarm: z.string().optional(),
  })
  .openapi('KafkaPartition');

export const MeshStatus = z
  .object({
    healthy: z.boolean().openapi({ description: 'True when there is no alarm' }),
    alarms: Alarms,
    as_of: Time,
    lag_records: Count.openapi({ description: 'Kafka records that the bridge has not taken yet' }),
    lag_seconds: Seconds.openapi({ description: 'The largest lag of any bridge or stage' }),
    workers: z.array(Worker),
    services: z.array(Service),
    sources: z.array(Source),
  })
  .openapi('MeshStatus');
export type MeshStatus = z.infer<typeof MeshStatus>;
