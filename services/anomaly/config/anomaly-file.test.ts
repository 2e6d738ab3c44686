import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_MAIP } from '../maip.ts';
import { DEFAULT_ORDERS } from '../rules.ts';
import { parseAnomalySettings, readAnomalySettings } from './anomaly-file.ts';

const EXAMPLE = join(import.meta.dirname, '../anomaly.example.yaml');

function parse(text: string) {
  return parseAnomalySettings(text, 'rules.yaml');
}

function messageOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

describe('the file of anomaly rules', () => {
  test('the example says the defaults, and adds a pattern', () => {
    const { orders, maip } = parse(readFileSync(EXAMPLE, 'utf8'));
    expect(orders).toEqual(DEFAULT_ORDERS);
    const { patterns, ...rest } = maip;
    const { patterns: builtIn, ...defaults } = DEFAULT_MAIP;
    expect(rest).toEqual(defaults);
    expect(patterns.map(({ name, per }) => [name, per])).toEqual([
      ...builtIn.map(({ name, per }) => [name, per]),
      ['cancelled-in-a-row', 'key'],
    ]);
    expect(patterns.at(-1)?.alert).toMatchObject({ type: 'cancelled_in_a_row', severity: 'medium' });
  });

  test('is not needed, and may be empty', () => {
    for (const settings of [
      readAnomalySettings({}),
      readAnomalySettings({ WEIR_ANOMALY: ' ' }),
      parse(''),
      parse('{}'),
    ]) {
      expect(settings.orders).toEqual(DEFAULT_ORDERS);
      expect(settings.maip.unusualTransaction).toEqual(DEFAULT_MAIP.unusualTransaction);
      expect(settings.maip.patterns.map(({ name }) => name)).toEqual(['high-order-volume']);
    }
  });

  test('is read where WEIR_ANOMALY says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'anomaly-'));
    const file = join(folder, 'rules.yaml');
    writeFileSync(file, 'orders: { order: arrival }');
    expect(readAnomalySettings({ WEIR_ANOMALY: file }).orders.order).toBe('arrival');
    rmSync(folder, { recursive: true });
    const missing = `${file}.not`;
    expect(() => readAnomalySettings({ WEIR_ANOMALY: missing })).toThrow(
      `Cannot read the file of anomaly rules "${missing}": check WEIR_ANOMALY`,
    );
  });

  test('what it says stands over the defaults, in cents and ms', () => {
    const { orders, maip } = parse(`
      orders:
        fold: 0
        rules:
          largeOrder: { over: 2500, escalation: { critical: "9999.99" } }
          rapidOrders: { enabled: false }
          orderSpike: { within: 90s, orders: 3, severity: high }
      maip:
        highOrderVolume: { global: { enabled: false }, perCustomer: { enabled: true, orders: 4, within: 10s } }
    `);
    expect(orders.foldMs).toBe(0);
    expect(orders.rules.largeOrder).toEqual({
      enabled: true,
      over: 2500_00,
      severity: 'medium',
      escalation: { critical: 9999_99 },
    });
    expect(orders.rules.rapidOrders).toEqual({ ...DEFAULT_ORDERS.rules.rapidOrders, enabled: false });
    // The default's escalation to high is none any more.
    expect(orders.rules.orderSpike).toEqual({
      enabled: true,
      orders: 3,
      withinMs: 90_000,
      severity: 'high',
      escalation: {},
    });
    expect(maip.patterns).toMatchObject([{ name: 'customer-order-volume', per: 'key', fingerprint: '4 within 10000' }]);
  });

  test('a pattern that changes has another fingerprint', () => {
    const pattern = (times: number) =>
      `maip: { patterns: [{ name: p, input: { kind: maip }, per: global, stages: [{ name: a, times: ${times} }], within: 1m,
        alert: { type: t, severity: low, description: d } }] }`;
    const [two, three] = [pattern(2), pattern(3)].map((text) => parse(text).maip.patterns.at(-1)?.fingerprint);
    expect(two).not.toBe(three);
  });
});

describe('what is wrong is named, with what to do (invariant 1)', () => {
  test.each([
    ['orders: { rules: { largOrder: {} } }', 'line 1, orders.rules.largOrder: is no member here; check the spelling'],
    [
      'orders:\n  rules:\n    orderSpike: { orders: 1 }',
      'line 3, orders.rules.orderSpike.orders: 1 is below 2; raise it',
    ],
    ['orders: { rules: { orderSpike: { orders: 300 } } }', 'orders.rules.orderSpike.orders: 300 is over 256; lower it'],
    ['orders: { rules: { orderSpike: { within: 1 hour } } }', '"1 hour": no span of time; write whole ms, or a text'],
    ['orders: { rules: { orderSpike: { within: 8d } } }', '"8d": a span outside 1 to 604800000 ms; change it'],
    ['orders: { rules: { largeOrder: { over: "$5" } } }', 'Cannot read "$5" as an amount: expected a decimal'],
    ['orders: { rules: { largeOrder: { over: -5 } } }', '-5: an amount below zero; raise it'],
    ['orders: { order: fast }', '"fast" is not known; set one of event-time, arrival'],
    [
      'orders: { rules: { largeOrder: { severity: bad } } }',
      '"bad" is not known; set one of low, medium, high, critical',
    ],
    ['orders: { rules: { largeOrder: { enabled: "no" } } }', '"no" is no true or false; correct it'],
    [
      'orders: { rules: { largeOrder: { severity: high, escalation: { medium: 5000 } } } }',
      'orders.rules.largeOrder.escalation.medium: is not above the rule\'s severity "high"; leave it out',
    ],
    [
      'orders: { rules: { orderSpike: { escalation: { high: 9, critical: 8 } } } }',
      'orders.rules.orderSpike.escalation.critical: is reached before what it escalates from; raise it',
    ],
    ['orders: { rules: { largeOrder: { over: 6000 } } }', 'largeOrder.escalation.high: is reached before what it'],
    ['maip: { unusualTransaction: { types: [] } }', 'maip.unusualTransaction.types: [] is empty; fill it'],
    ['maip: { patterns: [{ name: p }] }', 'Cannot use the pattern "rules.yaml, maip.patterns[0]": input'],
    ['orders: [', 'Cannot read the file of anomaly rules "rules.yaml": it is neither JSON nor YAML (line 1'],
  ])('%s', (text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  test('all at once', () => {
    const told = messageOf('orders: { order: fast, fold: soon }\nmaip: { patterns: 5 }');
    expect(told).toContain('Cannot use the file of anomaly rules "rules.yaml": line 1, orders.order');
    expect(told).toContain('orders.fold: "soon"');
    expect(told).toContain('line 2, maip.patterns: 5 is no list');
  });

  test('patterns that do not fit this service', () => {
    const pattern = (rest: string) =>
      messageOf(`maip: { patterns: [{ name: p, per: key, stages: [{ name: a }], within: 1m, ${rest} }] }`);
    const alert = 'alert: { type: t, severity: low, description: d }';
    expect(pattern(`input: { kind: order }, ${alert}`)).toContain('it is over "order" events; set input.kind to maip');
    expect(pattern('input: { kind: maip }')).toContain('it says nothing of a match; give it an alert');
    const named = `{ name: high-order-volume, per: key, stages: [{ name: a }], within: 1m, input: { kind: maip }, ${alert} }`;
    expect(messageOf(`maip: { patterns: [${named}] }`)).toContain(
      'Cannot use two patterns named "high-order-volume" (rules.yaml): rename maip.patterns[0]',
    );
  });
});
