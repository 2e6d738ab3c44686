/** Members of a mesh on a memory log, for the tests of membership and ownership. Time is the test's. */
import type { Log } from '../log/log.ts';
import { Membership, type MembershipTiming } from './membership.ts';
import type { MemberRecord } from './status.ts';

/** Heartbeats follow each other at once; everything else goes by the test's clock. */
export const TIMING: MembershipTiming = { heartbeatMs: 0, ttlMs: 4_000, missingMs: 1_500 };

export function memberRecord(instance: string, services: readonly string[] = ['sales']): MemberRecord {
  return {
    instance,
    kind: 'worker',
    services,
    pid: 1,
    runtime: 'node 24.0.0',
    startedAt: '2024-06-01T00:00:00Z',
    health: 'http://127.0.0.1:1',
    ready: true,
    alarms: [],
    rssBytes: 1,
  };
}

export interface TestClock {
  now: number;
}

export class TestMember implements AsyncDisposable {
  readonly membership: Membership;
  #rounds = 0;
  #waiting: { readonly at: number; resolve(): void }[] = [];

  constructor(log: Log, instance: string, clock: TestClock) {
    this.membership = new Membership(
      log,
      () => memberRecord(instance),
      TIMING,
      () => clock.now,
    );
  }

  start(onRound: () => void | Promise<void> = () => {}): Promise<void> {
    return this.membership.start(async () => {
      await onRound();
      this.#rounds++;
      this.#waiting = this.#waiting.filter(({ at, resolve }) => this.#rounds < at || void resolve());
    });
  }

  /** Resolves when two more heartbeats have gone by: one of them began after the call. */
  heartbeat(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ at: this.#rounds + 2, resolve }));
  }

  /** Instances that count as live, in order. */
  get view(): string[] {
    return this.membership
      .live()
      .map(({ instance }) => instance)
      .sort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.membership[Symbol.asyncDispose]();
  }
}
