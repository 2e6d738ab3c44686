import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../shared/alerts/alert.ts';
import { begin, skipPastLastEvent } from '../../shared/cep/pattern-builder.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { seededRandom } from '../../shared/testing/orders.ts';
import { type Outcome, runStages, type Step, STRAIGHT } from '../../shared/testing/stage-harness.ts';
import { type CepRule, highOrderVolume } from './cep-rules.ts';
import { globalPatterns } from './global-patterns.ts';
import { anomalyMaip, DEFAULT_MAIP, type MaipOptions } from './maip.ts';

const START = Date.parse('2024-06-01T10:00:00Z');
const SECOND = 1_000;
const BOUND = 5 * SECOND;
const TOPIC = 'maip.order.created';

function stages(options: MaipOptions = DEFAULT_MAIP) {
  return [anomalyMaip(options), globalPatterns(options)];
}

function created(seconds: number, k: string, rest: Partial<MaipEvent> = {}): MaipEvent {
  return { t: START + seconds * SECOND, k, id: `${k}-${seconds}`, type: TOPIC, payload: { amount: 10 }, ...rest };
}

function data(...events: MaipEvent[]): Step<MaipEvent> {
  return { topic: TOPIC, kafkaPartition: 0, events };
}

function progress(seconds: number, kafkaPartition = 0): Step<MaipEvent> {
  return { topic: TOPIC, kafkaPartition, progress: { watermark: START + seconds * SECOND - 1 } };
}

