/**
 * Feeds order changes to wherever they go, at a steady rate; while that is away it says so and tries again.
 * It does not know where they go (kafka-orders.ts, postgres-orders.ts), nor what they are (shared/demo/orders.ts).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderChange, OrderSource } from '../../shared/demo/orders.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Pace } from './pace.ts';

export interface OrderTarget {
  /** For people, for example `Kafka`. */
  readonly name: string;
  /** Ready to take orders; what it holds is released when it is disposed. */
  open(): Promise<OpenTarget>;
  /** What an error of open() or write() means. */
  explain(error: unknown): string;
}

export interface OpenTarget extends AsyncDisposable {
  write(changes: readonly OrderChange[]): Promise<void>;
}

export interface OrderFeedOptions {
  readonly target: OrderTarget;
  readonly source: OrderSource;
  /** Changes a second. */
  readonly rate: number;
  readonly startMs?: number;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  onWritten(count: number): void;
  /** undefined: there is none. */
  onProblem(problem: string | undefined): void;
}

const RETRY_MS = 2_000;

/** Resolves when the signal aborts. */
export async function feedOrders(options: OrderFeedOptions): Promise<void> {
  const { target, source, rate, startMs, logger, stop, onWritten, onProblem } = options;
  const pace = new Pace({ rate, startMs });
  while (!stop.aborted) {
    try {
      await using open = await target.open();
      onProblem(undefined);
      for await (const times of pace.due(stop)) {
        await open.write(times.map((nowMs) => source.next(nowMs)));
        onWritten(times.length);
      }
    } catch (error) {
      const problem = `${target.name} does not take orders: ${target.explain(error)}`;
      onProblem(problem);
      logger.warn(problem);
      await delay(RETRY_MS, undefined, { signal: stop }).catch(() => {});
    }
  }
}
