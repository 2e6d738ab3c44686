import { describe, expect, test } from 'vitest';
import { type Change, StateTable } from './state-table.ts';

/** What the image does with the changes of a stored commit. */
function accept(changes: readonly Change[]): void {
  for (const { slot, text } of changes) {
    slot.unflushed = text ?? null;
    slot.taken = false;
  }
}

/** What the image does when a slot's put is acked. */
function flush(changes: readonly Change[]): void {
  for (const { slot, text } of changes) {
    if (slot.unflushed === (text ?? null)) slot.unflushed = undefined;
    slot.table.flushed(slot);
  }
}

describe('a key has one slot at most', () => {
  test('when it is deleted and put again around a put in flight', () => {
    const table = new StateTable('customer', { kind: 'result' });
    table.put('42', { orders: 1 });
    const placed = table.takeChanges();
    accept(placed);
    table.delete('42');
    const deleted = table.takeChanges(); // its commit is in flight
    flush(placed); // the older put is acked meanwhile
    table.put('42', { orders: 2 });
    accept(deleted);
    flush(deleted);
    expect(table.get('42')).toEqual({ orders: 2 });
    expect(table.takeChanges().map(({ slot }) => slot)).toEqual([placed[0]?.slot]);
  });

  test('when it is released while its commit is in flight', () => {
    const table = new StateTable('hour', { kind: 'result' });
    table.put('1', { orders: 1 });
    const first = table.takeChanges();
    table.release('1');
    table.put('1', { orders: 2 });
    expect(table.takeChanges()[0]?.slot).toBe(first[0]?.slot);
  });

  test('when an output table forgets the oldest of very many', () => {
    const table = new StateTable('window', { kind: 'output' });
    for (let at = 0; at < 10_001; at++) table.put(String(at), at);
    const first = table.takeChanges();
    table.put('0', 'again');
    expect(table.takeChanges()[0]?.slot).toBe(first[0]?.slot);
  });
});

test('a deleted key is forgotten once KV has its marker', () => {
  const table = new StateTable('customer', { kind: 'result' });
  table.put('42', 1);
  const placed = table.takeChanges();
  accept(placed);
  flush(placed);
  table.delete('42');
  const deleted = table.takeChanges();
  accept(deleted);
  flush(deleted);
  table.put('42', 2);
  expect(table.takeChanges()[0]?.slot).not.toBe(placed[0]?.slot);
});
