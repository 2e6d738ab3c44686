import { describe, expect, it } from 'vitest';
import { type OrderRow, OrderSource } from './orders.ts';

const START_MS = Date.UTC(2026, 0, 1);

function changes(seed: number, count = 3_000) {
  const source = new OrderSource(seed, 100);
  return Array.from({ length: count }, (_, n) => source.next(START_MS + n * 100));
}

describe('demo orders', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(changes(1)).toEqual(changes(1));
    expect(changes(1)).not.toEqual(changes(2));
  });

  it('are a history that a table could have: every before is the row as it was', () => {
    const table = new Map<number, OrderRow>();
    for (const { orderId, envelope } of changes(3)) {
      const { before, after, op } = envelope;
      expect(before ?? undefined).toEqual(table.get(orderId));
      if (after) table.set(orderId, after);
      else table.delete(orderId);
      expect(op).toBe(before === null ? 'c' : after === null ? 'd' : 'u');
    }
  });

  it('are mostly creates, some updates, few deletes', () => {
    const ops = changes(4).map(({ envelope }) => envelope.op);
    const share = (op: string) => ops.filter((one) => one === op).length / ops.length;
    expect(share('c')).toBeGreaterThan(0.7);
    expect(share('u')).toBeGreaterThan(0.15);
    expect(share('d')).toBeGreaterThan(0.01);
    expect(share('d')).toBeLessThan(0.06);
  });

  it('have amounts of two digits, and times of the clock they are given', () => {
    for (const { envelope } of changes(5))
      if (envelope.op === 'c') {
        expect(envelope.after?.total_amount).toMatch(/^\d+\.\d\d$/);
        expect(Math.floor((envelope.after?.order_date ?? 0) / 1000)).toBe(envelope.ts_ms);
      }
  });
});
