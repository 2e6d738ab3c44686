import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import { readPattern } from '../../shared/cep/json/parse-pattern.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { Replay, type ReplayOptions, type ReplayTotals } from './replay.ts';

const MINUTE = 60_000;

/** Two orders of a key within a minute, the second one larger; refunds are not seen. */
function rises(per: 'key' | 'global', more: Readonly<Record<string, unknown>> = {}): EventPattern {
  const matched = { stage: 'low', aggregate: 'last', field: 'amount' };
  const stages = [{ name: 'low' }, { link: 'next', name: 'high', where: { field: 'amount', gt: { matched } } }];
  const input = { kind: 'order', where: { field: 'amount', gte: 0 } };
  return readPattern({ name: 'rises', input, per, stages, within: '1m', ...more }, 'rises');
}

function order(t: number, k: string, id: string, amount: number): OrderEvent {
  return { t, k, id, amount };
}

function retraction(event: OrderEvent): OrderEvent {
  return { ...event, retract: true };
}

class Run {
  readonly replay: Replay;
  readonly found: string[] = [];

  constructor(options: Partial<ReplayOptions> = {}) {
    this.replay = new Replay({
      pattern: rises('key'),
      from: Number.NEGATIVE_INFINITY,
      to: Number.POSITIVE_INFINITY,
      key: undefined,
      onMatch: (key, { events }) => this.found.push(`${key}:${Object.values(events).flat().map(idOf).join('<')}`),
      ...options,
    });
  }

  send(...events: readonly OrderEvent[]): this {
    this.replay.data('orders#00000', events);
    return this;
  }

  upTo(watermark: number): this {
    this.replay.progress('orders.k0', { watermark });
    return this;
  }
}

function idOf(event: MeshEvent): string {
  return 'id' in event ? String(event.id) : '?';
}

function accounted({ matched, late, outsideTime, passedOver, withdrawn, corrections }: ReplayTotals): number {
  return matched + late + outsideTime + passedOver + withdrawn + corrections;
}

describe('a replay', () => {
  it('matches each key by itself, or all of them together', () => {
    const events = [order(1, 'a', 'a1', 5), order(2, 'b', 'b1', 6), order(3, 'a', 'a2', 7)];
    const perKey = new Run().send(...events);
    perKey.replay.finish();
    expect(perKey.found).toEqual(['a:a1<a2']);
    const together = new Run({ pattern: rises('global') }).send(...events);
    expect(together.replay.finish()).toMatchObject({ keys: 2, matches: 2 });
    expect(together.found).toEqual([':a1<b1', ':b1<a2']);
  });
  it('waits for the watermark, and then counts what comes behind it as late', () => {
    const run = new Run().send(order(20, 'a', 'a2', 2), order(10, 'a', 'a1', 1)).upTo(15);
    expect(run.found).toEqual([]);
    run.upTo(20).send(order(20, 'a', 'a3', 3));
    expect(run.found).toEqual(['a:a1<a2']);
    expect(run.replay.finish()).toMatchObject({ late: 1, matched: 2 });
  });
  it('waits for the slowest source, a declared one without a watermark too', () => {
    const run = new Run();
    run.replay.progress('orders.k1', {});
    run.send(order(1, 'a', 'a1', 1), order(2, 'a', 'a2', 2)).upTo(100);
    expect(run.replay.waiting).toBe(2);
    run.replay.progress('orders.k1', { watermark: 2 });
    expect(run.replay.waiting).toBe(0);
  });
  it('matches what still waits at the end, and says what may still become a match', () => {
    const run = new Run().send(order(1, 'a', 'a1', 1), order(2, 'a', 'a2', 2), order(3, 'b', 'b1', 3)).upTo(0);
    expect(run.replay.finish()).toMatchObject({ matches: 1, timedOut: 0, open: 2 });
  });
  it('lets partial matches run out of time by the watermark, without further events', () => {
    const run = new Run().send(order(0, 'a', 'a1', 1)).upTo(MINUTE - 1);
    expect(run.replay.finish()).toMatchObject({ timedOut: 1, open: 0 });
  });
  it('goes no further than the time it was given', () => {
    const run = new Run({ to: MINUTE - 1 })
      .send(order(0, 'a', 'a1', 1), order(MINUTE - 1, 'a', 'a2', 2))
      .upTo(2 * MINUTE);
    expect(run.replay.finish()).toMatchObject({ timedOut: 0, open: 1, outsideTime: 1 });
  });
  it('does not see what the input of the pattern leaves out, nor other keys', () => {
    const run = new Run({ key: 'a' }).send(order(1, 'a', 'a1', 1), order(2, 'a', 'a2', -1), order(3, 'a', 'a3', 2));
    expect(run.send(order(4, 'b', 'b1', 1)).replay.finish()).toMatchObject({ passedOver: 2, matches: 1 });
    expect(run.found).toEqual(['a:a1<a3']);
  });
});

