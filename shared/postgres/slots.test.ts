import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

test('no more than so many at once, in the order in which they came', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const first = await slots.take();
  const second = await slots.take();
  const waiting = [1, 2, 3].map(async (n) => {
    const release = await slots.take();
    order.push(n);
    return release;
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  second();
  (await waiting[0])?.();
  (await waiting[1])?.();
  await waiting[2];
  expect(order).toEqual([1, 2, 3]);
  first();
});

test('who is told to stop leaves the queue, and takes nobody a slot', async () => {
  const slots = new Slots(1);
  const release = await slots.take();
  const stop = new AbortController();
  const left = slots.take(stop.signal);
  const stayed = slots.take();
  stop.abort(new Error('we stop'));
  await expect(left).rejects.toThrow('we stop');
  release();
  (await stayed)();
  (await slots.take())();
  await expect(slots.take(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});

test('a slot that was given back in time is not given back again when the signal aborts', async () => {
  const slots = new Slots(1);
  const stop = new AbortController();
  const first = await slots.take();
  const second = slots.take(stop.signal);
  first();
  const release = await second;
  stop.abort();
  const third = slots.take();
  release();
  (await third)();
});
