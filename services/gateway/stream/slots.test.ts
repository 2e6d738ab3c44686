import { describe, expect, it } from 'vitest';
import { Slots } from './slots.ts';

const { signal } = new AbortController();

describe('slots', () => {
  it('are given in the order of coming, and never to more than there are', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    const held = [await slots.take(signal), await slots.take(signal)];
    const later = [1, 2, 3].map((n) =>
      slots.take(signal).then((slot) => {
        order.push(n);
        return slot;
      }),
    );
    expect(slots.free).toBe(0);
    await Promise.resolve();
    expect(order).toEqual([]);
    for (const slot of held) slot[Symbol.dispose]();
    await Promise.all(later.slice(0, 2));
    expect(order).toEqual([1, 2]);
    for (const slot of await Promise.all(later.slice(0, 2))) slot[Symbol.dispose]();
    (await later[2])?.[Symbol.dispose]();
    expect([order, slots.free]).toEqual([[1, 2, 3], 2]);
  });

  it('are not lost when somebody gives up waiting, or gives one back twice', async () => {
    const slots = new Slots(1);
    const stop = new AbortController();
    const held = await slots.take(signal);
    const given = slots.take(stop.signal);
    const next = slots.take(signal);
    stop.abort();
    (await given)[Symbol.dispose]();
    expect(slots.free).toBe(0);
    held[Symbol.dispose]();
    held[Symbol.dispose]();
    (await next)[Symbol.dispose]();
    expect(slots.free).toBe(1);
    (await slots.take(stop.signal))[Symbol.dispose]();
    expect(slots.free).toBe(1);
  });
});
