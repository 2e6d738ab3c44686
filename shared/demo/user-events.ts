/**
 * Believable user events: purchases ($10 to $510), views (5 to 305 s) and installs, each to its topic, by users
 * user_001 to user_100 in turn. They arrive out of order by up to 10 s.
 *
 * With waves, six minutes of much buying and six of hardly any follow each other by the wall clock, so that segments of
 * buyers fill, and empty when the trailing five minutes are past the buying.
 */
import type { DemoRecord, DemoSource } from './demo-record.ts';
import { mulberry32, pick, pickEvenly } from './random.ts';

const USERS = 100;
const EVENTS_A_SESSION = 5;
const MAX_DISORDER_MS = 10_000;
export const WAVE_MS = 360_000;

export const USER_EVENT_TOPICS = ['order_events', 'activity_events', 'install_events'] as const;
export type UserEventTopic = (typeof USER_EVENT_TOPICS)[number];

type Weights = readonly (readonly [topic: UserEventTopic, weight: number])[];
const STEADY = weights(25, 65, 10);
const BUYING = weights(50, 45, 5);
const LOOKING = weights(2, 93, 5);

export interface UserEventSourceOptions {
  readonly waves?: boolean;
  /** Only events of this topic. */
  readonly only?: UserEventTopic | undefined;
  /** Users are `<prefix>_001` to `<prefix>_100`. */
  readonly userPrefix?: string;
  /** By how much events are behind the time they are asked at, ms. */
  readonly disorderMs?: number;
}

export class UserEventSource implements DemoSource {
  readonly topics = USER_EVENT_TOPICS;
  readonly #random: () => number;
  readonly #firstId: number;
  readonly #waves: boolean;
  readonly #only: UserEventTopic | undefined;
  readonly #userPrefix: string;
  readonly #disorderMs: number;
  #made = 0;

  constructor(
    seed: number,
    firstId: number,
    { waves = false, only, userPrefix = 'user', disorderMs = MAX_DISORDER_MS }: UserEventSourceOptions = {},
  ) {
    this.#random = mulberry32(seed);
    this.#firstId = firstId;
    this.#waves = waves;
    this.#only = only;
    this.#userPrefix = userPrefix;
    this.#disorderMs = disorderMs;
  }

  next(nowMs: number): DemoRecord {
    const topic = this.#only ?? pick(this.#weights(nowMs), this.#random());
    const user = this.#made % USERS;
    const session = this.#firstId + Math.floor(this.#made / USERS / EVENTS_A_SESSION);
    this.#made++;
    const userId = userName(this.#userPrefix, user);
    const value = {
      userId,
      ...this.#what(topic),
      timestamp: nowMs - Math.floor(this.#random() * this.#disorderMs),
      sessionId: `s-${session}-${user + 1}`,
    };
    return { topic, key: userId, value };
  }

  #weights(nowMs: number): Weights {
    if (!this.#waves) return STEADY;
    return Math.floor(nowMs / WAVE_MS) % 2 === 0 ? BUYING : LOOKING;
  }

  #what(topic: UserEventTopic): { eventType: string; value: number; metadata: Readonly<Record<string, unknown>> } {
    switch (topic) {
      case 'order_events':
        return {
          eventType: 'purchase',
          value: (1_000 + Math.floor(this.#random() * 50_001)) / 100,
          metadata: { category: this.#pick(CATEGORIES), paymentMethod: this.#pick(PAYMENTS) },
        };
      case 'activity_events':
        return {
          eventType: 'view',
          value: 5 + Math.floor(this.#random() * 301),
          metadata: { page: this.#pick(PAGES), referrer: this.#pick(REFERRERS), device: this.#pick(DEVICES) },
        };
      case 'install_events':
        return {
          eventType: 'install',
          value: 1,
          metadata: { version: this.#pick(VERSIONS), platform: this.#pick(PLATFORMS), source: this.#pick(SOURCES) },
        };
      default:
        return topic satisfies never;
    }
  }

  #pick(choices: readonly string[]): string {
    return pickEvenly(choices, this.#random());
  }
}

/** The user of that turn, from 0 on: `user_001`, ... `user_100`, `user_001`. */
export function userName(prefix: string, turn: number): string {
  return `${prefix}_${String((turn % USERS) + 1).padStart(3, '0')}`;
}

function weights(orders: number, activity: number, installs: number): Weights {
  return [
    ['order_events', orders],
    ['activity_events', activity],
    ['install_events', installs],
  ];
}

const CATEGORIES = ['electronics', 'books', 'clothing', 'home', 'sports'];
const PAYMENTS = ['card', 'paypal', 'transfer', 'wallet'];
const PAGES = ['/home', '/search', '/product', '/cart', '/account'];
const REFERRERS = ['direct', 'search', 'social', 'email'];
const DEVICES = ['desktop', 'mobile', 'tablet'];
const VERSIONS = ['1.9.4', '2.0.0', '2.1.0'];
const PLATFORMS = ['ios', 'android', 'web'];
const SOURCES = ['store', 'link', 'campaign'];
