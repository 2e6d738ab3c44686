/** A bucket on a memory log, a store in memory, and sinks between them: what the tests of bucket-sink.ts share. */
import { afterEach, beforeEach } from 'vitest';
import { type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import { bucketStream, keySubject } from '../log/names.ts';
import { createLogger } from '../telemetry/logger.ts';
import { MemoryStore, type MemoryTarget, type MemoryTargetOptions } from './_memory-target.ts';
import { BucketSink, type BucketSinkOptions } from './bucket-sink.ts';
import type { SinkPace } from './sink-pace.ts';

export const MINUTE = 60_000;
const SOURCE = { bucket: 'rfm', keys: ['*.customer.>', 'all.summary'] };
const FAST = { retryMinMs: 1, retryMaxMs: 2, saveMs: 1, idleSaveMs: 1_000, drainMs: 500 };

export let memory: MemoryLog;
export let store: MemoryStore;
/** Of the server, the store and the sinks, ms. */
export let now: number;
/** What was logged. */
export let lines: string[];
let sinks: BucketSink[];

/** To be called once by a test file. */
export function useBucket(): void {
  beforeEach(() => {
    memory = new MemoryLog();
    store = new MemoryStore();
    lines = [];
    sinks = [];
    at(1_717_200_000_000);
  });
  afterEach(async () => {
    for (const sink of sinks) await sink.stop();
  });
}

export function at(ms: number): void {
  now = ms;
  memory.nowMs = ms;
  store.nowMs = ms;
}

export function put(key: string, value: unknown, ttlMs?: number): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const appended = memory.store(keySubject('rfm', key), text, ttlMs === undefined ? {} : { ttlMs });
  return appended.kind === 'stored' ? appended.seq : 0;
}

export function remove(key: string): void {
  memory.store(keySubject('rfm', key), '', { headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } });
}

/** The marker's time is over, or the value's. */
export function forget(key: string): void {
  memory.purge(bucketStream('rfm'), keySubject('rfm', key), Number.MAX_SAFE_INTEGER);
}

export interface Started {
  readonly sink: BucketSink;
  readonly target: MemoryTarget;
  readonly client: MemoryClient;
}

export function start(
  options: MemoryTargetOptions = {},
  pace: Partial<SinkPace> = {},
  more: Partial<BucketSinkOptions> = {},
): Started {
  const client = memory.client();
  const target = store.open([SOURCE], options);
  const logger = createLogger('sink', 'debug', (line) => lines.push(line));
  const sink = new BucketSink({
    log: client,
    target,
    source: SOURCE,
    logger,
    pace: { ...FAST, ...pace },
    now: () => now,
    ...more,
  });
  sinks.push(sink);
  void sink.start();
  return { sink, target, client };
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The position is of now, and not before the last message. */
export function isSaved(): boolean {
  const { position } = store.bucket('rfm');
  const lastSeq = memory.stream(bucketStream('rfm')).messages.at(-1)?.seq ?? 0;
  return position !== undefined && position.seq >= lastSeq && position.savedAtMs === now;
}

/** What the bucket holds of what the sink wants. */
function bucketValues(): Map<string, unknown> {
  const messages = memory.stream(bucketStream('rfm')).messages.filter(({ payload }) => payload.length > 0);
  const wanted = messages.map(({ subject, payload }) => {
    return [subject.slice('$KV.rfm.'.length), JSON.parse(new TextDecoder().decode(payload))] as const;
  });
  return new Map(wanted.filter(([key]) => /^[^.]+\.customer\..|^all\.summary$/.test(key)));
}

export function isEqual(): boolean {
  const [stored, wanted] = [store.values('rfm'), bucketValues()];
  return (
    stored.size === wanted.size &&
    [...wanted].every(([key, value]) => JSON.stringify(stored.get(key)) === JSON.stringify(value))
  );
}
