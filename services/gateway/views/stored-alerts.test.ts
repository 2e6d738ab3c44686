import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlertLog } from '../../../shared/alerts/alert-log.ts';
import type { Alert, AlertSubject } from '../../../shared/alerts/alert.ts';
import { MapTable } from '../../../shared/event-time/map-table.ts';
import { ALL } from '../../../shared/events/partition.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { NOON } from '../_fixture.ts';
import { logWithout, ownPartition, purge, storesOf } from '../_services.ts';
import { alertKeys, findAlert } from './stored-alerts.ts';

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((id) => id.isWellFormed()),
  fc.constantFrom('a-b', '--', '-', '20240601T100000Z', 'a-20240601T100000Z-b', '', 'a.b'),
);
const subject: fc.Arbitrary<AlertSubject> = fc.oneof(
  fc.record({ kind: fc.constant('customer' as const), id: text }),
  fc.record({ kind: fc.constant('region' as const), id: text }),
  fc.constant({ kind: 'stream' as const }),
);

describe('findAlert', () => {
  it('finds every alert by its id, whatever it is about (invariant 1)', async () => {
    const alert = fc.record({ subject, type: text, id: text, foldMs: fc.constantFrom(0, 3_600_000) });
    await fc.assert(
      fc.asyncProperty(alert, async ({ subject: about, type, id, foldMs }) => {
        const table = new MapTable<Alert>();
        const occurrence = { severity: 'low' as const, at: NOON + 1, id, description: 'x', details: {} };
        new AlertLog(table, foldMs).raise({ type, subject: about, ...occurrence });
        const [[key, raised] = []] = [...table.entries()];
        const partition = about.kind === 'customer' ? ownPartition(about.id) : ALL;
        const bucket = about.kind === 'region' ? 'region-health' : 'anomaly-maip';
        const log = new MemoryLog().client();
        await storesOf(log).put(bucket, `${partition}.alert.${key}`, raised);
        const { occurrences: _, ...shown } = raised ?? { occurrences: [] };
        expect(await findAlert(log, raised?.alert_id ?? '')).toEqual(shown);
      }),
    );
  });

  it('finds nothing by another id, nor what was deleted', async () => {
    const log = new MemoryLog().client();
    const key = `${ownPartition('42')}.alert.42.a-b.20240601T100000Z`;
    const stored = { anomaly_type: 'a-b', severity: 'low', description: '', count: 1, details: {} };
    const time = '2024-06-01T10:00:00Z';
    const alert = { ...stored, timestamp: time, first: time, last: time, alert_id: '42-a-b-20240601T100000Z' };
    await storesOf(log).put('anomaly', key, alert);
    expect(await findAlert(log, '42-a-b-20240601T100000Z')).toMatchObject({ count: 1 });
    for (const id of ['42-a.b-20240601T100000Z', '42-a-20240601T100000Z', '42-*-20240601T100000Z', '>', '42'])
      expect([id, await findAlert(log, id)]).toEqual([id, undefined]);
    await purge(log, 'anomaly', key);
    expect(await findAlert(log, '42-a-b-20240601T100000Z')).toBeUndefined();
  });

  it('looks in the buckets that there are, and says when there is none', async () => {
    const id = '42-x-20240601T100000Z';
    const base = new MemoryLog().client();
    expect(await findAlert(logWithout(base, ['anomaly', 'region-health']), id)).toBeUndefined();
    const none = logWithout(base, ['anomaly', 'anomaly-maip', 'region-health']);
    await expect(findAlert(none, id)).rejects.toThrow('neither anomaly nor region-health');
  });
});

it('reads few keys of any id (invariant 2)', () => {
  expect(alertKeys('42-order_spike-20240601T100000Z')).toEqual([
    `${ownPartition('42')}.alert.42.order_spike.20240601T100000Z`,
    'all.alert.42.order_spike.20240601T100000Z',
  ]);
  for (const id of [`${'a-'.repeat(240)}20240601T100000Z`, '-20240601T100000Z'.repeat(30), '-'.repeat(512)])
    expect(alertKeys(id).length).toBeLessThanOrEqual(202);
});
