/** The demo's settings, from the environment. Pure but for the default start, which is now. */
import { type Environment, SettingError, textSetting } from '../../shared/config/environment.ts';
import type { FlawShares } from '../../shared/demo/flaws.ts';

export interface DemoSettings {
  readonly seed: number;
  /** The time of the first records, ms since the epoch. */
  readonly startMs: number;
  /** Of the shop; more of them where there are more orders, so that most do not order twice in five minutes. */
  readonly customers: number;
  readonly bursts: boolean;
  readonly flaws: FlawShares;
  /** A second. */
  readonly rates: {
    readonly changes: number;
    readonly plainOrders: number;
    readonly downloads: number;
    readonly events: number;
  };
}

const CUSTOMERS_PER_RATE = 5_000;
const FEWEST_CUSTOMERS = 500;

export function readDemoSettings(env: Environment, nowMs: number): DemoSettings {
  const changes = amount(env, 'WEIR_DEMO_RATE', 10);
  // With real tables all orders are theirs, so that answers can be compared with what SQL says.
  const plainOrders = textSetting(env, 'WEIR_DEMO_DATABASE_URL') === undefined ? 1 : 0;
  return {
    seed: amount(env, 'WEIR_DEMO_SEED', 1),
    startMs: start(env, nowMs),
    customers: Math.ceil(amount(env, 'WEIR_DEMO_CUSTOMERS', Math.max(CUSTOMERS_PER_RATE * changes, FEWEST_CUSTOMERS))),
    bursts: onOrOff(env, 'WEIR_DEMO_BURSTS'),
    flaws: flaws(env),
    rates: {
      changes,
      plainOrders: amount(env, 'WEIR_DEMO_PLAIN_ORDERS_RATE', plainOrders),
      downloads: amount(env, 'WEIR_DEMO_DOWNLOADS_RATE', 5),
      events: amount(env, 'WEIR_DEMO_EVENTS_RATE', 4),
    },
  };
}

function flaws(env: Environment): FlawShares {
  const late = amount(env, 'WEIR_DEMO_LATE', 0.01);
  const duplicate = amount(env, 'WEIR_DEMO_DUPLICATES', 0.005);
  const malformed = amount(env, 'WEIR_DEMO_MALFORMED', 0.002);
  if (late + duplicate + malformed <= 1) return { late, duplicate, malformed };
  throw new SettingError(
    `Cannot use WEIR_DEMO_LATE="${late}", WEIR_DEMO_DUPLICATES="${duplicate}" and WEIR_DEMO_MALFORMED="${malformed}": ` +
      'expected shares that are 1 or less together, as in 0.01',
  );
}

function start(env: Environment, nowMs: number): number {
  const text = textSetting(env, 'WEIR_DEMO_START');
  const startMs = text === undefined ? nowMs : /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(startMs)) return startMs;
  throw new SettingError(
    `Cannot use WEIR_DEMO_START="${text}": expected a time as ISO 8601 or ms since 1970, as in 2026-01-01T00:00:00Z`,
  );
}

function onOrOff(env: Environment, name: string): boolean {
  const text = textSetting(env, name)?.toLowerCase() ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new SettingError(`Cannot use ${name}="${text}": expected true or false`);
}

function amount(env: Environment, name: string, fallback: number): number {
  const text = textSetting(env, name) ?? String(fallback);
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new SettingError(`Cannot use ${name}="${text}": expected a number, 0 or more`);
}
