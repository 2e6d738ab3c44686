import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { PartitionState } from '../../shared/runtime/partition-state.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { seededRandom } from '../../shared/testing/orders.ts';
import { framesOf, type Outcome, runStages, type Step } from '../../shared/testing/stage-harness.ts';
import { activity } from './activity.ts';
import { type CustomerWindowValue, MAX_TYPES, OTHER_TYPES, WINDOW_MS } from './customer-window.ts';
import { readActivityOptions } from './main.ts';

const STAGES = [activity()];
const START = Date.parse('2024-06-01T10:00:00Z');
const MINUTE = 60_000;
const BOUND = 5_000;
const CREATED = 'maip.order.created';
const VIEWED = 'maip.product.viewed';

function event(minutes: number, k: string, type: string, payload: unknown = null): MaipEvent {
  const t = START + minutes * MINUTE;
  return { t, k, id: `${k}-${minutes}-${type}`, type, payload };
}

function retraction(of: MaipEvent): MaipEvent {
  return { ...of, retract: true };
}

function data(...events: MaipEvent[]): Step<MaipEvent> {
  return { topic: 'maip', kafkaPartition: 0, events };
}

function progress(minutes: number): Step<MaipEvent> {
  return { topic: 'maip', kafkaPartition: 0, progress: { watermark: START + minutes * MINUTE - 1 } };
}

function keyOf(customer: string, start: number): string {
  return `${partitionName(partitionOf(customer))}.window.5m.${encodeId(customer)}.${compactTime(start)}`;
}

function windowOf(outcome: Outcome, customer: string, minutes = 0): CustomerWindowValue | undefined {
  const text = outcome.results.get(keyOf(customer, START + minutes * MINUTE));
  return text === undefined ? undefined : (JSON.parse(text) as CustomerWindowValue);
}

function lateReasons(outcome: Outcome): unknown[] {
  return outcome.late.map((text) => (JSON.parse(text) as { reason: unknown }).reason);
}

