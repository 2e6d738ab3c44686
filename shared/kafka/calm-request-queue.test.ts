/** kafkajs's queue by itself: that of the version in use, for the path to it is no promise of kafkajs. */
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { calmRequestQueue } from './calm-request-queue.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');

it('sets no timer while nothing waits', () => {
  const queue = calmQueue();
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
});

it('sends what had to wait for a broker that throttles', async () => {
  const queue = calmQueue();
  queue.maybeThrottle(20);
  await new Promise<void>((resolve, reject) => {
    const entry = { correlationId: 1, resolve() {}, reject };
    queue.push({ entry, expectResponse: false, sendRequest: resolve });
    expect(queue.pending).toHaveLength(1);
  });
  expect(queue.pending).toHaveLength(0);
  queue.destroy();
});

function calmQueue() {
  calmRequestQueue();
  const logger = { debug() {} };
  return new RequestQueue({ logger, requestTimeout: 1_000, enforceRequestTimeout: true, maxInFlightRequests: null });
}
