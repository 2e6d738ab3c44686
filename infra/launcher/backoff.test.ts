import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('waits twice as long each time, up to half a minute', () => {
  expect([1, 2, 3, 7, 100].map(backoffMs)).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
});
