import { describe, expect, test } from 'vitest';
import { MapTable } from './map-table.ts';
import { type WindowCell, WindowCells } from './window-cells.ts';

function cell(start: number, end: number): WindowCell<number> {
  return { start, end, accumulator: 1, count: 1, late: 0 };
}

describe('WindowCells', () => {
  test('open finds every cell again, whatever the key (invariant 1)', () => {
    const table = new MapTable<WindowCell<number>>();
    const cells = new WindowCells(table);
    const keys = ['42', '', 'a.b', 'ä b'];
    for (const key of keys) cells.create(key, cell(-1, 9));
    const reopened = new WindowCells(table);
    expect(Array.from(reopened.open(), (slot) => slot.key)).toEqual(keys);
    for (const key of keys) expect(reopened.at(key, -1)?.cell).toBe(cells.at(key, -1)?.cell);
  });

  test('ids hold key and start (invariant 2)', () => {
    const table = new MapTable<WindowCell<number>>();
    new WindowCells(table).create('a.b', cell(0, 10));
    expect([...table.entries()].map(([id]) => id)).toEqual(['a=2Eb.19700101T000000Z']);
  });

  test('a removed cell is gone from table and index, and its slot says so', () => {
    const table = new MapTable<WindowCell<number>>();
    const cells = new WindowCells(table);
    const slot = cells.create('k', cell(0, 10));
    cells.create('k', cell(10, 20));
    cells.remove(slot);
    expect([slot.gone, cells.size, cells.at('k', 0)]).toEqual([true, 1, undefined]);
    expect(Array.from(cells.ofKey('k'), (other) => other.cell.start)).toEqual([10]);
  });

  test('a snapshot is a copy, and restore replaces what was there', () => {
    const cells = new WindowCells<number>(new MapTable());
    const slot = cells.create('k', cell(0, 10));
    const snapshot = cells.snapshot();
    slot.cell.accumulator = 2;
    cells.create('other', cell(0, 10));
    cells.restore(snapshot);
    expect(Array.from(cells.open(), ({ key, cell: { accumulator } }) => [key, accumulator])).toEqual([['k', 1]]);
  });
});
