/** Live streams on the memory log, for tests. */
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { keySubject } from '../../../shared/log/names.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { createMetrics } from '../../../shared/telemetry/metrics.ts';
import { WatchedLog } from '../../../shared/testing/watched-log.ts';
import { LiveStreams } from './live-streams.ts';
import { parseResumePoint } from './resume-point.ts';
import { type Filters, FILTER_NAMES, partsOf, SOURCES } from './result-types.ts';
import { SseReader } from './_sse.ts';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from './stream-settings.ts';

const PURGE = { 'KV-Operation': 'PURGE' };

export interface Asked {
  readonly types: readonly string[];
  readonly filters?: Filters;
  readonly after?: string;
  readonly from?: 'now' | 'start';
}

export class LiveTest implements AsyncDisposable {
  readonly memory: MemoryLog;
  readonly log: WatchedLog;
  readonly streams: LiveStreams;
  readonly metrics = createMetrics({ component: 'gateway', instance: 'gateway-1' });
  readonly lines: string[] = [];

  constructor(settings: Partial<StreamSettings> = {}, memory = new MemoryLog()) {
    this.memory = memory;
    this.log = new WatchedLog(memory.client());
    const logger = createLogger('gateway', 'debug', (line) => this.lines.push(line));
    const quick = { retryMs: 1, lifeCheckMs: 1, lingerMs: 0, heartbeatMs: 60_000 };
    this.streams = new LiveStreams({
      log: this.log,
      logger,
      metrics: this.metrics,
      settings: { ...DEFAULT_STREAM_SETTINGS, ...quick, ...settings },
    });
  }

  body({ types, filters = {}, after, from = 'now' }: Asked): ReadableStream<Uint8Array> {
    const names = FILTER_NAMES.filter((name) => filters[name] !== undefined);
    const resume = (after && parseResumePoint(after, SOURCES)) || new Map();
    return this.streams.open({ types, filters, parts: partsOf(types, names), resume, from });
  }

  open(asked: Asked): SseReader {
    return new SseReader(this.body(asked));
  }

  async put(bucket: string, key: string, value: unknown): Promise<void> {
    await this.log.append(keySubject(bucket, key), JSON.stringify(value));
  }

  async purge(bucket: string, key: string): Promise<void> {
    await this.log.append(keySubject(bucket, key), '', { headers: PURGE });
  }

  /** The value of one metric. */
  async metric(name: string): Promise<number> {
    const samples = await this.metrics.samples();
    return samples.filter((sample) => sample.name === `weir_${name}`).reduce((sum, { value }) => sum + value, 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.streams[Symbol.asyncDispose]();
  }
}

/** As it stands in bucket `rfm`; `frequency` tells versions apart. */
export function customer(id: string, frequency: number): Record<string, unknown> {
  return {
    customer_id: id,
    segment: 'VIP',
    recency_days: 3,
    frequency,
    monetary_value: '812.50',
    first_order: '2024-01-05T10:00:00Z',
    last_order: '2024-06-01T09:30:00Z',
    between: [1],
  };
}

export function member(user: string): Record<string, unknown> {
  return { user_id: user };
}

/** A condition that work in the background brings about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
