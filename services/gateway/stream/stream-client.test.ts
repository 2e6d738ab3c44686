import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { bucketStream } from '../../../shared/log/names.ts';
import { customer, LiveTest, member, until } from './_live.ts';
import type { SseEvent } from './_sse.ts';

const TYPES = ['rfm.customer', 'segments.member'];
/** Three events at most. */
const SMALL_RING = { ringBytes: 1_500, lagBytes: Number.POSITIVE_INFINITY };

/** What a client knows from the events it was sent. */
class Known {
  readonly values = new Map<string, unknown>();
  lastEventId = '';
  readonly ids = new Set<string>();

  apply({ id, event, data }: SseEvent): void {
    this.lastEventId = id;
    if (event === 'live') return;
    if (event === 'reset') {
      for (const name of [...this.values.keys()])
        if ((data.types as string[]).some((type) => name.startsWith(`${type} `))) this.values.delete(name);
      return;
    }
    expect(this.ids.has(id)).toBe(false);
    this.ids.add(id);
    const type = event === 'deleted' ? String(data.type) : event;
    const name = type === 'rfm.customer' ? `${type} ${data.customer_id}` : `${type} ${data.segment_id} ${data.user_id}`;
    if (event === 'deleted') this.values.delete(name);
    else this.values.set(name, type === 'rfm.customer' ? data.frequency : true);
  }
}

async function stored(memory: MemoryLog): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>();
  const client = memory.client();
  for (const message of await client.lastOfEach(bucketStream('rfm'), ['$KV.rfm.*.customer.*']))
    if (message.payload.length > 0) {
      const { customer_id, frequency } = JSON.parse(new TextDecoder().decode(message.payload));
      values.set(`rfm.customer ${customer_id}`, frequency);
    }
  for (const message of await client.lastOfEach(bucketStream('segments'), ['$KV.segments.*.member.*.*']))
    if (message.payload.length > 0) {
      const [, , , , segment, user] = message.subject.split('.');
      values.set(`segments.member ${segment} ${user}`, true);
    }
  return values;
}

function textOf(values: ReadonlyMap<string, unknown>): string {
  return JSON.stringify([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Step =
  | { readonly kind: 'put' | 'delete'; readonly id: number }
  | { readonly kind: 'join' | 'leave'; readonly id: number }
  | { readonly kind: 'state' }
  | { readonly kind: 'read'; readonly events: number }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'remake' };

const id = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'put' as const, 'delete' as const), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), id }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'state' }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), events: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'disconnect' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'restart' }, { kind: 'remake' }) },
);

async function run(steps: readonly Step[], ringBytes: number): Promise<void> {
  const memory = new MemoryLog();
  const settings = { ringBytes, lagBytes: Number.POSITIVE_INFINITY };
  let live = new LiveTest(settings, memory);
  const known = new Known();
  let version = 0;
  let applied = 0;
  let reader = live.open({ types: TYPES });
  await reader.nth('live');
  const take = () => {
    for (const event of reader.events.slice(applied)) known.apply(event);
    applied = reader.events.length;
    if (reader.lastEventId !== '') known.lastEventId = reader.lastEventId;
  };
  const reconnect = () => {
    take();
    reader = live.open({ types: TYPES, after: known.lastEventId });
    applied = 0;
  };
  for (const one of steps)
    switch (one.kind) {
      case 'put':
        await live.put('rfm', `p0${one.id}.customer.${one.id}`, customer(String(one.id), ++version));
        break;
      case 'delete':
        await live.purge('rfm', `p0${one.id}.customer.${one.id}`);
        break;
      case 'join':
        await live.put('segments', `p0${one.id}.member.s.u${one.id}`, member(`u${one.id}`));
        break;
      case 'leave':
        await live.purge('segments', `p0${one.id}.member.s.u${one.id}`);
        break;
      case 'state':
        await live.put('rfm', 'p00.applied', { seq: 1 });
        break;
      case 'read': {
        const wanted = reader.events.length + one.events;
        void reader.until(() => reader.events.length >= wanted); // or until it is cancelled
        for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
        await reader.cancel();
        reconnect();
        break;
      }
      case 'disconnect':
        await reader.cancel();
        reconnect();
        break;
      case 'restart':
        await reader.cancel();
        await live[Symbol.asyncDispose]();
        live = new LiveTest(settings, memory);
        reconnect();
        break;
      case 'remake':
        memory.deleteStream(bucketStream('rfm'));
        break;
      default:
        one satisfies never;
    }
  await live.put('rfm', 'p05.customer.last', customer('last', ++version));
  await live.put('segments', 'p05.member.s.last', member('last'));
  const expected = textOf(await stored(memory));
  await reader.until(() => {
    take();
    return textOf(known.values) === expected; // where it is not, this never ends
  });
  await reader.cancel();
  await live[Symbol.asyncDispose]();
  expect(live.log.reading).toBe(0);
}

