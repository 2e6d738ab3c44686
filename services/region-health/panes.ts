/**
 * The minutes of one partition: a cell for each content, region and kind of device that had downloads.
 *
 * Owns: cells, their place in the tables, and which of them changed since they were last told. Does not own: when a
 * minute is complete, and whom the cells are told (region-health.ts).
 */
import { compactTime } from '../../shared/event-time/time-text.ts';
import { lastWindowStart, tumblingWindows } from '../../shared/event-time/windows.ts';
import type { DownloadEvent } from '../../shared/events/download.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import { count, createTally, holds, type Measured, numbersOf, type Tally, type TallyNumbers } from './tally.ts';

export const MINUTE_MS = 60_000;
export const WINDOWS = tumblingWindows(MINUTE_MS);

export type CellKind = 'content' | 'region' | 'device';

export interface Cell {
  readonly kind: CellKind;
  /** ms. */
  readonly start: number;
  /** The content, the region, or type, system and version of the device. */
  readonly names: readonly string[];
  readonly id: string;
  readonly tally: Tally;
  isTouched: boolean;
}

/** A region's or a device's share of a minute, as the combining stage gets it. Absolute: a later one replaces it. */
export interface MinutePart {
  readonly start: number;
  readonly names: readonly string[];
  readonly tally: TallyNumbers;
}

export function cellTable(kind: CellKind): TableSpec<Cell> {
  return {
    kind: 'state',
    encode: ({ start, names, tally: t }) =>
      `{"start":${start},"names":${JSON.stringify(names)},` +
      `"tally":[${t.events},${t.successes},${t.speeds},${t.speedSum},${t.durations},${t.durationSum},${t.late}]}`,
    decode: ({ start, names, tally }: MinutePart) => createCell(kind, start, names, createTally(tally)),
  };
}

export function partOf({ start, names, tally }: Cell): MinutePart {
  return { start, names, tally: numbersOf(tally) };
}

/** `<name>.<name>.<start>`, each name as one token. */
export function cellId(names: readonly string[], start: number): string {
  return `${names.map(encodeId).join('.')}.${compactTime(start)}`;
}

function createCell(kind: CellKind, start: number, names: readonly string[], tally = createTally()): Cell {
  return { kind, start, names, id: cellId(names, start), tally, isTouched: false };
}

/** Those of a download: content, region, device. */
export type Cells = readonly [Cell, Cell, Cell];

type Branch<T> = Map<string, T>;

/** One minute. Devices are found by type, then system, then version: no text is put together per event. */
export class Pane {
  readonly start: number;
  hasFired = false;
  readonly #contents: Branch<Cell> = new Map();
  readonly #regions: Branch<Cell> = new Map();
  readonly #devices: Branch<Branch<Branch<Cell>>> = new Map();
  readonly cells: Cell[] = [];

  constructor(start: number) {
    this.start = start;
  }

  /** The cells a download is in, made where there are none. */
  cellsOf({ k, region, device, os, osVersion }: DownloadEvent): Cells {
    const { start } = this;
    const versions = branch(branch(this.#devices, device), os);
    return [
      this.#contents.get(k) ?? this.#add(this.#contents, k, createCell('content', start, [k])),
      this.#regions.get(region) ?? this.#add(this.#regions, region, createCell('region', start, [region])),
      versions.get(osVersion) ?? this.#add(versions, osVersion, createCell('device', start, [device, os, osVersion])),
    ];
  }

  /** Undefined: there is none of one of them. */
  findCells({ k, region, device, os, osVersion }: DownloadEvent): Cells | undefined {
    const byContent = this.#contents.get(k);
    const byRegion = this.#regions.get(region);
    const byDevice = this.#devices.get(device)?.get(os)?.get(osVersion);
    return byContent && byRegion && byDevice && [byContent, byRegion, byDevice];
  }

  adopt(cell: Cell): void {
    const [first = '', os = '', version = ''] = cell.names;
    if (cell.kind === 'content') this.#add(this.#contents, first, cell);
    else if (cell.kind === 'region') this.#add(this.#regions, first, cell);
    else this.#add(branch(branch(this.#devices, first), os), version, cell);
  }

  #add(cells: Branch<Cell>, name: string, cell: Cell): Cell {
    cells.set(name, cell);
    this.cells.push(cell);
    return cell;
  }
}

function branch<T>(of: Branch<Branch<T>>, name: string): Branch<T> {
  let found = of.get(name);
  if (!found) {
    found = new Map();
    of.set(name, found);
  }
  return found;
}

export type CellTables = Readonly<Record<CellKind, Table<Cell>>>;

export class Panes {
  readonly #tables: CellTables;
  readonly #panes = new Map<number, Pane>();
  #touched: Cell[] = [];

  constructor(tables: CellTables) {
    this.#tables = tables;
    for (const table of Object.values(tables))
      for (const [, cell] of table.entries()) {
        this.at(cell.start).adopt(cell);
        this.#touch(cell);
      }
  }

  at(start: number): Pane {
    let pane = this.#panes.get(start);
    if (!pane) {
      pane = new Pane(start);
      this.#panes.set(start, pane);
    }
    return pane;
  }

  values(): IterableIterator<Pane> {
    return this.#panes.values();
  }

  /** Counts a download in its three cells. Hot path. */
  count(download: DownloadEvent, measured: Measured, isLate: boolean): Cells {
    const cells = this.at(lastWindowStart(WINDOWS, download.t)).cellsOf(download);
    this.#change(cells, measured, 1, isLate);
    return cells;
  }

  /** Undefined: no such download was counted, and nothing changed. */
  takeBack(download: DownloadEvent, measured: Measured, isLate: boolean): Cells | undefined {
    const cells = this.#panes.get(lastWindowStart(WINDOWS, download.t))?.findCells(download);
    if (!cells?.every(({ tally }) => holds(tally, measured))) return undefined;
    this.#change(cells, measured, -1, isLate);
    return cells;
  }

  /** Cells that changed since the last call and were not told since. */
  takeTouched(): Cell[] {
    const touched = this.#touched.filter(({ isTouched }) => isTouched);
    this.#touched = [];
    for (const cell of touched) cell.isTouched = false;
    return touched;
  }

  forget({ start, cells }: Pane): void {
    this.#panes.delete(start);
    for (const cell of cells) {
      cell.isTouched = false;
      this.#tables[cell.kind].delete(cell.id);
    }
  }

  #change(cells: Cells, measured: Measured, sign: 1 | -1, isLate: boolean): void {
    for (const cell of cells) {
      count(cell.tally, measured, sign);
      if (isLate) cell.tally.late++;
      this.#touch(cell);
      this.#tables[cell.kind].put(cell.id, cell);
    }
  }

  #touch(cell: Cell): void {
    if (cell.isTouched) return;
    cell.isTouched = true;
    this.#touched.push(cell);
  }
}
