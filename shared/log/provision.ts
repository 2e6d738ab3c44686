/**
 * Creates the mesh's streams and buckets where they are missing.
 *
 * What exists is left as it is: an operator may have given a stream other limits or replicas, and that stands.
 * Several processes may provision at once.
 */
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { PARTITION_COUNT } from '../events/partition.ts';
import type { JetStreamLog } from './jetstream-log.ts';
import {
  bucketStream,
  DLQ,
  EVENTS,
  keySubject,
  LATE,
  LEASES,
  logStream,
  MEMBERS,
  MESH,
  mirrorSubject,
  streamOf,
} from './names.ts';

type NewStream = Partial<StreamConfig> & { name: string };

export interface Retention {
  /** How long input frames are kept, hours. */
  readonly eventsHours: number;
  /** And how many bytes of them. */
  readonly eventsBytes: number;
  /** How many bytes of one mirrored Kafka partition are kept. The server sets them aside when its stream is made. */
  readonly mirrorBytes: number;
  /** 1, 3 or 5 on a NATS cluster. */
  readonly replicas: number;
}

export const DEFAULT_RETENTION: Retention = {
  eventsHours: 7 * 24,
  eventsBytes: 20 * 1024 ** 3,
  mirrorBytes: 1024 ** 3,
  replicas: 1,
};

const DAY_NS = 24 * 3600 * 1e9;

/** EVENTS, DLQ, LATE and the buckets every process needs; checks that the number of partitions is this mesh's. */
export async function provisionMesh(log: JetStreamLog, retention: Retention = DEFAULT_RETENTION): Promise<void> {
  const { replicas } = retention;
  const streams: NewStream[] = [
    {
      ...logLike(EVENTS, ['kafka.>', 'rules.>'], replicas),
      max_age: retention.eventsHours * 3600 * 1e9,
      max_bytes: retention.eventsBytes,
    },
    { ...logLike(DLQ, ['dlq.>'], replicas), max_age: 30 * DAY_NS, max_bytes: 1024 ** 3 },
    { ...logLike(LATE, ['late.>'], replicas), max_age: 7 * DAY_NS, max_bytes: 1024 ** 3 },
    bucket(MEMBERS, replicas),
    bucket(LEASES, replicas),
    bucket(MESH, replicas),
  ];
  for (const stream of streams) await ensureStream(log, stream);
  await checkPartitionCount(log);
}

/** The log and the store of one service. */
export async function provisionService(log: JetStreamLog, service: string, replicas = 1): Promise<void> {
  await ensureStream(log, logLike(logStream(service), [`log.${service}.*`], replicas));
  await ensureStream(log, bucket(service, replicas));
}

/**
 * The shortest window there is. Messages of a mirror are told apart by what is before them; the server would remember
 * the ids of two minutes besides, which at 100,000 a second is gigabytes.
 */
const MIRROR_WINDOW_NS = 100e6;

/** The stream that mirrors one Kafka partition. */
export async function provisionMirror(
  log: JetStreamLog,
  topic: string,
  partition: number,
  { eventsHours, mirrorBytes, replicas }: Retention = DEFAULT_RETENTION,
): Promise<void> {
  const subject = mirrorSubject(topic, partition);
  await ensureStream(log, {
    ...logLike(streamOf(subject), [subject], replicas),
    max_age: eventsHours * 3600 * 1e9,
    max_bytes: mirrorBytes,
    duplicate_window: MIRROR_WINDOW_NS,
  });
}

/** A bucket that belongs to no service: `nats kv` shows it under this name. */
export async function provisionBucket(log: JetStreamLog, name: string, replicas = 1): Promise<void> {
  await ensureStream(log, bucket(name, replicas));
}

/** The mesh was made with another number of partitions: its keys live elsewhere. */
export class PartitionCountError extends Error {
  readonly code = 'partition-count';
}

function logLike(name: string, subjects: string[], replicas: number): NewStream {
  return {
    name,
    subjects,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    allow_direct: true,
  };
}

/** The same stream as `nats kv add` makes, with history 1 and per-message TTL. */
function bucket(name: string, replicas: number): NewStream {
  return {
    name: bucketStream(name),
    subjects: [keySubject(name, '>')],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    allow_direct: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
  };
}

async function ensureStream(log: JetStreamLog, stream: NewStream): Promise<void> {
  const { streams } = log.manager;
  try {
    await streams.info(stream.name);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'StreamNotFoundError')) throw error;
    await streams.add(stream).catch(async (failure: unknown) => {
      await streams.info(stream.name).catch(() => Promise.reject(failure)); // another process may have been first
    });
  }
}

async function checkPartitionCount(log: JetStreamLog): Promise<void> {
  const subject = keySubject(MESH, 'partitions');
  await log.append(subject, String(PARTITION_COUNT), { expectedLast: 0 });
  const stored = await log.last(bucketStream(MESH), subject);
  const count = stored ? new TextDecoder().decode(stored.payload) : undefined;
  if (count !== String(PARTITION_COUNT))
    throw new PartitionCountError(
      `Cannot join this mesh: it was made with ${count} partitions, this build has ${PARTITION_COUNT}; ` +
        'use the build it was made with, or a new data folder',
    );
}
