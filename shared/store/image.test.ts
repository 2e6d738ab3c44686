import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLog } from '../log/memory-log.ts';
import { bucketStream, keySubject } from '../log/names.ts';
import type { AppliedState } from './applied-state.ts';
import { type Call, WatchedLog } from '../testing/watched-log.ts';
import { entryText, isDeleteMarker, readEntry } from './entry.ts';
import { Image } from './image.ts';
import { StateTable } from './state-table.ts';

const KV = '$KV.sales.p00';
const HOUR = 3_600_000;

let memory: MemoryLog;
let log: WatchedLog;
let proofs: number;
let prove: () => Promise<void>;
let image: Image;
let customers: StateTable;
let panes: StateTable;

beforeEach(() => {
  memory = new MemoryLog();
  log = new WatchedLog(memory.client());
  proofs = 0;
  prove = () => Promise.resolve();
  image = openImage(log);
  customers = new StateTable('customer', { kind: 'result' });
  panes = new StateTable('pane', { kind: 'state' });
});

function openImage(through: WatchedLog, options: { window?: number } = {}): Image {
  const proveOwnership = () => {
    proofs++;
    through.calls.push({ kind: 'state', of: 'proof' });
    return prove();
  };
  return new Image({ log: through, bucket: 'sales', partition: 'p00', proveOwnership, ...options });
}

/** A stored commit: everything the tables changed. */
function commit(): void {
  image.accept([...customers.takeChanges(), ...panes.takeChanges()]);
}

function applied(seq: number): AppliedState {
  return { seq, pos: seq * 10, wm: 0, late: 0, src: [] };
}

function value(key: string): Promise<unknown> {
  return readEntry(memory.client(), 'sales', `p00.${key}`);
}

/** Another process writes a key. */
function foreign(key: string, text: string): void {
  memory.store(keySubject('sales', `p00.${key}`), text, {});
}

/** Everything in its order, proofs among it. */
function story(): string[] {
  return log.said('append', 'last', 'state').map((line) => line.replaceAll(`${KV}.`, ''));
}

describe('puts (invariant 1)', () => {
  test('committed values only, each with compare-and-set on the revision before', async () => {
    customers.put('1', { orders: 1 });
    commit();
    await image.flushResults();
    customers.put('1', { orders: 2 });
    await image.flushResults();
    expect(await value('customer.1')).toEqual({ orders: 1 });
    commit();
    customers.put('1', { orders: 3 });
    await image.flushResults();
    expect(await value('customer.1')).toEqual({ orders: 2 });
    expect(story()).toEqual(['append customer.1 if 0', 'append customer.1 if 1']);
  });

  test('results apart from private state', async () => {
    customers.put('1', 1);
    panes.put('1', 1);
    commit();
    expect([image.dirtyKeys, image.hasResults]).toEqual([2, true]);
    await image.flushResults();
    expect([image.dirtyKeys, image.hasResults]).toEqual([1, false]);
    expect(await value('pane.1')).toBeUndefined();
    await image.flushAll(applied(1));
    expect(image.dirtyKeys).toBe(0);
    expect(await value('pane.1')).toBe(1);
  });

  test('many at once, and never more than the window', async () => {
    image = openImage(log, { window: 4 });
    let flying = 0;
    let most = 0;
    log.before = async () => {
      most = Math.max(most, ++flying);
      await Promise.resolve();
      flying--;
    };
    for (let id = 0; id < 20; id++) customers.put(String(id), id);
    commit();
    await image.flushResults();
    expect(most).toBe(4);
    expect(image.puts).toBe(20);
    expect(await value('customer.19')).toBe(19);
  });

  test('with the lifetime of the value, and a purge marker that goes by itself for a delete', async () => {
    const hours = new StateTable('hour', { kind: 'output', lifetimeMs: (open) => (open ? undefined : 48 * HOUR) });
    hours.put('open', true);
    hours.put('closed', false);
    hours.delete('gone');
    image.accept(hours.takeChanges());
    await image.flushResults();
    const options = new Map(log.calls.map((call) => [call.of.slice(`${KV}.hour.`.length), call.options]));
    expect(options.get('open')).toEqual({ expectedLast: 0 });
    expect(options.get('closed')).toEqual({ expectedLast: 0, ttlMs: 48 * HOUR });
    expect(options.get('gone')).toEqual({
      expectedLast: 0,
      ttlMs: HOUR,
      headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' },
    });
    const marker = await memory.client().last(bucketStream('sales'), `${KV}.hour.gone`);
    expect(marker && isDeleteMarker(marker)).toBe(true);
  });

  test('a marker of private state goes sooner: nobody else reads it', async () => {
    panes.put('1', 1);
    commit();
    await image.flushAll(applied(1));
    panes.delete('1');
    commit();
    await image.flushAll(applied(2));
    const puts = log.calls.filter(({ of }) => of === `${KV}.pane.1`);
    expect(puts.map(({ options }) => options?.ttlMs)).toEqual([undefined, 60_000]);
  });
});

