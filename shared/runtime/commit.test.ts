import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../events/id.ts';
import { StateTable } from '../store/state-table.ts';
import { type CommitHead, encodeCommit, encodeEmit, parseCommit, parseCommitHead, parseEmits } from './commit.ts';
import { anyJson } from '../testing/any-json.ts';

const utf8 = new TextEncoder();

function head(emits: number, rest: Partial<CommitHead> = {}): CommitHead {
  return { pos: 812, wm: 1717200000000, epoch: 3, n: 17, emits, late: 0, ...rest };
}

function changes(values: Readonly<Record<string, unknown>>) {
  const table = new StateTable('customer', { kind: 'state' });
  for (const [id, value] of Object.entries(values)) {
    table.put(id, value);
    if (value === undefined) table.load(id, undefined);
  }
  return table.takeChanges();
}

describe('a commit frame', () => {
  test('reads as the header of this file says: head, emits, values, late', () => {
    const text = encodeCommit(head(1, { late: 1, src: [['orders.k0', 5, 0]] }), {
      emits: [encodeEmit('window', { start: 0 })],
      changes: changes({ 42: { orders: 1 }, 43: undefined, '': 7 }),
      late: ['{"reason":"late"}'],
    });
    expect(text.split('\n')).toEqual([
      '{"pos":812,"wm":1717200000000,"epoch":3,"n":17,"emits":1,"late":1,"src":[["orders.k0",5,0]]}',
      '{"emit":"window","v":{"start":0}}',
      '{"put":"customer.42","v":{"orders":1}}',
      '{"del":"customer.43"}',
      '{"put":"customer","v":7}',
      '{"late":{"reason":"late"}}',
    ]);
  });

  test('comes back whole for recovery, whatever the values and ids', () => {
    const values = fc.dictionary(fc.string({ unit: 'binary' }), anyJson({ maxDepth: 2 }), { maxKeys: 5 });
    fc.assert(
      fc.property(values, fc.array(anyJson({ maxDepth: 2 }), { maxLength: 3 }), (record, emitted) => {
        const encoded = Object.fromEntries(Object.entries(record).map(([id, value]) => [encodeId(id), value]));
        const taken = changes(encoded);
        const late = emitted.map((value) => JSON.stringify({ value }));
        const emits = emitted.map((value) => encodeEmit('it', value));
        const payload = utf8.encode(encodeCommit(head(emits.length), { emits, changes: taken, late }));
        expect(parseCommit(payload)).toEqual({
          head: head(emits.length),
          lines: [
            ...taken.map(({ slot, text }) => ({ kind: 'put', key: `customer.${slot.id}`, text })),
            ...late.map((text) => ({ kind: 'late', text })),
          ],
        });
        expect(parseEmits(payload).emits).toEqual(
          emitted.map((value) => ({ kind: 'it', value: JSON.parse(JSON.stringify(value)) as unknown })),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('of one line is a head alone: a fence', () => {
    const payload = utf8.encode(JSON.stringify(head(0)));
    expect(parseCommitHead(payload)).toEqual(head(0));
    expect(parseCommit(payload)).toEqual({ head: head(0), lines: [] });
    expect(parseEmits(payload)).toEqual({ head: head(0), emits: [] });
  });

  test('need not be whole behind the emits for the stage that reads only them', () => {
    const payload = utf8.encode(`${JSON.stringify(head(1))}\n${encodeEmit('window', 1)}\nnot a line`);
    expect(parseEmits(payload).emits).toEqual([{ kind: 'window', value: 1 }]);
    expect(() => parseCommit(payload)).toThrow('Cannot read commit line "not a line"');
  });

  test('keeps values that look like lines apart from lines', () => {
    const value = '"}\n{"del":"customer.1"}';
    const text = encodeCommit(head(0), { emits: [], changes: changes({ 1: value }), late: [] });
    expect(parseCommit(utf8.encode(text)).lines).toEqual([
      { kind: 'put', key: 'customer.1', text: JSON.stringify(value) },
    ]);
  });
});
