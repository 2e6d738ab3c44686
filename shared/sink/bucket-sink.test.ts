import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLetter } from '../dead-letters/stored-letter.ts';
import { type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import { bucketStream, DLQ, dlqSubject, keySubject } from '../log/names.ts';
import { createLogger } from '../telemetry/logger.ts';
import {
  MemoryStore,
  type MemoryTarget,
  type MemoryTargetOptions,
  type SinkCall,
  type SinkFault,
} from './_memory-target.ts';
import { BucketSink, type BucketSinkOptions } from './bucket-sink.ts';
import { whyNoRecord } from './refused-letters.ts';
import type { SinkPace } from './sink-pace.ts';

const MINUTE = 60_000;
const SOURCE = { bucket: 'rfm', keys: ['*.customer.>', 'all.summary'] };
const FAST = { retryMinMs: 1, retryMaxMs: 2, saveMs: 1, idleSaveMs: 1_000, drainMs: 500 };

let memory: MemoryLog;
let store: MemoryStore;
let now: number;
let lines: string[];
let sinks: BucketSink[];

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

function at(ms: number): void {
  now = ms;
  memory.nowMs = ms;
  store.nowMs = ms;
}

function put(key: string, value: unknown, ttlMs?: number): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const appended = memory.store(keySubject('rfm', key), text, ttlMs === undefined ? {} : { ttlMs });
  return appended.kind === 'stored' ? appended.seq : 0;
}

