import { describe, expect, it } from 'vitest';
import type { Log, ReadOptions, StoredMessage } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { HOUR_MS, hourlySales, NOON, salesWindow } from '../_fixture.ts';
import { SalesView } from './sales-view.ts';

const FINAL = { limit: 100, final: true };
const logger = createLogger('view', 'debug', () => {});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function windowKey(hour: number): string {
  return `$KV.sales.all.window.1h.20240601T${String(hour).padStart(2, '0')}0000Z`;
}

function put(log: Log, hour: number, headers: Record<string, string> = {}): Promise<unknown> {
  const start = NOON + (hour - 12) * HOUR_MS;
  return log.append(windowKey(hour), JSON.stringify(salesWindow(start)), { headers });
}

function starts(view: SalesView): string[] {
  return view.windows(FINAL).items.map(({ window_start }) => window_start.slice(11, 13));
}

describe('SalesView', () => {
  it('follows what is stored and what comes: new values, changes and deletions (invariant 1)', async () => {
    const log = new MemoryLog().client();
    await put(log, 10);
    await put(log, 11);
    await using view = new SalesView({ log, logger });
    expect(view.state).toBe('waiting');
    await until(() => view.state === 'current');
    expect(starts(view)).toEqual(['11', '10']);
    await put(log, 12);
    await log.append(windowKey(11), '', { headers: { 'KV-Operation': 'PURGE' } });
    await log.append(windowKey(10), '', { headers: { 'Nats-Marker-Reason': 'MaxAge' } });
    await until(() => starts(view).join() === '12');
  });

  it('leaves out what has expired, for the server tells nobody (invariant 1)', async () => {
    const log = new MemoryLog().client();
    await put(log, 10, { 'Nats-TTL': '60s' });
    await put(log, 11);
    let now = 59_999;
    await using view = new SalesView({ log, logger, now: () => now });
    await until(() => view.state === 'current');
    expect(starts(view)).toEqual(['11', '10']);
    now = 60_000; // the memory log stores everything at time 0
    expect(starts(view)).toEqual(['11']);
  });

  it('keeps windows and hours apart, each up to the capacity (invariant 1)', async () => {
    const log = new MemoryLog().client();
    for (const hour of [8, 9, 10, 11]) await put(log, hour);
    await log.append('$KV.sales.all.hourly.20240601T120000Z', JSON.stringify(hourlySales(NOON)));
    await log.append('$KV.sales.p00.window.1h.20240601T120000Z', JSON.stringify(salesWindow(NOON)));
    await using view = new SalesView({ log, logger, capacity: 2 });
    await until(() => view.hourly(FINAL).items.length === 1);
    expect(starts(view)).toEqual(['11', '10']);
  });

  it('starts again when the bucket is not there yet (invariant 1 of bucket-reader.ts)', async () => {
    const memory = new MemoryLog().client();
    await put(memory, 10);
    let attempts = 0;
    const log: Log = Object.create(memory, {
      read: {
        value(options: ReadOptions): AsyncIterable<StoredMessage> {
          if (attempts++ === 0) throw new Error('stream not found');
          return memory.read(options);
        },
      },
    });
    await using view = new SalesView({ log, logger, retryMs: 1 });
    await until(() => view.state === 'current');
    expect([attempts, starts(view)]).toEqual([2, ['10']]);
  });

  it('forgets what was deleted while its reader was broken (invariant 1 of bucket-reader.ts)', async () => {
    const memory = new MemoryLog();
    const log = memory.client();
    await put(log, 10);
    await put(log, 11);
    const broken = new AbortController();
    let first = true;
    const flaky: Log = Object.create(log, {
      read: {
        async *value(options: ReadOptions): AsyncIterable<StoredMessage> {
          const signal = first ? AbortSignal.any([options.signal, broken.signal]) : options.signal;
          first = false;
          yield* log.read({ ...options, signal });
        },
      },
    });
    await using view = new SalesView({ log: flaky, logger, retryMs: 1 });
    await until(() => starts(view).length === 2);
    memory.purge('KV_sales', windowKey(10), Number.MAX_SAFE_INTEGER); // as an expiry: no marker
    broken.abort();
    await until(() => starts(view).join() === '11');
  });

  it('leaves out and reports a value that is not as expected (invariant 2)', async () => {
    const lines: string[] = [];
    const log = new MemoryLog().client();
    await log.append(windowKey(9), '{"revenue": 12.5}');
    await log.append(windowKey(10), 'not json');
    await put(log, 11);
    await using view = new SalesView({ log, logger: createLogger('view', 'info', (line) => lines.push(line)) });
    await until(() => view.state === 'current');
    expect(starts(view)).toEqual(['11']);
    expect(lines.filter((line) => line.includes('WARN'))).toHaveLength(2);
  });
});