describe('corrections', () => {
  const first = order(1, 'a', 'a1', 5);
  const second = order(2, 'a', 'a2', 4);

  it('hold from the beginning while the event waits', () => {
    const run = new Run().send(first, second, retraction(second), { ...second, amount: 6 });
    expect(run.replay.finish()).toMatchObject({ matches: 1, withdrawn: 2, corrections: 0, matched: 2 });
  });
  it('remove an event that waits and has no successor', () => {
    const run = new Run().send(first, { ...second, amount: 6 }, retraction({ ...second, amount: 6 }));
    expect(run.replay.finish()).toMatchObject({ matches: 0, withdrawn: 2, matched: 1 });
  });
  it('change nothing once it was matched, and the new values are no further event', () => {
    const moved = { ...second, t: 5, amount: 9 };
    const run = new Run().send(first, second).upTo(2).send(retraction(second), moved);
    expect(run.replay.finish()).toMatchObject({ matches: 0, corrections: 2, matched: 2 });
  });
  it('of another order leave the next event alone', () => {
    const run = new Run()
      .send(first)
      .upTo(1)
      .send(retraction(first), order(7, 'a', 'a3', 9));
    expect(run.replay.finish()).toMatchObject({ matches: 1, corrections: 1, matched: 2 });
  });
  it('that give an order to another key are news to that key', () => {
    const other = order(1, 'b', 'b1', 1);
    const run = new Run()
      .send(other, second)
      .upTo(2)
      .send(retraction(second), { ...second, t: 5, k: 'b' });
    expect(run.replay.finish()).toMatchObject({ matches: 1, corrections: 1, matched: 3 });
  });
  it('of what the pattern does not see bring the new values in', () => {
    const refund = { ...second, amount: -4 };
    const run = new Run()
      .send(first, refund)
      .upTo(2)
      .send(retraction(refund), { ...refund, t: 5, amount: 6 });
    expect(run.replay.finish()).toMatchObject({ matches: 1, passedOver: 2, matched: 2 });
  });
  it('know events without an id by all they have', () => {
    const run = new Run();
    const event: MeshEvent = { t: 1, k: 'a' };
    run.replay.data('x#0', [event, { ...event, k: 'b' }, { ...event, retract: true }]);
    expect(run.replay.finish()).toMatchObject({ passedOver: 3 });
    const pattern = readPattern({ name: 'x', input: { kind: 'userEvent' }, per: 'key', stages: [{ name: 'a' }] }, 'x');
    const any = new Run({ pattern });
    any.replay.data('x#0', [event, { ...event, k: 'b' }, { ...event, retract: true }]);
    expect(any.replay.finish()).toMatchObject({ withdrawn: 2, matches: 1 });
  });
});

describe('whatever comes', () => {
  const orders = fc.array(
    fc.record({ t: fc.nat(5 * MINUTE), k: fc.constantFrom('a', 'b', 'c'), amount: fc.integer({ min: -2, max: 9 }) }),
    { maxLength: 40 },
  );

  it('finds what a naive search finds, however it is cut, and accounts for every event', () => {
    fc.assert(
      fc.property(orders, fc.array(fc.nat(3), { maxLength: 40 }), (given, cuts) => {
        const events = given.map((one, n) => order(one.t, one.k, `o${n}`, one.amount));
        const run = new Run();
        let at = 0;
        for (const size of [...cuts, events.length]) {
          const frame = events.slice(at, at + size);
          run.send(...frame);
          at += size;
          // no event that is still to come is late
          const next = Math.min(...events.slice(at).map(({ t }) => t));
          if (Number.isFinite(next)) run.upTo(next - 1);
        }
        const totals = run.replay.finish();
        expect([...run.found].sort()).toEqual(naive(events).sort());
        expect(accounted(totals)).toBe(totals.read);
        expect(totals.read).toBe(events.length);
      }),
    );
  });
});

/** By definition: neighbours of a key, in order of time and then of arrival. */
function naive(events: readonly OrderEvent[]): string[] {
  const seen = events.filter(({ amount }) => amount >= 0);
  return ['a', 'b', 'c'].flatMap((key) => {
    const own = seen.filter(({ k }) => k === key).sort((x, y) => x.t - y.t);
    return own.flatMap((one, n) => {
      const next = own[n + 1];
      if (!next || next.amount <= one.amount || next.t - one.t >= MINUTE) return [];
      return [`${key}:${one.id}<${next.id}`];
    });
  });
}
