import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StateTable } from '../store/state-table.ts';
import { type Alert, type Occurrence, SEVERITIES } from './alert.ts';
import { AlertLog, alertTable } from './alert-log.ts';

const START = Date.parse('2024-06-01T10:00:00Z');
const MINUTE = 60_000;

function occurrence(rest: Partial<Occurrence> = {}): Occurrence {
  return {
    type: 'large_order',
    subject: { kind: 'customer', id: '42' },
    severity: 'medium',
    at: START,
    id: 'o1',
    description: 'Order o1 is large',
    details: { order_id: 'o1' },
    ...rest,
  };
}

function alertsOf(occurrences: readonly Occurrence[], foldMs?: number): Map<string, Alert> {
  const table = new StateTable('alert', alertTable);
  const log = new AlertLog(table as never, foldMs);
  for (const each of occurrences) log.raise(each);
  return new Map(table.entries() as IterableIterator<[string, Alert]>);
}

describe('one occurrence', () => {
  test('is an alert with all that a reader needs', () => {
    const [[key, alert] = []] = alertsOf([occurrence({ at: START + 123 })]);
    expect(key).toBe('42.large_order.20240601T100000Z');
    expect(alert).toEqual({
      alert_id: '42-large_order-20240601T100000Z',
      anomaly_type: 'large_order',
      severity: 'medium',
      customer_id: '42',
      description: 'Order o1 is large',
      timestamp: '2024-06-01T10:00:00.123Z',
      count: 1,
      first: '2024-06-01T10:00:00.123Z',
      last: '2024-06-01T10:00:00.123Z',
      details: { order_id: 'o1' },
      occurrences: [[START + 123, 'o1']],
    });
  });

  test('about a region or the whole stream says so', () => {
    const [region] = alertsOf([occurrence({ subject: { kind: 'region', id: 'eu.west' } })]);
    expect(region?.[0]).toBe('eu=2Ewest.large_order.20240601T100000Z');
    expect(region?.[1]).toMatchObject({ region: 'eu.west' });
    const [stream] = alertsOf([occurrence({ subject: { kind: 'stream' } })]);
    expect(stream?.[0]).toBe('=.large_order.20240601T100000Z');
    expect(stream?.[1]).not.toHaveProperty('customer_id');
  });
});

describe('a storm', () => {
  test('folds into one alert that shows the worst, counts all and names the first twenty', () => {
    const storm = Array.from({ length: 30 }, (_, n) => occurrence({ at: START + n * MINUTE, id: `o${n}` }));
    const worst = occurrence({ at: START + 31 * MINUTE, id: 'big', severity: 'high', details: { order_id: 'big' } });
    const [[, alert] = []] = alertsOf([...storm, worst]);
    expect(alert).toMatchObject({
      severity: 'high',
      timestamp: '2024-06-01T10:31:00Z',
      count: 31,
      first: '2024-06-01T10:00:00Z',
      last: '2024-06-01T10:31:00Z',
      details: { order_id: 'big' },
    });
    expect(alert?.occurrences.map(([, id]) => id)).toEqual(storm.slice(0, 20).map(({ id }) => id));
  });

  test('folds by type, subject and window, and not at all when told so', () => {
    const storm = [
      occurrence(),
      occurrence({ id: 'o2' }),
      occurrence({ type: 'order_spike' }),
      occurrence({ subject: { kind: 'customer', id: '43' } }),
      occurrence({ at: START + 60 * MINUTE }),
    ];
    expect([...alertsOf(storm).values()].map(({ count }) => count)).toEqual([2, 1, 1, 1]);
    expect(alertsOf(storm, 5 * MINUTE).size).toBe(4);
    expect(alertsOf(storm, 0).size).toBe(5);
  });

  test('an occurrence that comes twice counts once, and is shown when it is worse the second time (invariant 2)', () => {
    const again = occurrence({ severity: 'high', description: 'Order o1 is larger' });
    const [[, alert] = []] = alertsOf([occurrence(), again, occurrence()]);
    expect(alert).toMatchObject({ count: 1, severity: 'high', description: 'Order o1 is larger' });
  });

  test('is the same whatever the order of coming (invariant 1)', () => {
    const any = fc.record({
      // Often the same moment: what is equal but for the id must not be told apart by who came first.
      at: fc.oneof(fc.integer({ min: START, max: START + 2 * 60 * MINUTE }), fc.constantFrom(START, START + MINUTE)),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      severity: fc.constantFrom(...SEVERITIES),
      description: fc.constantFrom('x', 'y'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 15 }), fc.integer(), (parts, seed) => {
        const storm = parts.map((part) => occurrence({ ...part, details: { ...part } }));
        const shuffled = storm
          .map((each, n) => ({ each, rank: Math.imul(n + 1, seed | 1) }))
          .sort((a, b) => a.rank - b.rank);
        const sorted = (alerts: Map<string, Alert>) => [...alerts].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(alertsOf(shuffled.map(({ each }) => each)))).toEqual(sorted(alertsOf(storm)));
      }),
    );
  });
});

