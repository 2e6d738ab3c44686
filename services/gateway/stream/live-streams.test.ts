import { describe, expect, it } from 'vitest';
import { customer, LiveTest, until } from './_live.ts';
import { SseReader } from './_sse.ts';

const RFM = { types: ['rfm.customer'] };

async function putMany(live: LiveTest, count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n++) await live.put('rfm', `p00.customer.${n}`, customer(String(n), n));
}

describe('live streams', () => {
  it('read a source once for all clients, and not at all when the last one has gone', async () => {
    await using live = new LiveTest();
    const readers = Array.from({ length: 50 }, () => live.open({ types: ['rfm.customer', 'sales.window'] }));
    await Promise.all(readers.map((reader) => reader.nth('live')));
    expect([live.log.reading, live.streams.sources, live.streams.clients]).toEqual([2, 2, 50]);
    expect(live.streams.watchers).toBe(100);
    await readers.pop()?.cancel();
    expect(live.streams.watchers).toBe(98);
    await putMany(live, 3);
    for (const reader of readers) expect((await reader.nth('rfm.customer', 3))?.data.customer_id).toBe('2');
    expect(await live.metric('stream_clients')).toBe(49);
    await Promise.all(readers.map((reader) => reader.cancel()));
    await until(() => live.log.reading === 0);
    expect([live.streams.sources, live.streams.clients, await live.metric('stream_clients')]).toEqual([0, 0, 0]);
    expect(await live.metric('stream_events_total')).toBe(147);
    const asked = live.log.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 20)); // no timer goes on
    expect(live.log.calls.length).toBe(asked);
  });

  it('keep what came while the last client was away, for as long as sources linger', async () => {
    await using live = new LiveTest({ lingerMs: 60_000 });
    const first = live.open(RFM);
    const { id = '' } = (await first.nth('live')) ?? {};
    await first.cancel();
    await putMany(live, 5);
    await until(() => live.log.reading === 1);
    const again = live.open({ ...RFM, after: id });
    await again.nth('live');
    expect(again.events.filter(({ event }) => event === 'rfm.customer')).toHaveLength(5);
    expect(live.log.said('read')).toEqual(['read KV_rfm']); // the ring had it
  });

  it('cut off who falls behind, say so, count it, and let nobody else wait', async () => {
    await using live = new LiveTest({ lagBytes: 20_000 });
    const quick = live.open(RFM);
    const slow = live.open(RFM);
    await Promise.all([quick.nth('live'), slow.nth('live')]);
    for (let n = 0; n < 300; n++) {
      await putMany(live, 1, n);
      await quick.nth('rfm.customer', n + 1);
    }
    expect(live.streams.clients).toBe(1);
    await slow.toEnd();
    const last = slow.events.at(-1);
    expect([last?.event, String(last?.data.reason)]).toEqual(['dropped', expect.stringContaining('connect again')]);
    expect(await live.metric('stream_dropped_total')).toBe(1);
    // and it goes on where it was
    const again = live.open({ ...RFM, after: slow.lastEventId });
    await again.nth('live');
    const ids = [...slow.events, ...again.events].flatMap(({ data }) => data.customer_id ?? []);
    expect(ids).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
    expect(quick.events).toHaveLength(301);
  });

  it('cut off who takes nothing at all, also who never began', async () => {
    await using live = new LiveTest({ heartbeatMs: 1, stallMs: 5 });
    const frozen = live.open(RFM);
    await frozen.nth('live');
    live.body(RFM);
    expect(live.streams.clients).toBe(2);
    await until(() => live.streams.clients === 0);
    expect(await live.metric('stream_dropped_total')).toBe(2);
    await frozen.toEnd();
    expect(frozen.events.at(-1)?.event).toBe('dropped');
  });

  it('show that they are open, and move the place on over what was not asked for', async () => {
    await using live = new LiveTest({ heartbeatMs: 1 });
    const reader = live.open({ ...RFM, filters: { customer: 'none' } });
    const before = (await reader.nth('live'))?.id;
    await putMany(live, 2);
    await reader.until(() => reader.lastEventId !== before && reader.comments > 5);
    expect([before, reader.lastEventId]).toEqual(['rfm.customer:0@0', 'rfm.customer:2@0']);
    expect([reader.events.length, reader.retry]).toEqual([1, 2_000]);
  });

  it('are as many as they may be, and no more', async () => {
    await using live = new LiveTest({ clients: 2 });
    const first = live.open(RFM);
    live.open(RFM);
    expect(() => live.open(RFM)).toThrow(/2 streams already/);
    await first.cancel();
    live.open(RFM);
  });

  it('end at once with the gateway, wherever they are', async () => {
    const live = new LiveTest({ ringBytes: 1_000 });
    await putMany(live, 200);
    const open = live.open(RFM);
    await open.nth('live');
    const waiting = open.toEnd();
    const unread = live.open(RFM);
    live.log.away = true;
    const catchingUp = live.open({ ...RFM, after: 'rfm.customer:1@0' }).toEnd();
    const reading = live.open({ ...RFM, from: 'start' });
    await live[Symbol.asyncDispose]();
    await Promise.all([waiting, unread.toEnd(), catchingUp, reading.toEnd()]);
    expect([live.log.reading, live.streams.clients, live.streams.sources]).toEqual([0, 0, 0]);
    expect(() => live.open(RFM)).toThrow(/stopping/);
  });

  it('leave nothing of a client that goes while the bucket is read for it', async () => {
    await using live = new LiveTest();
    await putMany(live, 2_000);
    const bodies = Array.from({ length: 40 }, () => live.body({ ...RFM, from: 'start' }));
    const readers = bodies.map((body) => new SseReader(body));
    await readers[0]?.nth('rfm.customer');
    await until(() => live.log.reading > 1);
    await Promise.all(readers.map((reader) => reader.cancel()));
    await until(() => live.log.reading === 0);
    expect([live.streams.clients, live.streams.sources]).toEqual([0, 0]);
    const after = live.open({ ...RFM, from: 'start' });
    await after.nth('live'); // the turns to read were given back
    expect(after.events).toHaveLength(2_001);
  });
});
