import { describe, expect, test } from 'vitest';
import { type Change, slotKey, StateTable } from './state-table.ts';

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

  test('when it is deleted, and not yet committed so, while the older put is acked', () => {
    const table = new StateTable('customer', { kind: 'result' });
    table.put('42', 1);
    const placed = table.takeChanges();
    accept(placed);
    table.delete('42');
    flush(placed);
    table.put('42', 2);
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

function texts(table: StateTable): Record<string, string | undefined> {
  return Object.fromEntries(table.takeChanges().map(({ slot, text }) => [slotKey(slot), text]));
}

describe('what a commit takes (invariants 1 and 3)', () => {
  test('each changed key once, at its latest value, and nothing twice', () => {
    let encoded = 0;
    const encode = (value: unknown) => `{"n":${value as number},"times":${++encoded}}`;
    const table = new StateTable('customer', { kind: 'state', encode });
    for (let n = 1; n <= 5; n++) table.put('42', n);
    table.put('7', 1);
    expect(table.dirtyCount).toBe(2);
    expect(texts(table)).toEqual({ 'customer.42': '{"n":5,"times":1}', 'customer.7': '{"n":1,"times":2}' });
    expect(table.dirtyCount).toBe(0);
    expect(texts(table)).toEqual({});
  });

  test('a value as it is then, though it was changed after the put', () => {
    const table = new StateTable('customer', { kind: 'state' });
    const value = { orders: 1 };
    table.put('42', value);
    value.orders = 2;
    expect(texts(table)).toEqual({ 'customer.42': '{"orders":2}' });
  });

  test('a delete of what was there, and not of what never was', () => {
    const table = new StateTable('customer', { kind: 'state' });
    table.put('1', 'a');
    table.takeChanges();
    table.delete('1');
    table.delete('1');
    table.delete('2');
    expect(table.get('1')).toBeUndefined();
    expect(texts(table)).toEqual({ 'customer.1': undefined });
    table.delete('1');
    expect(table.dirtyCount).toBe(0);
  });

  test('the empty id as the key of the table itself', () => {
    const table = new StateTable('summary', { kind: 'result' });
    table.put('', 1);
    expect(texts(table)).toEqual({ summary: '1' });
  });

  test('lifetime by value; that of the newest value counts', () => {
    const table = new StateTable('hour', { kind: 'result', lifetimeMs: (value) => (value === 'open' ? undefined : 5) });
    table.put('1', 'closed');
    expect(table.takeChanges()[0]?.slot.lifetimeMs).toBe(5);
    table.put('1', 'open');
    expect(table.takeChanges()[0]?.slot.lifetimeMs).toBeUndefined();
  });

  test('bytes: a guess that follows what the last commits took', () => {
    const table = new StateTable('customer', { kind: 'state' });
    table.put('1', 'x'.repeat(5_000));
    table.takeChanges();
    expect(table.dirtyBytes).toBe(0);
    table.put('1', 'x'.repeat(5_000));
    table.put('2', 'x'.repeat(5_000));
    expect(table.dirtyBytes).toBeGreaterThan(10_000);
    expect(table.dirtyBytes).toBeLessThan(11_000);
  });
});

describe('size and entries', () => {
  test('follow puts, deletes, releases and loads', () => {
    const table = new StateTable('customer', { kind: 'state' });
    table.put('1', 'a');
    table.put('1', 'b');
    table.put('2', 'c');
    table.load('3', '"d"');
    table.load('3', '"e"');
    expect([table.size, ...table.entries()]).toEqual([3, ['1', 'b'], ['2', 'c'], ['3', 'e']]);
    table.delete('1');
    table.delete('1');
    table.load('3', undefined);
    table.release('9');
    expect([table.size, ...table.entries()]).toEqual([1, ['2', 'c']]);
  });
});

describe('an output table', () => {
  test('keeps no value once a commit took it, and deletes without having it', () => {
    const table = new StateTable('window', { kind: 'output' });
    table.put('1', 'a');
    expect(table.get('1')).toBe('a');
    expect(texts(table)).toEqual({ 'window.1': '"a"' });
    expect([table.get('1'), table.size]).toEqual([undefined, 0]);
    table.delete('1');
    table.delete('never seen by this owner');
    expect(texts(table)).toEqual({ 'window.1': undefined, 'window.never seen by this owner': undefined });
    expect(table.size).toBe(0);
  });

  test('remembers the revisions of the newest keys only', () => {
    const table = new StateTable('window', { kind: 'output' });
    for (let at = 0; at < 10_001; at++) table.put(String(at), at);
    const changes = table.takeChanges();
    accept(changes);
    flush(changes);
    table.put('10001', 0);
    table.takeChanges();
    for (const id of ['0', '10000']) table.put(id, 0);
    const again = new Map(table.takeChanges().map(({ slot }) => [slot.id, slot]));
    expect(again.get('0')).not.toBe(changes[0]?.slot);
    expect(again.get('10000')).toBe(changes.at(-1)?.slot);
  });

  test('takes nothing into memory at recovery but the slot', () => {
    const table = new StateTable('window', { kind: 'output', lifetimeMs: () => 7 });
    expect(table.load('1', '"a"')).toMatchObject({ value: undefined, lifetimeMs: 7, dirty: false });
    expect(table.size).toBe(0);
  });
});

describe('a released value', () => {
  test('is committed first, and gone after', () => {
    const table = new StateTable('hour', { kind: 'result' });
    table.put('1', 'final');
    table.release('1');
    expect(table.get('1')).toBe('final');
    expect(texts(table)).toEqual({ 'hour.1': '"final"' });
    expect([table.get('1'), table.size]).toEqual([undefined, 0]);
  });

  test('is gone at once when it was committed before, and stays out of the next commit', () => {
    const table = new StateTable('hour', { kind: 'result' });
    table.put('1', 'final');
    table.takeChanges();
    table.release('1');
    expect([table.get('1'), table.size]).toEqual([undefined, 0]);
    expect(texts(table)).toEqual({});
  });

  test('is forgotten at once when KV has it', () => {
    const table = new StateTable('hour', { kind: 'result' });
    table.put('1', 'final');
    const changes = table.takeChanges();
    accept(changes);
    flush(changes);
    table.release('1');
    table.put('1', 'new');
    expect(table.takeChanges()[0]?.slot).not.toBe(changes[0]?.slot);
  });

  test('is kept after all when it is put again before the commit', () => {
    const table = new StateTable('hour', { kind: 'result' });
    table.put('1', 'final');
    table.release('1');
    table.put('1', 'revised');
    expect(texts(table)).toEqual({ 'hour.1': '"revised"' });
    expect([table.get('1'), table.size]).toEqual(['revised', 1]);
  });
});

describe('a loaded value', () => {
  test('is decoded, and not dirty', () => {
    const decode = (json: { n: number }) => json.n;
    const table = new StateTable('customer', { kind: 'state', decode, lifetimeMs: (n) => (n as number) * 10 });
    expect(table.load('1', '{"n":4}')).toMatchObject({ id: '1', value: 4, dirty: false, lifetimeMs: 40 });
    expect(texts(table)).toEqual({});
  });
});
