/** bucket-sink.ts when the store fails, or does not take what it gets. */
import { describe, expect, test } from 'vitest';
import { readLetter } from '../dead-letters/stored-letter.ts';
import { DLQ, dlqSubject } from '../log/names.ts';
import { at, isEqual, lines, memory, now, put, start, store, until, useBucket } from './_bucket-fixture.ts';
import type { SinkCall, MemoryTargetOptions } from './_memory-target.ts';
import { whyNoRecord } from './refused-letters.ts';

useBucket();

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

  test('a store that is back is used by all lanes at once, however long each would have rested', async () => {
    let isAway = true;
    const fault = ({ kind }: SinkCall) => (isAway && kind === 'write' ? ('away' as const) : undefined);
    const { sink } = start({ fault }, { retryMinMs: 1_000_000, retryMaxMs: 1_000_000 });
    for (let id = 0; id < 4; id++) put(`p0${id}.customer.${id}`, { id });
    await until(() => sink.status().retries === 4);
    isAway = false;
    put('p07.customer.7', { id: 7 }); // a lane that does not rest
    await until(isEqual);
  });

  test('a lane whose writes are too many gets its rest, whatever others may write', async () => {
    let isFirst = true;
    const fault = ({ kind }: SinkCall) => {
      const isThrottled = kind === 'write' && isFirst;
      if (kind === 'write') isFirst = false;
      return isThrottled ? ('throttled' as const) : undefined;
    };
    const { sink, target } = start({ fault }, { retryMinMs: 1_000_000, retryMaxMs: 1_000_000 });
    put('p00.customer.1', { n: 1 });
    await until(() => sink.status().throttled === 1);
    put('p01.customer.2', { n: 2 });
    await until(() => store.values('rfm').has('p01.customer.2'));
    await new Promise((resolve) => setTimeout(resolve, 20)); // a lane that is woken writes within a turn
    expect(target.calls.filter(({ kind }) => kind === 'write')).toHaveLength(2);
    expect(sink.status().waiting).toBe(1);
  });

  test('a store that is away when the bucket is claimed is waited for', async () => {
    let left = 3;
    put('p00.customer.1', { n: 1 });
    const { sink } = start({ fault: ({ kind }) => (kind === 'claim' && left-- > 0 ? 'away' : undefined) });
    await until(isEqual);
    expect(sink.status().retries).toBe(3);
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
    let letters = 0;
    const isLost = () => [2, 3].includes(++letters); // the first one is there when the second is lost
    const client = memory.client((subject) => (subject.startsWith('dlq.') && isLost() ? 'lost' : undefined));
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
