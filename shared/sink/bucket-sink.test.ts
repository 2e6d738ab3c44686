import { describe, expect, test } from 'vitest';
import { bucketStream, keySubject } from '../log/names.ts';
import { isEqual, lines, memory, now, put, remove, start, store, until, useBucket } from './_bucket-fixture.ts';
import type { SinkCall, SinkFault } from './_memory-target.ts';

useBucket();

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
    await until(() => sink.status().lagEntries >= 200);
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

  test('has not ended while a write is under way that was told to stop (invariant 4)', async () => {
    const gate = Promise.withResolvers<undefined>();
    const fault = ({ kind }: SinkCall) => (kind === 'write' ? gate.promise : undefined);
    put('p00.customer.1', { n: 1 });
    const { sink, target } = start({ fault }, { drainMs: 10 });
    await until(() => target.calls.some(({ kind }) => kind === 'write'));
    let hasEnded = false;
    void sink.ended.then(() => {
      hasEnded = true;
    });
    const stopped = sink.stop();
    await new Promise((resolve) => setTimeout(resolve, 50)); // longer than the drain
    expect(hasEnded).toBe(false);
    gate.resolve(undefined);
    await stopped;
    expect(store.values('rfm').size).toBe(0);
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