function remove(key: string): void {
  memory.store(keySubject('rfm', key), '', { headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' } });
}

/** The marker's time is over, or the value's. */
function forget(key: string): void {
  memory.purge(bucketStream('rfm'), keySubject('rfm', key), Number.MAX_SAFE_INTEGER);
}

interface Started {
  readonly sink: BucketSink;
  readonly target: MemoryTarget;
  readonly client: MemoryClient;
}

function start(
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

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What the bucket holds of what the sink wants. */
function bucketValues(): Map<string, unknown> {
  const messages = memory.stream(bucketStream('rfm')).messages.filter(({ payload }) => payload.length > 0);
  const wanted = messages.map(({ subject, payload }) => {
    return [subject.slice('$KV.rfm.'.length), JSON.parse(new TextDecoder().decode(payload))] as const;
  });
  return new Map(wanted.filter(([key]) => /^[^.]+\.customer\..|^all\.summary$/.test(key)));
}

function isEqual(): boolean {
  const [stored, wanted] = [store.values('rfm'), bucketValues()];
  return (
    stored.size === wanted.size &&
    [...wanted].every(([key, value]) => JSON.stringify(stored.get(key)) === JSON.stringify(value))
  );
}

describe('bringing a bucket to the store', () => {
  test('what is there, what changes and what is deleted; nothing but the wanted keys', async () => {
    put('p00.customer.1', { n: 1 });
    put('p00.applied', { n: 1 });
    put('all.summary', { n: 2 });
    const { sink, target } = start();
    await until(isEqual);
    put('p01.customer.2', { n: 3 });
    put('p00.customer.1', { n: 4 });
    remove('all.summary');
    await until(isEqual);
    expect([...store.values('rfm')].sort()).toEqual([
      ['p00.customer.1', { n: 4 }],
      ['p01.customer.2', { n: 3 }],
    ]);
    expect(target.calls.flatMap(({ entries }) => entries.map(({ key }) => key))).not.toContain('p00.applied');
    expect(sink.status()).toMatchObject({
      sink: 'sink-memory',
      bucket: 'rfm',
      state: 'running',
      deleted: 1,
      written: 4,
    });
  });

  test('entries say when they were stored and when their lifetime ends', async () => {
    const seq = put('p00.customer.1', { n: 1 }, 3_600_000);
    const { target } = start();
    await until(isEqual);
    const [entry] = target.calls.flatMap(({ entries }) => entries);
    expect(entry).toEqual({
      key: 'p00.customer.1',
      revision: seq,
      storedAtMs: now,
      expiresAtMs: now + 3_600_000,
      value: { n: 1 },
    });
  });

  test('a value that expired is no delete', async () => {
    put('p00.customer.1', { n: 1 });
    start();
    await until(isEqual);
    memory.store(keySubject('rfm', 'p00.customer.1'), '', { headers: { 'Nats-Marker-Reason': 'MaxAge' } });
    put('p00.customer.2', { n: 2 });
    await until(() => store.values('rfm').has('p00.customer.2'));
    expect(store.values('rfm').get('p00.customer.1')).toEqual({ n: 1 });
  });

  test('a bucket that is not there yet is waited for, without a word', async () => {
    put('p00.customer.1', { n: 1 });
    memory.deleteStream(bucketStream('rfm'));
    const { sink, target } = start();
    await until(() => sink.status().state === 'waiting');
    put('p00.customer.1', { n: 2 });
    await until(isEqual);
    expect(lines.filter((line) => /WARN|ERROR/.test(line))).toEqual([]);
    expect(target.calls[0]?.kind).toBe('claim');
  });
});

describe('lanes', () => {
  test('one write in flight a lane, a key never in two, and only the newest value of a key waits', async () => {
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const { target } = start({
      fault: async ({ kind }) => {
        if (kind === 'write' && held++ < 2) await gate.promise;
        return undefined;
      },
    });
    put('p00.customer.1', { n: 1 });
    put('p01.customer.2', { n: 1 });
    await until(() => held === 2);
    for (let n = 2; n <= 50; n++) put('p00.customer.1', { n });
    put('p00.customer.3', { n: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(held).toBe(2); // p00 and p01, and no second one of p00
    gate.resolve();
    await until(isEqual);
    const writes = target.calls
      .filter(({ kind }) => kind === 'write')
      .map(({ entries }) => entries.map(({ value }) => value));
    expect(writes).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 50 }, { n: 1 }]]);
    expect(target.overlaps).toEqual([]);
  });

  test('batches are full under load', async () => {
    for (let id = 0; id < 95; id++) put(`p00.customer.${id}`, { id });
    const { target } = start({ batchSize: 10 });
    await until(isEqual);
    const sizes = target.calls.filter(({ kind }) => kind === 'write').map(({ entries }) => entries.length);
    expect(Math.max(...sizes)).toBe(10);
    expect(sizes.length).toBeLessThanOrEqual(11);
  });
});

describe('bounded memory (invariant 3)', () => {
  test('who reads waits while too many keys wait, and loses nothing', async () => {
    let isAway = true;
    const { sink } = start(
      { fault: ({ kind }) => (isAway && kind === 'write' ? 'away' : undefined) },
      { maxWaiting: 20 },
    );
    for (let id = 0; id < 200; id++) put(`p0${id % 10}.customer.${id}`, { id });
    await until(() => sink.status().retries > 5);
    expect(sink.status().waiting).toBe(20);
    isAway = false;
    await until(isEqual);
    expect(sink.status()).toMatchObject({ waiting: 0, lagEntries: 0, lagSeconds: 0 });
  });

  test('large values count by their size', async () => {
    let isAway = true;
    const fault = () => (isAway ? ('away' as const) : undefined);
    const { sink } = start(
      { fault: ({ kind }) => (kind === 'write' ? fault() : undefined) },
      { maxWaitingBytes: 10_000 },
    );
    for (let id = 0; id < 20; id++) put(`p00.customer.${id}`, { text: 'x'.repeat(3_000) });
    await until(() => sink.status().retries > 5);
    expect(sink.status().waiting).toBeLessThan(5);
    isAway = false;
    await until(isEqual);
  });
});

describe('a store that is away, full or overloaded', () => {
  test.each(['away', 'full', 'throttled', 'unanswered', 'half'] as const)(
    '%s: written again until it is there',
    async (fault) => {
      let left = 7;
      const { sink, target } = start({ fault: ({ kind }) => (kind === 'write' && left-- > 0 ? fault : undefined) });
      for (let id = 0; id < 30; id++) put(`p0${id % 3}.customer.${id}`, { id });
      await until(() => isEqual() && sink.status().waiting === 0);
      expect(sink.status().retries).toBe(7);
      expect(sink.status().throttled).toBe(fault === 'throttled' ? 7 : 0);
      expect(target.overlaps).toEqual([]);
    },
  );

  test('overload makes writes smaller and fewer, and they grow again', async () => {
    let isThrottled = true;
    const { sink, target } = start({
      batchSize: 8,
      fault: ({ kind }) => (isThrottled && kind === 'write' ? 'throttled' : undefined),
    });
    for (let id = 0; id < 200; id++) put(`p0${id % 4}.customer.${id}`, { id });
    await until(() => sink.status().throttled > 20);
    expect(target.calls.filter(({ kind }) => kind === 'write').at(-1)?.entries).toHaveLength(1);
    isThrottled = false;
    await until(isEqual);
    const last = target.calls.filter(({ kind }) => kind === 'write').slice(-3);
    expect(Math.max(...last.map(({ entries }) => entries.length))).toBe(8);
  });

  test('a long stall is an alarm with its reason, until it is over', async () => {
    let isAway = true;
    const { sink } = start(
      { fault: ({ kind }) => (isAway && kind === 'write' ? 'away' : undefined) },
      { stallMs: 30_000 },
    );
    put('p00.customer.1', { n: 1 });
    await until(() => sink.status().retries > 0);
    expect(sink.status().alarm).toBeUndefined();
    at(now + 31_000);
    await until(() => sink.status().alarm !== undefined);
    expect(sink.status().alarm).toBe('stalled for 31 s: Cannot write "rfm": the store is away');
    expect(sink.status().lagSeconds).toBe(31);
    isAway = false;
    await until(isEqual);
    await until(() => sink.status().alarm === undefined);
  });

  test('a store that is away when the bucket is claimed is waited for', async () => {
    let left = 3;
    put('p00.customer.1', { n: 1 });
    const { sink } = start({ fault: ({ kind }) => (kind === 'claim' && left-- > 0 ? 'away' : undefined) });
    await until(isEqual);
    expect(sink.status().retries).toBe(3);
  });
});

describe('ends', () => {
  test.each(['claim', 'write', 'save'] as const)('fenced at %s: dropped at once', async (kind) => {
    const { sink } = start({ fault: (call) => (call.kind === kind ? 'fenced' : undefined) });
    put('p00.customer.1', { n: 1 });
    expect(await sink.ended).toEqual({ kind: 'fenced' });
  });

  test('another process that claims the bucket fences this one, and nothing of it is written after', async () => {
    const first = start();
    put('p00.customer.1', { n: 1 });
    await until(isEqual);
    const second = start();
    await until(() => second.sink.status().state === 'running');
    put('p00.customer.1', { n: 2 });
    expect(await first.sink.ended).toEqual({ kind: 'fenced' });
    await until(isEqual);
  });

  test.each(['claim', 'write', 'save'] as const)('any other error at %s ends it as failed', async (kind) => {
    const { sink } = start({ fault: (call) => (call.kind === kind ? 'broken' : undefined) });
    put('p00.customer.1', { n: 1 });
    expect(await sink.ended).toMatchObject({
      kind: 'failed',
      error: { message: `Cannot ${kind} "rfm": the test breaks it` },
    });
  });

  test('stopped: all that was read is written, and the position is that of the last of it', async () => {
    for (let id = 0; id < 100; id++) put(`p0${id % 7}.customer.${id}`, { id });
    const gate = Promise.withResolvers<undefined>();
    const fault = ({ kind }: SinkCall) => (kind === 'write' ? gate.promise : undefined);
    const { sink } = start({ batchSize: 3, fault }, { saveMs: 1_000_000 });
    await until(() => sink.status().waiting === 100);
    const stopped = sink.stop();
    expect(sink.status().state).toBe('draining');
    gate.resolve(undefined);
    await stopped;
    expect(await sink.ended).toEqual({ kind: 'stopped' });
    expect(isEqual()).toBe(true);
    expect(store.bucket('rfm').position?.seq).toBe(100);
  });

  test('stopped while the store is away: it gives up, and the position is before what is not written', async () => {
    let fault: SinkFault | undefined;
    put('p00.customer.1', { n: 1 });
    const { sink } = start({ fault: ({ kind }) => (kind === 'write' ? fault : undefined) }, { drainMs: 20 });
    await until(() => store.bucket('rfm').position?.seq === 1);
    fault = 'away';
    put('p00.customer.2', { n: 2 });
    await until(() => sink.status().retries > 0);
    await sink.stop();
    expect(store.bucket('rfm').position?.seq).toBe(1);
    start();
    await until(isEqual);
  });

  test('stopped before there is a bucket, or before the store answers', async () => {
    put('p00.customer.1', { n: 1 });
    memory.deleteStream(bucketStream('rfm'));
    const { sink } = start();
    await sink.stop();
    put('p00.customer.1', { n: 1 });
    const waiting = start({ fault: () => 'away' }, { drainMs: 20 });
    await until(() => waiting.sink.status().state === 'claiming');
    await waiting.sink.stop();
    expect(await sink.ended).toEqual({ kind: 'stopped' });
    expect(await waiting.sink.ended).toEqual({ kind: 'stopped' });
  });
});

describe('positions (invariant 2)', () => {
  test('killed between a write and its position: the next one writes it again, and no more', async () => {
    put('p00.customer.1', { n: 1 });
    const first = start();
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    const killed = start({
      fault: ({ kind }) => {
        if (kind === 'save') killed.target.kill();
        return undefined;
      },
    });
    await until(() => killed.sink.status().state === 'running');
    put('p00.customer.2', { n: 2 });
    await until(isEqual);
    await until(() => killed.target.calls.some(({ kind }) => kind === 'save'));
    killed.client.kill();
    put('p00.customer.3', { n: 3 });
    const next = start();
    await until(isEqual);
    const keys = next.target.calls.flatMap(({ entries }) => entries.map(({ key }) => key));
    expect(keys).toEqual(['p00.customer.2', 'p00.customer.3']);
    expect(await first.sink.ended).toEqual({ kind: 'fenced' });
  });

  test('are saved when they move, and seldom when they do not', async () => {
    const { target } = start({}, { idleSaveMs: MINUTE });
    put('p00.customer.1', { n: 1 });
    await until(() => store.bucket('rfm').position?.seq === 1);
    const saves = () => target.calls.filter(({ kind }) => kind === 'save').length;
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    const before = saves();
    at(now + 30_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(saves()).toBe(before);
    at(now + 30_000);
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    expect(saves()).toBe(before + 1);
  });

  test('a bucket that was made anew is read from its beginning, and replaces what was there', async () => {
    for (let n = 1; n <= 5; n++) put('p00.customer.1', { n });
    put('p00.customer.2', { n: 1 });
    const { sink } = start();
    await until(isEqual);
    memory.deleteStream(bucketStream('rfm'));
    put('p00.customer.1', { n: 'new' });
    expect(await sink.ended).toMatchObject({ kind: 'failed', error: { code: 'bucket-gone' } });
    start();
    await until(isEqual);
  });

  test('a bucket that lost its last messages is written anew: its revisions count again', async () => {
    for (let n = 1; n <= 5; n++) put('p00.customer.1', { n });
    const { sink } = start();
    await until(() => store.bucket('rfm').position?.seq === 5);
    await sink.stop();
    const stream = memory.stream(bucketStream('rfm'));
    stream.lastSeq = 2;
    at(now + 1_000);
    put('p00.customer.1', { n: 'again' });
    start();
    await until(isEqual);
  });
});

describe('refused entries', () => {
  const refuse: MemoryTargetOptions['refuse'] = ({ value }) => {
    return typeof value === 'object' && value !== null && 'bad' in value
      ? 'Cannot take "bad": no such column'
      : undefined;
  };

  test('are dead letters with their reason, and the others of the batch are written', async () => {
    put('p00.customer.1', { n: 1 });
    const seq = put('p00.customer.2', { bad: 1 });
    put('p00.customer.3', { n: 3 });
    const { sink } = start({ refuse });
    await until(() => store.bucket('rfm').position?.seq === 3);
    expect([...store.values('rfm').keys()].sort()).toEqual(['p00.customer.1', 'p00.customer.3']);
    const letter = await memory.client().last(DLQ, dlqSubject('sink-memory.rfm', 'refused'));
    expect(letter && new TextDecoder().decode(letter.payload)).toBe('{"bad":1}');
    expect(letter?.header('Mesh-Reason')).toBe('Cannot take "bad": no such column');
    expect(letter?.header('Mesh-Bucket-Key')).toBe('p00.customer.2');
    expect(letter?.header('Mesh-Revision')).toBe(String(seq));
    expect(letter && whyNoRecord(letter)).toContain(
      'sink-memory does not take this value of "p00.customer.2" in bucket rfm',
    );
    expect(letter && readLetter(letter)).toBeUndefined();
    expect(sink.status()).toMatchObject({ refused: 1, written: 2 });
    expect(lines.filter((line) => line.includes('no such column'))).toHaveLength(1);
  });

  test('are told of once, however often their batch is repeated', async () => {
    let saves = 0;
    const client = memory.client((subject) => (subject.startsWith('dlq.') && saves++ < 2 ? 'lost' : undefined));
    put('p00.customer.1', { bad: 1 });
    put('p00.customer.2', { bad: 2 });
    const { sink } = start({ refuse }, {}, { log: client });
    await until(() => store.bucket('rfm').position?.seq === 2);
    expect(memory.stream(DLQ).messages).toHaveLength(2);
    expect(sink.status().refused).toBe(2);
  });

  test('what is no JSON is one, too', async () => {
    put('p00.customer.1', '{"n":');
    put('p00.customer.2', { n: 2 });
    start();
    await until(() => store.bucket('rfm').position?.seq === 2);
    const letter = await memory.client().last(DLQ, dlqSubject('sink-memory.rfm', 'unreadable'));
    expect(letter?.header('Mesh-Reason')).toContain('Cannot read the value');
    expect(store.values('rfm').size).toBe(1);
  });

  test('no position passes one that is not in DLQ yet', async () => {
    let isAway = true;
    const client = memory.client((subject) => (subject.startsWith('dlq.') && isAway ? 'lost' : undefined));
    put('p00.customer.1', { bad: 1 });
    const { sink } = start({ refuse }, {}, { log: client });
    await until(() => sink.status().retries > 3);
    expect(store.bucket('rfm').position?.seq ?? 0).toBe(0);
    isAway = false;
    await until(() => store.bucket('rfm').position?.seq === 1);
  });
});

describe('deletes that nobody read', () => {
  async function runUntilSaved(): Promise<void> {
    for (const id of [1, 2, 3]) put(`p0${id}.customer.${id}`, { id });
    const { sink } = start();
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    await sink.stop();
  }

  test('are made up for by comparing keys when the sink was away for long', async () => {
    await runUntilSaved();
    remove('p01.customer.1');
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    const { target } = start();
    await until(isEqual);
    expect(store.values('rfm').size).toBe(2);
    expect(target.calls.filter(({ kind }) => kind === 'keys')).toHaveLength(1);
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
  });

  test('cannot be when it was away for less: keys are not compared', async () => {
    await runUntilSaved();
    remove('p01.customer.1');
    at(now + 49 * MINUTE);
    const { target } = start();
    await until(isEqual);
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    expect(target.calls.filter(({ kind }) => kind === 'keys')).toHaveLength(0);
  });

  test('are made up for when the store was away for long', async () => {
    let isAway = false;
    const { sink } = start(
      { fault: ({ kind }) => (isAway && kind === 'write' ? 'away' : undefined) },
      { maxWaiting: 2 },
    );
    for (const id of [1, 2, 3]) put(`p0${id}.customer.${id}`, { id });
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    isAway = true;
    for (const id of [4, 5, 6, 7]) put(`p0${id}.customer.${id}`, { id });
    await until(() => sink.status().retries > 3);
    remove('p01.customer.1'); // behind what is held back
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    await until(() => sink.status().lagSeconds > 3_600);
    isAway = false;
    await until(isEqual);
    expect(store.values('rfm').size).toBe(6);
  });

  test('a comparison that was cut short is made again by the next owner', async () => {
    await runUntilSaved();
    remove('p01.customer.1');
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    const cut = start({ fault: ({ kind }) => (kind === 'keys' ? 'away' : undefined) });
    put('p05.customer.5', { id: 5 });
    await until(() => cut.sink.status().retries > 2 && store.bucket('rfm').position?.seq === 5);
    await cut.sink.stop();
    expect(isEqual()).toBe(false);
    start();
    await until(isEqual);
  });

  test('a key that appears while keys are compared is not deleted', async () => {
    await runUntilSaved();
    at(now + 70 * MINUTE);
    forget('p02.customer.2');
    const client = memory.client();
    const last = client.last.bind(client);
    let found = 0;
    client.last = async (stream, subject) => {
      const answer = await last(stream, subject);
      if (subject.endsWith('customer.2') && found++ === 0) put('p02.customer.2', { id: 'back' });
      return answer;
    };
    start({}, {}, { log: client });
    await until(() => found > 0);
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    await until(isEqual);
    expect(store.values('rfm').get('p02.customer.2')).toEqual({ id: 'back' });
  });

  test('a key that a replica does not have yet is not deleted', async () => {
    await runUntilSaved();
    at(now + 70 * MINUTE);
    const client = memory.client();
    client.lastOfEach = async () => [];
    const { target } = start({}, {}, { log: client });
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    expect(store.values('rfm').size).toBe(3);
    expect(target.calls.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  test('rows that outlive their values are left alone', async () => {
    put('p01.customer.1', { id: 1 }, 60_000);
    const { sink } = start();
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    await sink.stop();
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    start();
    await until(() => store.bucket('rfm').position?.savedAtMs === now);
    expect(store.values('rfm').size).toBe(1);
  });
});
