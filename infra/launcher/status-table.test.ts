import { describe, expect, it } from 'vitest';
import type { LauncherReport } from './control-protocol.ts';
import { readMeshSummary } from './mesh-summary.ts';
import { duration, statusText, table } from './status-table.ts';

const report: LauncherReport = {
  pid: 10,
  startedAt: '2026-01-01T00:00:00.000Z',
  dataDir: '/data',
  gatewayUrl: 'http://127.0.0.1:8080',
  servers: [
    { name: 'NATS', url: 'nats://me:secret@h:4222', version: '2.15.2', source: 'cache', pid: 11 },
    { name: 'Kafka', url: 'h:9092', version: 'unknown', source: 'environment KAFKA_BOOTSTRAP_SERVERS' },
  ],
  workers: [
    { name: 'rfm-1', state: 'ready', pid: 12, restarts: 0, uptimeMs: 65_000, reasons: [] },
    { name: 'rfm-2', state: 'waiting', restarts: 12, uptimeMs: 0, reasons: ['not running'] },
  ],
};

const status = {
  healthy: false,
  alarms: ['rfm p03 has no owner'],
  lag_records: 7,
  lag_seconds: 1.26,
  workers: [{ instance: 'rfm-1', partitions: 9, rss_bytes: 89 * 1_048_576 }],
  services: [{ service: 'rfm', lag_frames: 1, lag_seconds: 0, events: 42, late: 0 }],
  added: 'by a later version',
};

describe('statusText', () => {
  it('says all of it in columns, without secrets', () => {
    const text = statusText(report, readMeshSummary(status), Date.parse('2026-01-01T01:02:03Z'));
    expect(text).toBe(`Weir has run for 1h02m (pid 10), data in /data

server   url                       version  from                                 pid
NATS     nats://[redacted]@h:4222  2.15.2   cache                                 11
Kafka    h:9092                    unknown  environment KAFKA_BOOTSTRAP_SERVERS    -
Gateway  http://127.0.0.1:8080

worker  state    pid  restarts  uptime  memory  partitions  why not ready
rfm-1   ready     12         0  1m05s    89 MB           9
rfm-2   waiting    -        12  -            -           -  not running

service  events  lag frames  lag s  late  watermark
rfm          42           1    0.0     0          -

Mesh: alarms: rfm p03 has no owner; Kafka lag 7 records, 1.3 s`);
  });

  it('shows what sinks have brought to their stores', () => {
    const sink = { sink: 'sink-postgres', bucket: 'rfm', state: 'running', owner: 'sink-postgres-1', position: 9 };
    const counts = { written: 1200, deleted: 3, refused: 0, retries: 2, lag_entries: 7, lag_seconds: 0.24 };
    const text = statusText(report, readMeshSummary({ ...status, sinks: [{ ...sink, ...counts }] }), 0);
    expect(text).toContain(`
sink           bucket  state    written  deleted  refused  retries  lag entries  lag s
sink-postgres  rfm     running     1200        3        0        2            7    0.2

Mesh:`);
  });

  it('says when the gateway does not answer, or answers something else', () => {
    expect(statusText(report, undefined, 0)).toContain('The gateway does not answer.');
    expect(statusText(report, 'refused', 0)).toContain('The gateway wants a key: set WEIR_API_KEY');
    expect(readMeshSummary({ title: 'Service Unavailable' })).toBeUndefined();
  });
});

describe('table', () => {
  it('sets numbers to the right and text to the left, without blanks at the end', () => {
    const rows = [
      ['name', 'n'],
      ['a', '10'],
      ['bcdef', '9'],
    ];
    expect(table(rows)).toBe('name    n\na      10\nbcdef   9');
  });
});

describe('duration', () => {
  it('shows two units at most', () => {
    expect([-5, 0, 59_999, 60_000, 3_600_000, 90_000_000].map(duration)).toEqual([
      '0s',
      '0s',
      '59s',
      '1m00s',
      '1h00m',
      '1d01h',
    ]);
  });
});
