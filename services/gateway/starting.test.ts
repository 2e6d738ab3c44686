import { describe, expect, it } from 'vitest';
import { createStarting } from './starting.ts';

describe('before NATS was reached', () => {
  it('is alive, not ready, and says why about everything else', async () => {
    const app = createStarting();
    expect((await app.request('/livez')).status).toBe(200);
    expect((await app.request('/readyz')).status).toBe(503);
    const data = await app.request('/api/v1/sales/windows');
    expect([data.status, data.headers.get('content-type'), data.headers.get('retry-after')]).toEqual([
      503,
      'application/problem+json',
      '2',
    ]);
    expect(await data.json()).toMatchObject({ code: 'unavailable', request_id: data.headers.get('x-request-id') });
  });
});