function alertsOf(outcome: Outcome, prefix = ''): Alert[] {
  return [...outcome.results]
    .filter(([key]) => key.startsWith(prefix) && key.includes('alert.'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => JSON.parse(text) as Alert);
}

const volumeOnly: MaipOptions = {
  ...DEFAULT_MAIP,
  unusualTransaction: { ...DEFAULT_MAIP.unusualTransaction, enabled: false },
};

describe('HIGH_ORDER_VOLUME over all customers', () => {
  const burst = (count: number, every: number, from = 0) =>
    Array.from({ length: count }, (_, n) => created(from + n * every, `c${n % 7}`));

  test('ten orders in less than a minute are one alert, with the match as evidence', () => {
    const outcome = checkLaw(stages(), [data(...burst(10, 6)), progress(300)]);
    const [alert, ...rest] = alertsOf(outcome);
    expect(rest).toEqual([]);
    expect(alert).toMatchObject({
      alert_id: '=-HIGH_ORDER_VOLUME-20240601T100000Z',
      anomaly_type: 'HIGH_ORDER_VOLUME',
      severity: 'high',
      description: 'High order volume: 10 orders in 54 s (10 or more within 60 s)',
      timestamp: '2024-06-01T10:00:54Z',
      count: 1,
      details: {
        pattern: 'high-order-volume',
        events: 10,
        first: '2024-06-01T10:00:00Z',
        last: '2024-06-01T10:00:54Z',
      },
    });
    const named = Array.from({ length: 10 }, (_, n) => ({ id: `c${n % 7}-${n * 6}`, customer_id: `c${n % 7}` }));
    expect(alert?.details).toMatchObject({ match: { first: named } });
    expect(outcome.results.has('all.alert.=.HIGH_ORDER_VOLUME.20240601T100000Z')).toBe(true);
  });

  test('nine orders, or ten that take a minute, are none', () => {
    expect(alertsOf(checkLaw(stages(), [data(...burst(9, 1)), progress(300)]))).toEqual([]);
    expect(alertsOf(checkLaw(stages(), [data(...burst(10, 7)), progress(300)]))).toEqual([]);
  });

  test('one alert a burst: each ten orders begin afresh, and an hour of them is folded', () => {
    const outcome = checkLaw(stages(), [data(...burst(29, 1), ...burst(10, 1, 600)), progress(900)]);
    expect(alertsOf(outcome)).toMatchObject([{ count: 3 }]);
    const apart = checkLaw(stages({ ...DEFAULT_MAIP, foldMs: 0 }), [data(...burst(29, 1)), progress(900)]);
    expect(alertsOf(apart)).toHaveLength(2);
  });

  test('a leap of the watermark over more than a step of events finds in steps what it would find at once', () => {
    const inSteps = [anomalyMaip(), globalPatterns(DEFAULT_MAIP, 7)];
    const steps = [data(...burst(40, 1)), ...Array.from({ length: 10 }, (_, n) => progress(300 + n))];
    for (const crash of [false, true]) {
      const found = runStages(inSteps, steps, { ...STRAIGHT, commitEvery: 1, crash }); // each watermark is told by itself
      expect(alertsOf(found)).toEqual(alertsOf(runStages(stages(), steps)));
      expect(alertsOf(found)).toMatchObject([{ count: 4 }]);
    }
  });

  test('repeated, late and corrected events do not add up', () => {
    const nine = burst(9, 1);
    const late = created(5, 'late');
    const outcome = checkLaw(stages(), [
      data(...nine, ...nine),
      progress(20),
      data(late, { ...created(8, 'c1'), retract: true }, { ...created(8, 'c1'), payload: { amount: 11 } }),
      progress(300),
    ]);
    expect(alertsOf(outcome)).toEqual([]);
    expect(outcome.late.map((text) => JSON.parse(text))).toMatchObject([
      { reason: 'too late for statistics and patterns', event: { id: 'late-5' } },
    ]);
  });

  test('other events do not matter, and are not held', () => {
    const viewed = burst(30, 1).map((event) => ({ ...event, type: 'maip.product.viewed' }));
    const outcome = checkLaw(stages(), [data(...viewed)]);
    expect([...outcome.state.keys()]).toEqual([]);
  });

  test('alerts equal a naive search, whatever the partitions, disorder, cuts and crashes', () => {
    const any = fc.record({
      seed: fc.integer(),
      spanS: fc.integer({ min: 100, max: 300 }),
      batch: fc.integer({ min: 5, max: 30 }),
    });
    fc.assert(
      fc.property(any, ({ seed, spanS, batch }) => {
        const random = seededRandom(seed);
        const events = Array.from({ length: 60 }, (_, n) =>
          created(Math.floor(random() * spanS), `c${n % 9}`, { id: `e${n}` }),
        );
        const arrival = new Map(events.map((event) => [event, event.t + random() * BOUND]));
        const arrived = events.toSorted((a, b) => (arrival.get(a) ?? 0) - (arrival.get(b) ?? 0));
        const outcome = checkLaw(stages({ ...volumeOnly, foldMs: 0 }), stepsOf(arrived, batch));
        expect(outcome.late).toEqual([]);
        expect(
          alertsOf(outcome)
            .map(({ timestamp }) => Date.parse(timestamp))
            .sort(),
        ).toEqual(bursts(events));
      }),
      { numRuns: 6 },
    );
  });

  /** Spread over three Kafka partitions, with the progress a bridge would write. */
  function stepsOf(events: readonly MaipEvent[], batch: number): Step<MaipEvent>[] {
    const steps: Step<MaipEvent>[] = [0, 1, 2].map((kafkaPartition) => ({
      topic: TOPIC,
      kafkaPartition,
      progress: {},
    }));
    const newest = [0, 0, 0];
    for (let at = 0; at < events.length; at += batch) {
      for (const kafkaPartition of [0, 1, 2]) {
        const mine = events.slice(at, at + batch).filter(({ id }) => Number(id.slice(1)) % 3 === kafkaPartition);
        newest[kafkaPartition] = Math.max(newest[kafkaPartition] ?? 0, ...mine.map(({ t }) => t));
        steps.push({ topic: TOPIC, kafkaPartition, events: mine });
        const watermark = (newest[kafkaPartition] ?? 0) - BOUND - 1;
        if (mine.length > 0) steps.push({ topic: TOPIC, kafkaPartition, progress: { watermark } });
      }
    }
    return [...steps, ...[0, 1, 2].map((kafkaPartition) => progress(10_000, kafkaPartition))];
  }

  /** When the tenth order within a minute comes, counting afresh behind each alert. */
  function bursts(events: readonly MaipEvent[]): number[] {
    const found: number[] = [];
    let open: number[] = [];
    for (const t of events.map((event) => event.t).toSorted((a, b) => a - b)) {
      open = [...open.filter((other) => t - other < 60 * SECOND), t];
      if (open.length < 10) continue;
      found.push(t);
      open = [];
    }
    return found;
  }
});

describe('patterns per customer', () => {
  test('HIGH_ORDER_VOLUME of one customer', () => {
    const options = {
      ...volumeOnly,
      patterns: [highOrderVolume('key', { orders: 3, withinMs: 10 * SECOND, severity: 'low' })],
    };
    const outcome = checkLaw(stages(options), [
      data(created(0, 'a'), created(1, 'b'), created(3, 'a'), created(11, 'b'), created(9, 'a'), created(12, 'b')),
      progress(60),
    ]);
    expect(alertsOf(outcome)).toMatchObject([
      {
        customer_id: 'a',
        severity: 'low',
        description: 'High order volume: 3 orders of customer a in 9 s (3 or more within 10 s)',
        details: { match: { first: [{ id: 'a-0' }, { id: 'a-3' }, { id: 'a-9' }] } },
      },
    ]);
    expect([...outcome.state.keys()].filter((key) => key.includes('.cep.'))).toEqual([]);
  });

  const cancelled: CepRule = {
    ...highOrderVolume('key'),
    name: 'large-and-not-paid',
    fingerprint: '1',
    pattern: begin<MaipEvent>('order')
      .where(({ type, payload }) => type === TOPIC && (payload as { amount: number }).amount > 100)
      .notFollowedBy('payment')
      .where(({ type }) => type === 'maip.payment.made')
      .within(30 * SECOND)
      .skip(skipPastLastEvent)
      .build(),
    readsPayload: true,
    alert: { type: 'NOT_PAID', severity: 'medium', describe: ({ events }, key) => `${key}: ${events.order?.[0]?.id}` },
    accepts: () => true,
  };

  test('over all customers, equal times are in one order, whichever partition was first (invariant 1)', () => {
    const pairs: CepRule = {
      ...highOrderVolume('global'),
      pattern: begin<MaipEvent>('a')
        .where(({ type }) => type === 'a')
        .next('b')
        .where(({ type }) => type === 'b')
        .within(30 * SECOND)
        .build(),
      alert: { type: 'PAIR', severity: 'low', describe: ({ events }) => `${events.a?.[0]?.id} ${events.b?.[0]?.id}` },
      accepts: () => true,
    };
    const random = seededRandom(5);
    const steps: Step<MaipEvent>[] = [];
    for (let at = 0; at < 12; at++) {
      const events = Array.from({ length: 8 }, (_, n) =>
        created(at, `c${Math.floor(random() * 40)}`, { id: `e${at}-${n}`, type: random() < 0.5 ? 'a' : 'b' }),
      );
      steps.push(data(...events), progress(at - 3));
    }
    const options = { ...volumeOnly, foldMs: 0, patterns: [pairs] };
    expect(alertsOf(checkLaw(stages(options), [...steps, progress(60)])).length).toBeGreaterThan(10);
  });

  test('a pattern of the user reads payloads, and is told when its time is over', () => {
    const options = { ...volumeOnly, patterns: [cancelled, { ...cancelled, name: 'all', per: 'global' as const }] };
    const paid = created(20, 'a', { type: 'maip.payment.made', id: 'p' });
    const large = (seconds: number, k: string) => created(seconds, k, { payload: { amount: 200 } });
    const outcome = checkLaw(stages(options), [data(large(0, 'a'), large(1, 'b'), paid), progress(31)]);
    expect(alertsOf(outcome)).toMatchObject([
      { customer_id: 'b', description: 'b: b-1', timestamp: '2024-06-01T10:00:31Z' },
    ]);
    const alone = checkLaw(stages(options), [data(large(0, 'a'), large(1, 'b')), progress(60)]);
    expect(alertsOf(alone, 'all.')).toMatchObject([{ description: ': a-0', count: 2 }]);
  });
});

describe('unusual transactions', () => {
  const usual = [10, 12, 8, 11, 9].map((amount, n) => created(n * 60, 'a', { payload: { amount } }));
  const options = { ...DEFAULT_MAIP, patterns: [] };
  const unusual = created(400, 'a', { type: 'maip.payment.made', payload: { total: '20.00' } });

  test('an amount far above those of the customer before', () => {
    const outcome = checkLaw(stages(options), [data(...usual, unusual), progress(500)]);
    expect(alertsOf(outcome)).toMatchObject([
      {
        anomaly_type: 'unusual_transaction',
        severity: 'high',
        customer_id: 'a',
        description:
          'Unusual transaction a-400: $20.00 is 6.32 standard deviations above the mean of $10.00 of customer a',
        details: { mean: '10.00', deviation: '1.58', orders: 5 },
      },
    ]);
  });

  test('waits for the watermark, or acts at once when told so', () => {
    expect(alertsOf(checkLaw(stages(options), [data(...usual, unusual)]))).toEqual([]);
    const atOnce = stages({ ...DEFAULT_MAIP, order: 'arrival' });
    const outcome = checkLaw(atOnce, [data(...usual, unusual, unusual), progress(500), data(created(410, 'a'))]);
    expect(alertsOf(outcome)).toMatchObject([{ count: 1 }]);
    expect(outcome.late.map((text) => JSON.parse(text).reason)).toEqual(['too late for patterns']);
  });

  test('a transaction that is taken back leaves the statistics, also late', () => {
    const typo = created(310, 'a', { payload: { amount: 9999 } });
    const back = [
      { ...typo, retract: true as const },
      { ...typo, payload: { amount: 10 } },
    ];
    const outcome = checkLaw(stages(options), [
      data(...usual, typo),
      progress(350),
      data(...back),
      data(unusual),
      progress(500),
    ]);
    const [alert] = alertsOf(outcome);
    expect(alert).toMatchObject({ count: 2, details: { order_id: 'a-310' } });
    const state = [...outcome.state].find(([key]) => key.endsWith('.customer.a'))?.[1];
    const cents = [1000, 1200, 800, 1100, 900, 1000, 2000]; // without the typo, with what it should have been
    const squares = cents.reduce((sum, each) => sum + each ** 2, 0);
    expect(JSON.parse(state ?? '').amounts).toEqual([7, '8000', String(squares)]);
  });

  test('the law, with late, repeated and changed events of all kinds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 4, max: 20 }), (seed, batch) => {
        const random = seededRandom(seed);
        const events = Array.from({ length: 60 }, (_, n): MaipEvent => {
          const event = created(n * 2 - Math.floor(random() * 15), `c${Math.floor(random() * 3)}`, {
            id: `e${Math.floor(random() * 55)}`,
            payload: random() < 0.2 ? null : { amount: Math.round(random() * 1e4) / 100 },
          });
          return random() < 0.15 ? { ...event, retract: true } : event;
        });
        const patterns = [
          highOrderVolume('global'),
          highOrderVolume('key', { orders: 4, withinMs: 30_000, severity: 'low' }),
        ];
        const steps: Step<MaipEvent>[] = [];
        for (let at = 0; at < events.length; at += batch)
          steps.push(data(...events.slice(at, at + batch)), progress(at * 2 + batch - 5));
        for (const order of ['event-time', 'arrival'] as const) {
          const tuned = {
            ...DEFAULT_MAIP,
            order,
            patterns,
            unusualTransaction: { ...DEFAULT_MAIP.unusualTransaction, minOrders: 2 },
          };
          checkLaw(stages(tuned), [...steps, progress(300)]);
        }
      }),
      { numRuns: 6 },
    );
  });
});

test('state is bounded: nothing but the newest chunk stays of events and customers long gone', () => {
  const events = Array.from({ length: 100 }, (_, n) => created(n, `c${n % 5}`));
  const outcome = runStages(stages({ ...DEFAULT_MAIP, forgetMs: 3_600_000 }), [
    data(...events),
    progress(8000),
    progress(9000),
  ]);
  expect([...outcome.state.keys()].filter((key) => !key.includes('.held.'))).toEqual([]);
});
