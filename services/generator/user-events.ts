/**
 * Believable user events: purchases ($10 to $510), views (5 to 305 s) and installs, each to its topic, by users
 * user_001 to user_100 in turn. They arrive out of order by up to 10 s.
 */
import { type DemoRecord, type DemoSource, pick } from './demo-record.ts';
import { mulberry32 } from './orders.ts';

const USERS = 100;
const EVENTS_A_SESSION = 5;
const MAX_DISORDER_MS = 10_000;

type EventType = 'purchase' | 'view' | 'install';

const KINDS: readonly (readonly [{ readonly topic: string; readonly eventType: EventType }, weight: number])[] = [
  [{ topic: 'order_events', eventType: 'purchase' }, 25],
  [{ topic: 'activity_events', eventType: 'view' }, 65],
  [{ topic: 'install_events', eventType: 'install' }, 10],
];

export class UserEventSource implements DemoSource {
  readonly topics = KINDS.map(([{ topic }]) => topic);
  readonly #random: () => number;
  readonly #firstId: number;
  #made = 0;

  constructor(seed: number, firstId: number) {
    this.#random = mulberry32(seed);
    this.#firstId = firstId;
  }

  next(nowMs: number): DemoRecord {
    const { topic, eventType } = pick(KINDS, this.#random());
    const user = this.#made % USERS;
    const session = this.#firstId + Math.floor(this.#made / USERS / EVENTS_A_SESSION);
    this.#made++;
    const userId = `user_${String(user + 1).padStart(3, '0')}`;
    const value = {
      userId,
      eventType,
      timestamp: nowMs - Math.floor(this.#random() * MAX_DISORDER_MS),
      ...this.#what(eventType),
      sessionId: `s-${session}-${user + 1}`,
    };
    return { topic, key: userId, value };
  }

  #what(eventType: EventType): { value: number; metadata: Readonly<Record<string, unknown>> } {
    switch (eventType) {
      case 'purchase':
        return {
          value: (1_000 + Math.floor(this.#random() * 50_000)) / 100,
          metadata: { category: this.#pick(CATEGORIES), paymentMethod: this.#pick(PAYMENTS) },
        };
      case 'view':
        return {
          value: 5 + Math.floor(this.#random() * 301),
          metadata: { page: this.#pick(PAGES), referrer: this.#pick(REFERRERS), device: this.#pick(DEVICES) },
        };
      case 'install':
        return {
          value: 1,
          metadata: { version: this.#pick(VERSIONS), platform: this.#pick(PLATFORMS), source: this.#pick(SOURCES) },
        };
      default:
        return eventType satisfies never;
    }
  }

  #pick(choices: readonly string[]): string {
    return pick(
      choices.map((choice) => [choice, 1] as const),
      this.#random(),
    );
  }
}

const CATEGORIES = ['electronics', 'books', 'clothing', 'home', 'sports'];
const PAYMENTS = ['card', 'paypal', 'transfer', 'wallet'];
const PAGES = ['/home', '/search', '/product', '/cart', '/account'];
const REFERRERS = ['direct', 'search', 'social', 'email'];
const DEVICES = ['desktop', 'mobile', 'tablet'];
const VERSIONS = ['1.9.4', '2.0.0', '2.1.0'];
const PLATFORMS = ['ios', 'android', 'web'];
const SOURCES = ['store', 'link', 'campaign'];