describe('one window', () => {
  test('by hand: out of order and twice the same record, as KV has it', () => {
    const twice = event(1, 'c-1', VIEWED, { productId: 'p-1', price: 20 });
    const outcome = checkLaw(STAGES, [
      data(
        event(3, 'c-1', CREATED, { orderId: 'o-1', amount: 12.5 }),
        twice,
        twice, // the producer wrote it twice: it is in Kafka twice, and counts twice
        event(2, 'c-1', CREATED, { orderId: 'o-2', amount: '7.25' }),
        event(4, 'c-1', 'maip.order.cancelled', { orderId: 'o-1', amount: 12.5 }),
        event(4.5, 'c-1', CREATED, { orderId: 'o-3', amount: 'a lot' }),
        event(5, 'c-1', VIEWED),
        event(0, 'c-2', VIEWED),
      ),
      progress(5),
    ]);
    expect(outcome.results.get(keyOf('c-1', START))).toBe(
      '{"customer_id":"c-1","window_start":"2024-06-01T10:00:00Z","window_end":"2024-06-01T10:05:00Z",' +
        '"total_events":6,"event_counts":{"maip.order.cancelled":1,"maip.order.created":3,"maip.product.viewed":2},' +
        '"total_amount":"32.25","amounts":{"maip.order.cancelled":{"count":1,"sum":"12.50"},' +
        '"maip.order.created":{"count":2,"sum":"19.75"}},"unusable_amounts":1,' +
        '"first_event":"2024-06-01T10:01:00Z","last_event":"2024-06-01T10:04:30Z","revision":0,"final":true,' +
        '"times":[60000,60000,240000,270000]}',
    );
    expect(windowOf(outcome, 'c-2')).toMatchObject({ total_events: 1, total_amount: null, amounts: {}, final: true });
    expect(windowOf(outcome, 'c-1', 5)).toMatchObject({ total_events: 1, final: false });
    expect(outcome.late).toEqual([]);
  });

  test('is live until the watermark passes its end', () => {
    const live = runStages(STAGES, [data(event(1, 'c', VIEWED)), progress(4)]);
    expect(windowOf(live, 'c')).toMatchObject({ total_events: 1, final: false });
  });

  test('a correction takes the former values back, also into another type, window and customer', () => {
    const [order, moved] = [event(1, 'c', CREATED, { amount: 10 }), event(2, 'c', VIEWED)];
    const outcome = checkLaw(STAGES, [
      data(order, moved, event(3, 'c', VIEWED)),
      data(retraction(order), { ...order, payload: { amount: 11 } }),
      data(retraction(moved), { ...moved, k: 'd', t: START + 6 * MINUTE }),
      progress(20),
    ]);
    expect(windowOf(outcome, 'c')).toMatchObject({
      event_counts: { [CREATED]: 1, [VIEWED]: 1 },
      total_amount: '11.00',
      first_event: '2024-06-01T10:01:00Z',
    });
    expect(windowOf(outcome, 'd', 5)).toMatchObject({ total_events: 1 });
  });

  test('with everything taken back is empty, and says so', () => {
    const only = event(1, 'c', CREATED, { amount: 10 });
    const outcome = checkLaw(STAGES, [data(only, retraction(only)), progress(5)]);
    expect(outcome.results.get(keyOf('c', START))).toBe(
      '{"customer_id":"c","window_start":"2024-06-01T10:00:00Z","window_end":"2024-06-01T10:05:00Z","total_events":0,' +
        '"event_counts":{},"total_amount":null,"amounts":{},"first_event":null,"last_event":null,"revision":0,"final":true}',
    );
  });

  test('types may be named as members of objects are, and customers anything', () => {
    const types = ['constructor', '__proto__', 'toString', '7', 'a"b\\c', '', 'ü.>*'];
    const customer = '../*.>"é';
    const outcome = checkLaw(STAGES, [
      data(...types.flatMap((type) => [event(1, customer, type), event(2, customer, type, { total: 1 })])),
      data(...types.flatMap((type) => [event(1, 'no amounts', type), event(2, 'no amounts', type)])),
      progress(5),
    ]);
    for (const id of [customer, 'no amounts']) {
      const { event_counts = {}, customer_id } = windowOf(outcome, id) ?? {};
      expect(Object.entries(event_counts).sort()).toEqual(types.map((type) => [type, 2]).sort());
      expect(customer_id).toBe(id);
    }
  });

  test('does not grow with types that a producer makes up', () => {
    const types = Array.from({ length: MAX_TYPES + 50 }, (_, n) => `type-${n}`);
    const events = [...types, ...types].map((type) => event(1, 'c', type));
    const outcome = checkLaw(STAGES, [data(...events), progress(5)], {
      crashing: { frameSize: 40, commitEvery: 1, crash: true, flushEvery: 3 },
    });
    const { event_counts = {}, total_events } = windowOf(outcome, 'c') ?? {};
    expect(Object.keys(event_counts)).toHaveLength(MAX_TYPES + 1);
    expect(event_counts).toMatchObject({ 'type-0': 2, [OTHER_TYPES]: 100 });
    expect(total_events).toBe(2 * (MAX_TYPES + 50));
  });
});