describe('a rejected put (invariant 2)', () => {
  test('reads the revision, proves ownership once for all, then puts with that revision', async () => {
    foreign('customer.1', '"theirs"');
    foreign('customer.2', '"theirs"');
    for (const id of ['1', '2', '3']) customers.put(id, 'ours');
    commit();
    await image.flushResults();
    expect(story()).toEqual([
      ...['append customer.1 if 0', 'append customer.2 if 0', 'append customer.3 if 0'],
      ...['last customer.1', 'last customer.2'],
      'state proof',
      ...['append customer.1 if 1', 'append customer.2 if 2'],
    ]);
    expect([image.rejected, image.puts]).toEqual([2, 3]);
    expect(await value('customer.1')).toBe('ours');
  });

  test('overwrites nothing when there is a newer owner', async () => {
    foreign('customer.1', '"newer"');
    prove = () => Promise.reject(new Error('fenced'));
    customers.put('1', 'older');
    commit();
    await expect(image.flushResults()).rejects.toThrow('fenced');
    expect(await value('customer.1')).toBe('newer');
    expect(image.dirtyKeys).toBe(1);
  });

  test('overwrites nothing when the newer owner comes right after the proof', async () => {
    foreign('customer.1', '"before"');
    prove = async () => {
      if (proofs > 1) throw new Error('fenced');
      foreign('customer.1', '"newer"');
    };
    customers.put('1', 'older');
    commit();
    await expect(image.flushResults()).rejects.toThrow('fenced');
    expect(await value('customer.1')).toBe('newer');
    expect(proofs).toBe(2);
  });

  test.each(['lost', 'unacked'] as const)('heals when the ack never comes (%s)', async (fault) => {
    let left = 3;
    log = new WatchedLog(memory.client(() => (left-- > 0 ? fault : undefined)));
    image = openImage(log);
    for (const id of ['1', '2', '3', '4']) customers.put(id, `of ${id}`);
    commit();
    await image.flushResults();
    for (const id of ['1', '2', '3', '4']) expect(await value(`customer.${id}`)).toBe(`of ${id}`);
    expect([proofs, image.dirtyKeys]).toEqual([1, 0]);
  });
});

describe('a key that is gone', () => {
  test('from KV by its lifetime is put anew', async () => {
    customers.put('1', 'first');
    commit();
    await image.flushResults();
    memory.purge(bucketStream('sales'), `${KV}.customer.1`, 2);
    customers.put('1', 'second');
    commit();
    await image.flushResults();
    expect(await value('customer.1')).toBe('second');
    expect(story().slice(1)).toEqual([
      'append customer.1 if 1',
      'last customer.1',
      'state proof',
      'append customer.1 if 0',
    ]);
  });

  test('from the table is forgotten as soon as KV has its marker', async () => {
    customers.put('1', 'first');
    const [first] = customers.takeChanges();
    image.accept(first ? [first] : []);
    customers.delete('1');
    commit();
    await image.flushResults();
    customers.put('1', 'second');
    const [second] = customers.takeChanges();
    expect(second?.slot).not.toBe(first?.slot);
  });
});

