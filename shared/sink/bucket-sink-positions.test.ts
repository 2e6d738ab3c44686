/** bucket-sink.ts: where the next owner goes on, and what was missed meanwhile. */
import { describe, expect, test } from 'vitest';
import { bucketStream } from '../log/names.ts';
import { WatchedLog } from '../testing/watched-log.ts';
import { firstLife, nextLife } from './life.ts';
import {
  MINUTE,
  at,
  forget,
  isEqual,
  isSaved,
  memory,
  now,
  put,
  remove,
  start,
  store,
  until,
  useBucket,
} from './_bucket-fixture.ts';

useBucket();

describe('positions (invariant 2)', () => {
  test('killed between a write and its position: the next one writes it again, and no more', async () => {
    put('p00.customer.1', { n: 1 });
    const first = start();
    await until(isSaved);
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
    await until(isSaved);
    const before = saves();
    at(now + 30_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(saves()).toBe(before);
    at(now + 30_000);
    await until(isSaved);
    expect(saves()).toBe(before + 1);
  });

  test('while NATS is silent nothing is known to be fresh, and after a long silence the end is looked for anew', async () => {
    const watched = new WatchedLog(memory.client());
    put('p00.customer.1', { n: 1 });
    start({}, {}, { log: watched });
    await until(isSaved);
    const before = now;
    watched.away = true;
    at(now + 2 * MINUTE);
    const asked = watched.said('state').length;
    await until(() => watched.said('state').length > asked + 3);
    expect(store.bucket('rfm').position?.savedAtMs).toBe(before);
    expect(watched.said('read')).toHaveLength(2); // to the end, and on
    watched.away = false;
    await until(isSaved);
    expect(watched.said('read')).toHaveLength(4);
    put('p00.customer.1', { n: 2 });
    await until(isEqual);
  });

  test('the first one is saved before anything is written, so that who ends then and stays away compares later', async () => {
    for (const id of [1, 2]) put(`p00.customer.${id}`, { id });
    let saves = 0;
    const begun = start({
      fault: ({ kind }) => {
        if (kind === 'save' && ++saves === 2) begun.target.kill();
        return undefined;
      },
    });
    await until(isEqual);
    expect(begun.target.calls.slice(0, 3).map(({ kind }) => kind)).toEqual(['claim', 'save', 'write']);
    const life = firstLife(memory.stream(bucketStream('rfm')).createdMs);
    expect(store.bucket('rfm').position).toEqual({ life, seq: 0, savedAtMs: now });
    begun.client.kill();
    remove('p00.customer.1');
    at(now + 70 * MINUTE);
    forget('p00.customer.1');
    start();
    await until(isEqual);
  });

  test('a bucket that lost its last messages is written anew, and compared: its revisions count again', async () => {
    for (let n = 1; n <= 4; n++) put('p00.customer.1', { n });
    put('p00.customer.2', { n: 'lost' });
    const { sink } = start();
    await until(() => isEqual() && store.bucket('rfm').position?.seq === 5);
    await sink.stop();
    forget('p00.customer.2');
    const stream = memory.stream(bucketStream('rfm'));
    stream.lastSeq = 2;
    at(now + 1_000);
    put('p00.customer.1', { n: 'again' });
    const life = nextLife(firstLife(stream.createdMs));
    const { sink: first } = start();
    await until(() => store.bucket('rfm').position?.life === life);
    await first.stop();
    for (let n = 1; n <= 5; n++) put('p00.customer.1', { n }); // by now as long as it was
    const { sink: second } = start();
    await until(() => isEqual() && store.bucket('rfm').position?.seq === stream.lastSeq);
    await second.stop();
    expect(store.bucket('rfm').position?.life).toBe(life);
  });
});

describe('deletes that nobody read', () => {
  async function runUntilSaved(): Promise<void> {
    for (const id of [1, 2, 3]) put(`p0${id}.customer.${id}`, { id });
    const { sink } = start();
    await until(isSaved);
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
    await until(isSaved);
  });

  test('cannot be when it was away for less: keys are not compared', async () => {
    await runUntilSaved();
    remove('p01.customer.1');
    at(now + 49 * MINUTE);
    const { target } = start();
    await until(isEqual);
    await until(isSaved);
    expect(target.calls.filter(({ kind }) => kind === 'keys')).toHaveLength(0);
  });

  test('are made up for when the store was away for long', async () => {
    let isAway = false;
    const { sink } = start(
      { fault: ({ kind }) => (isAway && kind === 'write' ? 'away' : undefined) },
      { maxWaiting: 2 },
    );
    for (const id of [1, 2, 3]) put(`p0${id}.customer.${id}`, { id });
    await until(isSaved);
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
    await until(isSaved);
    await until(isEqual);
    expect(store.values('rfm').get('p02.customer.2')).toEqual({ id: 'back' });
  });

  test('a key that a replica does not have yet is not deleted', async () => {
    await runUntilSaved();
    at(now + 70 * MINUTE);
    const client = memory.client();
    client.lastOfEach = async () => [];
    const { target } = start({}, {}, { log: client });
    await until(isSaved);
    expect(store.values('rfm').size).toBe(3);
    expect(target.calls.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  test('no position passes what came behind them, while they are not written', async () => {
    await runUntilSaved();
    remove('p01.customer.1');
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    const gate = Promise.withResolvers<undefined>();
    const { target } = start({ fault: ({ kind }) => (kind === 'write' ? gate.promise : undefined) });
    await until(() => target.calls.some(({ kind }) => kind === 'write'));
    const seq = put('p01.customer.9', { id: 9 });
    const saves = () => target.calls.filter(({ kind }) => kind === 'save').length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(store.bucket('rfm').position?.seq).toBeLessThan(seq);
    gate.resolve(undefined);
    await until(() => isEqual() && saves() > 0 && store.bucket('rfm').position?.seq === seq);
  });

  test('may be among what is not written yet: a position says as of when all is written', async () => {
    await runUntilSaved();
    const before = now;
    const gate = Promise.withResolvers<undefined>();
    const watched = new WatchedLog(memory.client());
    const { target } = start(
      { fault: ({ kind }) => (kind === 'write' ? gate.promise : undefined) },
      {},
      { log: watched },
    );
    remove('p01.customer.1');
    await until(() => target.calls.some(({ kind }) => kind === 'write'));
    at(now + 20 * MINUTE);
    const asked = watched.said('state').length;
    await until(() => watched.said('state').length > asked + 3);
    expect(store.bucket('rfm').position?.savedAtMs).toBe(before);
    gate.resolve(undefined);
    await until(() => isEqual() && isSaved());
  });

  test('may be among what is not read yet: a position says as of when all is read', async () => {
    await runUntilSaved();
    const before = now;
    put('p04.customer.4', { id: 4 });
    at(now + 20 * MINUTE);
    const gate = Promise.withResolvers<void>();
    const client = memory.client();
    const read = client.read.bind(client);
    client.read = async function* (options) {
      await gate.promise;
      yield* read(options);
    };
    const watched = new WatchedLog(client);
    start({}, {}, { log: watched });
    await until(() => watched.said('state').length > 5);
    expect(store.bucket('rfm').position?.savedAtMs).toBe(before);
    gate.resolve();
    await until(() => isEqual() && isSaved());
  });

  test('rows that outlive their values are left alone', async () => {
    put('p01.customer.1', { id: 1 }, 60_000);
    const { sink } = start();
    await until(isSaved);
    await sink.stop();
    at(now + 70 * MINUTE);
    forget('p01.customer.1');
    start();
    await until(isSaved);
    expect(store.values('rfm').size).toBe(1);
  });
});

describe('a bucket that was made anew', () => {
  async function remake(): Promise<void> {
    for (let n = 1; n <= 5; n++) put('p00.customer.1', { n });
    for (const id of [2, 3, 4]) put(`p00.customer.${id}`, { n: 'former' });
    const { sink } = start();
    await until(isEqual);
    at(now + 1_000);
    memory.deleteStream(bucketStream('rfm'));
    put('p00.customer.1', { n: 'new' });
    put('p00.customer.4', { n: 'new' });
    remove('p00.customer.2');
    expect(await sink.ended).toMatchObject({ kind: 'failed', error: { code: 'bucket-gone' } });
  }
  const FOUND = [
    ['p00.customer.1', { n: 'new' }],
    ['p00.customer.3', { n: 'former' }],
    ['p00.customer.4', { n: 'new' }],
  ];

  test('is read from its beginning: what comes and what is deleted replaces what was there, the rest stays', async () => {
    await remake();
    const { target } = start();
    await until(isSaved);
    expect([...store.values('rfm')].sort()).toEqual(FOUND);
    expect(target.calls.filter(({ kind }) => kind === 'keys')).toEqual([]);
  });

  test('is compared after a long absence, and the rest stays: it may be all there is of it', async () => {
    await remake();
    const { sink } = start();
    await until(isSaved);
    await sink.stop();
    remove('p00.customer.4');
    at(now + 70 * MINUTE);
    forget('p00.customer.4');
    const { target } = start();
    await until(isSaved);
    expect(target.calls.filter(({ kind }) => kind === 'keys')).toHaveLength(1);
    expect([...store.values('rfm')].sort()).toEqual(FOUND.slice(0, 2));
  });

  test('with nothing in it empties no store', async () => {
    await remake();
    memory.deleteStream(bucketStream('rfm'));
    at(now + 1_000);
    put('p00.applied', { n: 1 });
    const before = store.values('rfm').size;
    for (let round = 0; round < 2; round++) {
      at(now + 70 * MINUTE);
      const { sink } = start();
      await until(() => store.bucket('rfm').position?.savedAtMs === now);
      await sink.stop();
    }
    expect(store.values('rfm').size).toBe(before);
  });
});
