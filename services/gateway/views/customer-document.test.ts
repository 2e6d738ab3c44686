import { describe, expect, it } from 'vitest';
import { LogUnavailableError } from '../../../shared/log/log.ts';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { createLogger } from '../../../shared/telemetry/logger.ts';
import { WatchedLog } from '../../../shared/testing/watched-log.ts';
import { NOON, openFixture, putCustomer } from '../_fixture.ts';
import { fillServices, logWithout, MINUTE_MS, ownPartition, putActivity, putAlert, storesOf } from '../_services.ts';
import { CUSTOMER_PARTS, type CustomerPart } from '../schemas/customers.ts';
import { readCustomer } from './customer-document.ts';

const logger = createLogger('gateway', 'error', () => {});
const USER = { user_id: '42', segments: {}, updated: '2024-06-01T12:00:00Z' };

async function filled(): Promise<WatchedLog> {
  const log = new WatchedLog(new MemoryLog().client());
  const stores = storesOf(log);
  await putCustomer(stores, '42');
  await putAlert(stores, '42', 'large_order', NOON - 9 * MINUTE_MS);
  await putAlert(stores, '42', 'order_spike', NOON);
  await putAlert(stores, '421', 'order_spike', NOON);
  await putActivity(stores, '42', NOON);
  await stores.put('segments', `${ownPartition('42')}.user.42`, USER);
  return log;
}

const read = (log: WatchedLog, parts: readonly CustomerPart[] = CUSTOMER_PARTS) =>
  readCustomer({ log, logger, id: '42', parts, patienceMs: 50 });

describe('the document of a customer', () => {
  it('joins all services', async () => {
    const { document, isKnown } = await read(await filled());
    expect(isKnown).toBe(true);
    expect(document).toMatchObject({
      customer_id: '42',
      rfm: { segment: 'VIP' },
      recent_hours: [{ window_start: '2024-06-01T12:00:00Z' }, { window_start: '2024-06-01T10:00:00Z' }],
      alerts: [{ anomaly_type: 'order_spike' }, { anomaly_type: 'large_order' }],
      segments: { user_id: '42' },
      activity: [{ total_events: 2 }],
      missing: [],
    });
    expect(document.alerts).toHaveLength(2);
    expect(JSON.stringify(document)).not.toMatch(/"(occurrences|times|between)"/); // the services' own
  });

  it('reads no part that is not asked for', async () => {
    const log = await filled();
    const before = log.calls.length;
    const { document } = await read(log, ['rfm']);
    expect(Object.keys(document)).toEqual(['customer_id', 'rfm', 'missing']);
    expect(log.calls.slice(before).map(({ kind }) => kind)).toEqual(['last']);
  });

  it('shows all others when a part does not answer, and says which', async () => {
    const log = await filled();
    const never = new Promise<never>(() => {});
    log.before = ({ of }) => (of.includes('segments') ? never : undefined);
    const { document, unknown } = await read(log);
    expect(document).toMatchObject({
      rfm: {},
      recent_hours: [{}, {}],
      alerts: [{}, {}],
      segments: null,
      activity: [{}],
    });
    expect(document.missing).toEqual([
      { part: 'segments', reason: 'The store "segments" did not answer within 50 ms' },
    ]);
    expect(unknown).toEqual(document.missing);
  });

  it('shows all others when a store is away, or holds what nobody can read', async () => {
    const log = await filled();
    await storesOf(log).put('activity', `${ownPartition('42')}.window.5m.42.20240601T000000Z`, 'nonsense');
    log.before = ({ of }) => {
      if (of.includes('KV_sales')) throw new LogUnavailableError('away');
    };
    const { document } = await read(log);
    expect(document.missing).toEqual([
      { part: 'recent_hours', reason: expect.stringContaining('NATS does not answer') },
      { part: 'activity', reason: expect.stringContaining('not as expected') },
    ]);
    expect(document).toMatchObject({ rfm: {}, alerts: [{}, {}], recent_hours: null, activity: null });
  });

  it('is not found when nothing is known, and unavailable when that cannot be told', async () => {
    await using fixture = await openFixture();
    await fillServices(fixture);
    expect((await fixture.get('/api/v1/customers/nobody')).status).toBe(404);
    await using without = await openFixture(logWithout(fixture.log, ['rfm']));
    expect((await without.get('/api/v1/customers/nobody')).status).toBe(503);
    expect((await without.get('/api/v1/customers/cust-7?parts=activity')).status).toBe(200);
    expect((await without.get('/api/v1/customers/42?parts=activity,nonsense')).status).toBe(400);
  });

  it('knows alerts while one of the two services that raise them was never started', async () => {
    const log = await filled();
    const parts = ['alerts'] as const;
    const some = await readCustomer({ log: logWithout(log, ['anomaly-maip']), logger, id: '42', parts });
    expect(some.document).toMatchObject({ alerts: [{}, {}], missing: [] });
    const none = await readCustomer({ log: logWithout(log, ['anomaly', 'anomaly-maip']), logger, id: '42', parts });
    expect(none.document).toMatchObject({ alerts: null, missing: [{ part: 'alerts' }] });
  });
});