test('an alert is held while it may grow, also after a restart, and then released (invariant 3)', () => {
  const table = new StateTable('alert', alertTable);
  const released: string[] = [];
  const watched = {
    get: (id: string) => table.get(id),
    put: (id: string, alert: Alert) => table.put(id, alert),
    entries: () => table.entries(),
    release: (id: string) => released.push(id),
  };
  new AlertLog(watched as never).raise(occurrence({ at: START + 59 * MINUTE }));
  const restarted = new AlertLog(watched as never);
  restarted.onWatermark(START + 2 * 60 * MINUTE - 1);
  expect(released).toEqual([]);
  restarted.onWatermark(START + 2 * 60 * MINUTE);
  expect(released).toEqual(['42.large_order.20240601T100000Z']);
  expect(alertTable.lifetimeMs?.({} as Alert)).toBe(30 * 24 * 60 * MINUTE);
});

describe('an occurrence that comes after its alert was released', () => {
  function late(...occurrences: readonly Occurrence[]): [string, Alert][] {
    const table = new StateTable('alert', alertTable);
    const log = new AlertLog(table as never, undefined, START + 2 * 60 * MINUTE);
    const texts = new Map<string, string | undefined>();
    for (const each of occurrences) {
      log.raise(each);
      for (const { slot, text } of table.takeChanges()) texts.set(slot.id, text);
    }
    expect(table.size).toBe(0); // nothing is held of it
    return [...texts].map(([key, text]) => [key, JSON.parse(text ?? '') as Alert]);
  }

  test('is an alert of its own, so that what readers have is not overwritten (invariant 4)', () => {
    const [[key, alert] = [], ...rest] = late(occurrence({ at: START + 5_000, id: 'o.1' }));
    expect(rest).toEqual([]);
    expect(key).toBe('42.large_order.20240601T100005Z-o=2E1');
    expect(alert).toMatchObject({ alert_id: '42-large_order-20240601T100005Z-o=2E1', count: 1 });
  });

  test('the last word about it stands, whether or not there was a restart between (invariant 4)', () => {
    const [[, alert] = []] = late(occurrence({ severity: 'high' }), occurrence({ severity: 'low' }));
    expect(alert).toMatchObject({ severity: 'low', count: 1 });
  });
});

test('texts and evidence are read of what is shown only: they may be costly getters', () => {
  let reads = 0;
  const costly = (rest: Partial<Occurrence>): Occurrence => ({
    type: 'order_spike',
    subject: { kind: 'customer', id: '42' },
    severity: 'low',
    at: START,
    id: 'o1',
    ...rest,
    get description() {
      reads++;
      return 'text';
    },
    get details() {
      reads++;
      return {};
    },
  });
  alertsOf(Array.from({ length: 50 }, (_, n) => costly({ at: START + n, id: `o${n}` })));
  expect(reads).toBe(2);
});