describe('applied (invariant 3)', () => {
  test('is written after every value, with compare-and-set on itself', async () => {
    customers.put('1', 1);
    panes.put('1', 1);
    commit();
    await image.flushAll(applied(7));
    await image.flushAll(applied(8));
    expect(story()).toEqual([
      'append pane.1 if 0',
      'append customer.1 if 0',
      'append applied if 0',
      'append applied if 3',
    ]);
    expect(image.applied).toBe(8);
    expect(await value('applied')).toEqual(applied(8));
  });

  test.each(['customer', 'pane', 'applied'])('waits for all when the log goes away at a key of %s', async (table) => {
    customers.put('1', 'result');
    panes.put('1', 'state');
    commit();
    log.before = ({ of }: Call) => {
      log.away ||= of.startsWith(`${KV}.${table}`);
    };
    await expect(image.flushAll(applied(1))).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(await value('applied')).toBeUndefined();
    expect(image.applied).toBe(0);
    log.before = () => {};
    log.away = false;
    await image.flushAll(applied(1));
    expect([await value('customer.1'), await value('pane.1')]).toEqual(['result', 'state']);
    expect(await value('applied')).toEqual(applied(1));
    expect(image.dirtyKeys).toBe(0);
  });

  test('of another owner is replaced only by who can prove that it is the owner', async () => {
    foreign('applied', JSON.stringify(applied(3)));
    await image.flushAll(applied(9));
    expect(story()).toEqual(['append applied if 0', 'last applied', 'state proof', 'append applied if 1']);
    foreign('applied', JSON.stringify(applied(12)));
    prove = () => Promise.reject(new Error('fenced'));
    await expect(image.flushAll(applied(10))).rejects.toThrow('fenced');
    expect(await value('applied')).toEqual(applied(12));
    expect(image.applied).toBe(9);
  });
});

describe('a newer commit during a flush (invariant 4)', () => {
  test('stays queued, and the flush does not wait for it', async () => {
    customers.put('1', 'first');
    commit();
    log.before = () => {
      log.before = () => {};
      customers.put('1', 'second');
      customers.put('2', 'new');
      commit();
    };
    await image.flushResults();
    expect([await value('customer.1'), await value('customer.2')]).toEqual(['first', undefined]);
    expect(image.dirtyKeys).toBe(2);
    await image.flushResults();
    expect([await value('customer.1'), await value('customer.2')]).toEqual(['second', 'new']);
    expect(story()).toContain('append customer.1 if 1');
  });
});

describe('load', () => {
  test('brings live keys with their revisions, and applied', async () => {
    customers.put('1', { orders: 1 });
    customers.put('2', { orders: 2 });
    customers.put('', 'the table itself');
    commit();
    customers.delete('2');
    await image.flushAll(applied(1));
    commit();
    await image.flushAll(applied(2));
    foreign('customerx.1', '"of another table"');

    const next = openImage(log);
    const loaded = new StateTable('customer', { kind: 'result' });
    const keys: string[] = [];
    const found = await next.load(['customer'], (key, text) => {
      keys.push(`${key}=${text}`);
      return loaded.load(key.slice('customer.'.length), text);
    });
    expect(keys.sort()).toEqual(['customer.1={"orders":1}', 'customer="the table itself"']);
    expect(found).toEqual(applied(2));
    expect(next.applied).toBe(2);
    loaded.put('1', { orders: 3 });
    next.accept(loaded.takeChanges());
    await next.flushAll(applied(3));
    expect([next.rejected, proofs]).toEqual([0, 0]);
    expect(await value('customer.1')).toEqual({ orders: 3 });
  });

  test('of an empty bucket ends, and leaves no trace that others would read as a key', async () => {
    expect(await openImage(log).load(['customer'], () => undefined)).toBeUndefined();
    const found = await memory.client().lastOfEach(bucketStream('sales'), [`${KV}.>`]);
    expect(found.map((message) => [message.subject, entryText(message)])).toEqual([[`${KV}.marker`, '{}']]);
  });
});
