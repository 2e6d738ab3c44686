import { describe, expect, it } from 'vitest';
import { SettingError } from '../../shared/config/environment.ts';
import { readDemoSettings } from './demo-settings.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('settings of the demo', () => {
  it('have defaults', () => {
    expect(readDemoSettings({}, NOW)).toEqual({
      seed: 1,
      startMs: NOW,
      customers: 50_000,
      bursts: true,
      flaws: { late: 0.01, duplicate: 0.005, malformed: 0.002 },
      rates: { changes: 10, plainOrders: 1, downloads: 5, events: 4 },
    });
  });

  it('can all be set', () => {
    const settings = readDemoSettings(
      {
        WEIR_DEMO_SEED: '7',
        WEIR_DEMO_START: '2025-12-31T00:00:00Z',
        WEIR_DEMO_CUSTOMERS: '9',
        WEIR_DEMO_BURSTS: 'False',
        WEIR_DEMO_LATE: '0.1',
        WEIR_DEMO_DUPLICATES: '0.2',
        WEIR_DEMO_MALFORMED: '0',
        WEIR_DEMO_RATE: '0.5',
        WEIR_DEMO_PLAIN_ORDERS_RATE: '2',
        WEIR_DEMO_DOWNLOADS_RATE: '3',
        WEIR_DEMO_EVENTS_RATE: '0',
      },
      NOW,
    );
    expect(settings).toEqual({
      seed: 7,
      startMs: NOW - 86_400_000,
      customers: 9,
      bursts: false,
      flaws: { late: 0.1, duplicate: 0.2, malformed: 0 },
      rates: { changes: 0.5, plainOrders: 2, downloads: 3, events: 0 },
    });
  });

  it('take ms for the start, more customers where there are more orders, and no plain orders beside real tables', () => {
    expect(readDemoSettings({ WEIR_DEMO_START: '1000' }, NOW).startMs).toBe(1_000);
    expect(readDemoSettings({ WEIR_DEMO_RATE: '100' }, NOW).customers).toBe(500_000);
    expect(readDemoSettings({ WEIR_DEMO_RATE: '0' }, NOW).customers).toBe(500);
    expect(readDemoSettings({ WEIR_DEMO_DATABASE_URL: 'postgres://u@h/d' }, NOW).rates.plainOrders).toBe(0);
  });

  for (const [env, message] of [
    [{ WEIR_DEMO_RATE: 'fast' }, 'Cannot use WEIR_DEMO_RATE="fast": expected a number, 0 or more'],
    [{ WEIR_DEMO_LATE: '-1' }, 'WEIR_DEMO_LATE="-1"'],
    [{ WEIR_DEMO_LATE: '0.9', WEIR_DEMO_DUPLICATES: '0.2' }, '1 or less together'],
    [{ WEIR_DEMO_START: 'soon' }, 'WEIR_DEMO_START="soon"'],
    [{ WEIR_DEMO_BURSTS: 'some' }, 'WEIR_DEMO_BURSTS="some": expected true or false'],
  ] as const)
    it(`refuse ${JSON.stringify(env)}`, () => {
      expect(() => readDemoSettings(env, NOW)).toThrow(SettingError);
      expect(() => readDemoSettings(env, NOW)).toThrow(message);
    });
});