describe('a client of the stream', () => {
  it('knows what the buckets hold, told every change once, wherever it is cut off and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(1_500, 1_000_000), (steps, ringBytes) =>
        run(steps, ringBytes),
      ),
      { numRuns: 150 },
    );
  });

  it('goes on behind any event it was sent, by the ring or by the bucket, without a gap or a double', async () => {
    await using live = new LiveTest(SMALL_RING);
    const first = live.open({ types: ['rfm.customer'] });
    await first.nth('live');
    for (let n = 0; n < 30; n++) await live.put('rfm', `p00.customer.${n}`, customer(String(n), n));
    await first.nth('rfm.customer', 30);
    for (const [at, event] of first.events.entries()) {
      const again = live.open({ types: ['rfm.customer'], after: event.id });
      await again.nth('live');
      const missed = again.events.filter((one) => one.event !== 'live');
      expect(missed.map((one) => one.data.customer_id)).toEqual(
        first.events.slice(Math.max(1, at + 1)).map((one) => one.data.customer_id),
      );
      await again.cancel();
    }
    await first.cancel();
  });

  it('is told only what it asked for, and goes on over the rest', async () => {
    await using live = new LiveTest();
    const one = live.open({ types: ['rfm.customer'], filters: { customer: 'a.b' } });
    const all = live.open({ types: ['rfm.customer'] });
    await one.nth('live');
    await all.nth('live');
    await live.put('rfm', 'p00.customer.1', customer('1', 1));
    await live.put('rfm', 'p07.customer.a=2Eb', customer('a.b', 1));
    await live.put('rfm', 'p00.customer.2', customer('2', 1));
    await live.put('rfm', 'all.summary', { customers: 2 });
    await live.purge('rfm', 'p07.customer.a=2Eb');
    await one.nth('deleted');
    await all.nth('deleted');
    expect(one.events.slice(1).map(({ event, data }) => [event, data.customer_id])).toEqual([
      ['rfm.customer', 'a.b'],
      ['deleted', 'a.b'],
    ]);
    expect(all.events).toHaveLength(5);
    expect(one.lastEventId).toBe(all.lastEventId);
  });

  it('is told a value as the REST routes show it, and nothing that is not as it should be', async () => {
    await using live = new LiveTest();
    const reader = live.open({ types: ['rfm.customer', 'segments.member'] });
    await reader.nth('live');
    await live.put('rfm', 'p00.customer.1', { ...customer('1', 1), segment: 'unheard of' });
    await live.put('rfm', 'p00.customer.2', customer('2', 1));
    await live.put('segments', 'p00.member.big-spenders.ann', member('ann'));
    await reader.until(() => reader.events.length >= 3);
    const { between: _own, ...shown } = customer('2', 1);
    expect(reader.events.slice(1).map(({ data }) => data)).toEqual(
      expect.arrayContaining([shown, { segment_id: 'big-spenders', user_id: 'ann' }]),
    );
    expect(reader.events).toHaveLength(3);
    expect(live.lines.join('\n')).toMatch(/not as expected.*p00\.customer\.1/);
  });

  it('gets all that is stored first when it asks for it, in pieces, and then is live', async () => {
    await using live = new LiveTest();
    for (let n = 0; n < 1_000; n++) await live.put('rfm', `p00.customer.${n}`, customer(String(n), n));
    const reader = live.open({ types: ['rfm.customer'], from: 'start' });
    await reader.nth('live');
    expect(reader.events.map(({ event }) => event).lastIndexOf('live')).toBe(1_000);
    expect(live.log.reading).toBe(1);
  });

  it('is told when a bucket was made anew, and then all that it holds', async () => {
    await using live = new LiveTest();
    await live.put('rfm', 'p00.customer.1', customer('1', 1));
    const reader = live.open({ types: ['rfm.customer', 'segments.member'], from: 'start' });
    await reader.nth('live');
    live.memory.deleteStream(bucketStream('rfm'));
    await live.put('rfm', 'p00.customer.2', customer('2', 1));
    const reset = await reader.nth('reset');
    expect(reset?.data.types).toEqual(['rfm.customer']);
    expect((await reader.nth('rfm.customer', 2))?.data.customer_id).toBe('2');
    // and so is one that comes back with an id of the former life
    const former = reader.events[0]?.id ?? '';
    const again = live.open({ types: ['rfm.customer', 'segments.member'], after: former });
    expect((await again.nth('rfm.customer'))?.data.customer_id).toBe('2');
    expect(again.events.map(({ event }) => event)).toEqual(['reset', 'rfm.customer']);
  });

  it('starts afresh behind an id from after the end of the bucket, and says so', async () => {
    await using live = new LiveTest();
    await live.put('rfm', 'p00.customer.1', customer('1', 1));
    const reader = live.open({ types: ['rfm.customer'], after: 'rfm.customer:900@0' });
    await reader.nth('live');
    expect(reader.events.map(({ event }) => event)).toEqual(['reset', 'rfm.customer', 'live']);
  });

  it('waits for a bucket that is not there yet, and misses nothing of it', async () => {
    await using live = new LiveTest();
    live.memory.deleteStream(bucketStream('rfm'));
    const reader = live.open({ types: ['rfm.customer'] });
    const before = await reader.nth('live');
    expect(before?.id).toBe('rfm.customer:0');
    await live.put('rfm', 'p00.customer.1', customer('1', 1));
    expect((await reader.nth('rfm.customer'))?.data.customer_id).toBe('1');
    const again = live.open({ types: ['rfm.customer'], after: before?.id ?? '' });
    expect((await again.nth('rfm.customer'))?.data.customer_id).toBe('1');
    expect(again.events.filter(({ event }) => event === 'reset')).toEqual([]);
  });

  it('stays while the log is away, and goes on', async () => {
    await using live = new LiveTest(SMALL_RING);
    const reader = live.open({ types: ['rfm.customer'] });
    await reader.nth('live');
    for (let n = 0; n < 10; n++) await live.put('rfm', `p00.customer.${n}`, customer(String(n), n));
    await reader.nth('rfm.customer', 10);
    live.log.away = true;
    const again = live.open({ types: ['rfm.customer'], after: reader.events[1]?.id ?? '' });
    const missed = again.nth('rfm.customer', 9);
    await until(() => live.log.said('state').length > 5);
    live.log.away = false;
    expect((await missed)?.data.customer_id).toBe('9');
  });
});
