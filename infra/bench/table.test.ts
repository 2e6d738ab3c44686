import { describe, expect, it } from 'vitest';
import { bestRuns } from './best-runs.ts';
import type { Result, ThroughputResult } from './result.ts';
import { judged, report, table } from './table.ts';

const MACHINE = {
  date: '2026-11-21',
  cores: 2,
  cpu: 'Some CPU',
  system: 'linux 6',
  node: 'v24.0.0',
  runtime: 'node',
  repeat: 1,
};

function path(workerUs: number): ThroughputResult {
  return {
    kind: 'throughput',
    row: 'path: bridge, sales',
    events: 500_000,
    seconds: 4,
    cpu: [
      { process: 'bridge', usPerEvent: workerUs },
      { process: 'sales', usPerEvent: 2 },
      { process: 'Kafka', usPerEvent: 90 },
    ],
    storage: [{ stream: 'EVENTS', bytesPerEvent: 63.4 }],
    putsPerEvent: 0.25,
    budget: { workers: ['bridge', 'sales'], usPerEvent: 10.5 },
  };
}

function unpadded(text: string): string {
  return text.replaceAll(/ +/g, ' ');
}

describe('table', () => {
  it('is aligned Markdown whose cells may hold a bar', () => {
    expect(table(['a', 'b'], [['1|2', '3']])).toBe('| a    | b   |\n| ---- | --- |\n| 1\\|2 | 3   |');
  });
});

describe('judged', () => {
  it('compares with the budget', () => {
    const show = (value: number) => value.toFixed(1);
    expect(judged(2.5, 2.5, show)).toBe('2.5 (ok, budget 2.5)');
    expect(judged(2.6, 2.5, show)).toBe('2.6 (OVER budget 2.5)');
    expect(judged(undefined, 2.5, show)).toBe('not available (budget 2.5)');
    expect(judged(Number.NaN, 2.5, show)).toBe('not available (budget 2.5)');
  });
});

describe('report', () => {
  it('holds the workers, not the servers, against the budget, and shows the peers beside the path', () => {
    const text = unpadded(report([path(8)], MACHINE));
    expect(text).toContain('| path: bridge, sales | 125,000 | bridge 8.0, sales 2.0 | Kafka 90.0 |');
    expect(text).toContain('10.0 (ok, budget 10.5) | EVENTS 63 | | 0.25 |');
    expect(text).toContain('PyFlink');
    expect(report([path(9)], MACHINE)).toContain('11.0 (OVER budget 10.5)');
  });

  it('says so where the system does not tell what a process used', () => {
    const { cpu: _, ...unknown } = path(8);
    expect(unpadded(report([unknown], MACHINE))).toContain('| not available | not available |');
  });

  it('has a table for each kind of row that was measured, and no other', () => {
    const others: Result[] = [
      {
        kind: 'latency',
        row: 'latency: bridge, rfm',
        perSecond: 1_000,
        events: 20_000,
        to: 'KV',
        budget: { p50: 10, p99: 50 },
        missing: 3,
        fromAckMs: { p50: 1.24, p99: 60, max: 200 },
        fromSendMs: { p50: 2, p99: 61, max: 202 },
      },
      {
        kind: 'latency',
        row: 'latency: bridge, rfm, sink-postgres',
        perSecond: 1_000,
        events: 20_000,
        to: 'PostgreSQL',
        budget: { p99: 1_000 },
        missing: 0,
        fromAckMs: { p50: 20, p99: 70, max: 100 },
        fromSendMs: { p50: 21, p99: 71, max: 101 },
      },
      { kind: 'query', row: 'alerts', rows: 1e6, latencyMs: { p50: 1.234, p99: 120, max: 130 }, budget: { p99: 100 } },
      { kind: 'recovery', row: 'recovery of 10 keys', keys: 10, failoverMs: 13_300, recoveryMs: 8_000 },
      { kind: 'memory', row: 'rfm', rssBytes: 80e6, privateBytes: 40e6, budgetBytes: 90e6 },
    ];
    const text = unpadded(report(others, MACHINE));
    expect(text).toContain('1.2 (ok, budget 10) | 60.0 (OVER budget 50) | 200.0 | 2.0 / 61.0 / 202.0 | 3 |');
    expect(text).toContain('| PostgreSQL | 20.0 | 70.0 (ok, budget 1000) | 100.0 |');
    expect(text).toContain('| alerts, 1,000,000 rows | 1.23 | 120.0 (OVER budget 100) | 130.0 |');
    expect(text).toContain('| recovery of 10 keys | 13.3 | 8.0 (ok, budget 10) |');
    expect(text).toContain('| rfm | 80 (ok, budget 90) | 40 |');
    expect(text).not.toContain('CPU-us/event');
  });
});

describe('bestRuns', () => {
  it('keeps the cheapest run of each row, in order', () => {
    const memory: Result = { kind: 'memory', row: path(8).row, rssBytes: 1, budgetBytes: 2 };
    expect(bestRuns([path(9), memory, path(8), path(10)])).toEqual([path(8), memory]);
  });

  it('shows reads with what they cost, and judges their slowest hundredth', () => {
    const reads: Result = {
      kind: 'reads',
      row: "a customer's RFM values",
      perSecond: 5_000,
      readsPerSecond: 4_999.6,
      latencyMs: { p50: 1.234, p99: 21.5, max: 40 },
      budget: { p99: 20 },
      keys: 1_000_000,
      eventsPerSecond: 10_001,
      answerBytes: 732.4,
      cpu: [{ process: 'gateway', usPerEvent: 101.26 }],
      rssBytes: 200e6,
    };
    expect(unpadded(report([reads], MACHINE))).toContain(
      "| a customer's RFM values, 1,000,000 keys | 5,000 | 1.23 | 21.5 (OVER budget 20) | 40.0 | gateway 101.3 | 200 | 732 | 10,001 | not available |",
    );
    const quicker = { ...reads, latencyMs: { p50: 1, p99: 5, max: 9 } };
    expect(bestRuns([reads, quicker])).toEqual([quicker]);
  });
});