describe('late events', () => {
  test('within the lateness a final window is told again with a higher revision', () => {
    const first = event(1, 'c', CREATED, { amount: 10 });
    const outcome = checkLaw(STAGES, [
      data(first),
      progress(5),
      data(event(2, 'c', VIEWED), event(0, 'new', VIEWED)),
      progress(9),
      data(retraction(first)),
      progress(10), // takes no more now
      data(event(3, 'c', VIEWED)),
    ]);
    expect(windowOf(outcome, 'c')).toMatchObject({ total_events: 1, revision: 2, final: true });
    expect(windowOf(outcome, 'new')).toMatchObject({ total_events: 1, revision: 1, final: true });
    expect(outcome.late.map((text) => JSON.parse(text))).toMatchObject([
      {
        reason: 'too late for its window',
        event: { id: `c-3-${VIEWED}` },
        window: { start: START, end: START + WINDOW_MS },
        watermark: START + 10 * MINUTE - 1,
      },
    ]);
  });

  test('the end of a window and of its lateness are exact to the millisecond', () => {
    const at = (watermark: number) => ({ topic: 'maip', kafkaPartition: 0, progress: { watermark } });
    const stages = [activity({ latenessMs: 2_000, retentionMs: 1 })];
    const run = (watermark: number) =>
      checkLaw(stages, [data(event(0, 'c', VIEWED)), at(watermark), data(event(1, 'c', VIEWED)), at(START * 2)]);
    const end = START + WINDOW_MS;
    expect(windowOf(run(end - 2), 'c')).toMatchObject({ total_events: 2, revision: 0 });
    expect(windowOf(run(end - 1), 'c')).toMatchObject({ total_events: 2, revision: 1 });
    expect(windowOf(run(end + 1_998), 'c')).toMatchObject({ total_events: 2, revision: 1 });
    expect(windowOf(run(end + 1_999), 'c')).toMatchObject({ total_events: 1, revision: 0 });
  });

  test('a retraction of what was never counted changes nothing and is reported', () => {
    const [amount, other] = [event(1, 'c', CREATED, { amount: 1 }), event(1, 'c', CREATED)];
    const outcome = checkLaw(STAGES, [
      data(retraction(amount), other, retraction(amount), retraction(event(1, 'c', VIEWED))),
      data(retraction(event(1, 'c', CREATED, { amount: 'x' }))),
      progress(5),
    ]);
    expect(windowOf(outcome, 'c')).toMatchObject({ total_events: 1, event_counts: { [CREATED]: 1 } });
    expect(lateReasons(outcome)).toEqual(Array(4).fill('retraction of an event that was never counted'));
  });
});

describe('state', () => {
  const steps = [data(event(0, 'c', VIEWED)), progress(5), data(event(1, 'c', VIEWED)), progress(10)];
  const partition = partitionName(partitionOf('c'));

  function runPartition(state: PartitionState): number[] {
    state.open();
    const isRead = (subject: string) => subject.includes(`.${partition}.`) || subject.includes('.progress.');
    return framesOf(steps, 1)
      .filter(({ subject }) => isRead(subject))
      .map((message) => {
        state.fold(message);
        state.takeCommit(1, message.seq);
        return state.tables.get('window.5m')?.size ?? 0;
      });
  }

  test('is bounded by event time: a window leaves memory when it takes no more events', () => {
    expect(runPartition(new PartitionState(activity(), partition))).toEqual([1, 1, 1, 0]);
  });

  test('does not grow with what readers keep: old windows leave again when a partition is taken over', () => {
    const state = new PartitionState(activity(), partition);
    const kept = windowOf(runStages(STAGES, steps), 'c');
    state.loadKey('window.5m.c.20240601T100000Z', JSON.stringify(kept));
    state.restore({ seq: 1, pos: 0, wm: START + 60 * MINUTE, late: 0, src: [] });
    expect(runPartition(state)[0]).toBe(0);
  });

  test('is kept by readers for its lifetime once it is final', () => {
    const table = activity().tables['window.5m'];
    expect(table?.lifetimeMs?.({ isFinal: true })).toBe(48 * 60 * MINUTE);
    expect(table?.lifetimeMs?.({ isFinal: false })).toBeUndefined();
  });
});

/** The definition, read literally, over what is left when retractions have taken back what they name. */
function recount(events: readonly MaipEvent[]): Map<string, object> {
  const standing: MaipEvent[] = [];
  for (const each of events) {
    if (!each.retract) standing.push(each);
    else
      standing.splice(
        standing.findLastIndex(({ id }) => id === each.id),
        1,
      );
  }
  const windows = Map.groupBy(standing, ({ k, t }) => `${k} ${t - (t % WINDOW_MS)}`);
  return new Map(
    Array.from(windows, ([name, held]) => {
      const [customer = '', start] = name.split(' ');
      const cents = (list: MaipEvent[]) =>
        list.flatMap(({ payload }) =>
          payload === null ? [] : [Math.round((payload as { amount: number }).amount * 100)],
        );
      const sum = (list: MaipEvent[]) => (cents(list).reduce((a, b) => a + b, 0) / 100).toFixed(2);
      const byType = Map.groupBy(held, ({ type }) => type);
      const times = held.map(({ t }) => t);
      return [
        keyOf(customer, Number(start)),
        {
          total_events: held.length,
          event_counts: Object.fromEntries(Array.from(byType, ([type, list]) => [type, list.length])),
          total_amount: cents(held).length > 0 ? sum(held) : null,
          amounts: Object.fromEntries(
            Array.from(byType, ([type, list]) => [type, { count: cents(list).length, sum: sum(list) }] as const).filter(
              ([, { count }]) => count > 0,
            ),
          ),
          first_event: formatTime(Math.min(...times)),
          last_event: formatTime(Math.max(...times)),
        },
      ];
    }),
  );
}

function generate(seed: number): MaipEvent[] {
  const random = seededRandom(seed);
  const types = [CREATED, VIEWED, 'maip.order.cancelled'];
  return Array.from({ length: 60 }, (_, n): MaipEvent[] => {
    const payload = random() < 0.5 ? null : { amount: Math.floor(random() * 10_000) / 100 };
    const made: MaipEvent = {
      t: START + Math.floor((n / 60) * 20 * MINUTE + random() * BOUND),
      k: `c${Math.floor(random() ** 2 * 5)}`,
      id: `e${n}`,
      type: types[Math.floor(random() * 3)] ?? '',
      payload,
    };
    // Corrected at the same time of event, so that first and last stay exact.
    return random() < 0.15 ? [made, retraction(made), { ...made, payload: { amount: 3.33 } }] : [made];
  }).flat();
}

test('final windows equal a recount, for any events, corrections, disorder within the bound, cuts and crashes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 20 }), (seed, batch) => {
      const events = generate(seed);
      const steps: Step<MaipEvent>[] = [];
      let watermark = 0;
      for (let at = 0; at < events.length; at += batch) {
        const part = events.slice(at, at + batch);
        watermark = Math.max(watermark, ...part.map(({ t }) => t - BOUND - 1));
        steps.push(data(...part), { topic: 'maip', kafkaPartition: 0, progress: { watermark } });
      }
      const outcome = checkLaw(STAGES, [...steps, progress(60)]);
      const expected = recount(events);
      expect([...outcome.results.keys()].filter((key) => !expected.has(key))).toEqual([]);
      for (const [key, value] of expected)
        expect(JSON.parse(outcome.results.get(key) ?? 'null')).toMatchObject({ ...value, revision: 0, final: true });
      expect(outcome.late).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

describe('options', () => {
  test('come from the environment', () => {
    expect(readActivityOptions({})).toEqual({ latenessMs: 5 * MINUTE, retentionMs: 48 * 60 * MINUTE });
    const env = { WEIR_ACTIVITY_LATENESS_SECONDS: '0', WEIR_ACTIVITY_RETENTION_HOURS: '720' };
    expect(readActivityOptions(env)).toEqual({ latenessMs: 0, retentionMs: 720 * 60 * MINUTE });
    expect(() => readActivityOptions({ WEIR_ACTIVITY_LATENESS_SECONDS: '-1' })).toThrow(
      'Cannot use WEIR_ACTIVITY_LATENESS_SECONDS="-1": expected a whole number from 0 to 86400',
    );
  });

  test('that cannot be used are refused', () => {
    expect(() => activity({ latenessMs: -1, retentionMs: 1 })).toThrow('Cannot allow a lateness of "-1" ms');
    expect(() => activity({ latenessMs: 0, retentionMs: 0 })).toThrow('Cannot keep windows for "0" ms');
  });
});
