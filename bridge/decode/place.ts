/**
 * Where and when a change was made, as Debezium's `source` tells it.
 *
 * A place in a Postgres connector's stream is `source.sequence` = [last commit's LSN, LSN]: the connector writes places
 * in order, and the same change at the same place again after its own restart (replay-filter.ts). `source.lsn` alone
 * is not in order: a transaction that wrote first may commit last.
 *
 * Invariants (tested in place.test.ts):
 * 1. Only streamed changes of a Postgres connector have a place, and only those that tell all of it.
 * 2. LSNs that a double cannot hold are no place: such changes are never taken for replays.
 */
import { isObject, type JsonObject } from './json-text.ts';

export interface Place {
  /** The connector's `topic.prefix`: places of two connectors cannot be compared. */
  readonly origin: string;
  /** -1: the first transaction that a connector streams after a snapshot. */
  readonly commit: number;
  readonly lsn: number;
  /** When its transaction was committed, us since the epoch. */
  readonly us: number;
  readonly op: string;
  /** The rows as they are in the record: with op and key, what tells changes at one place apart. */
  readonly rows: unknown;
}

/** Instead of a place: a tombstone tells none, but follows its delete. */
export const TOMBSTONE = 'tombstone';

export interface Source {
  /** When the database made the change, ms since the epoch. */
  readonly writtenMs: number | undefined;
  readonly place: Place | undefined;
}

/** `last commit` before the first. */
export const NO_COMMIT = -1;
const POSTGRES = 'postgresql';
const SEQUENCE = /^\[(?:"(\d{1,15})"|null),"(\d{1,15})"\]$/;

/** The fields of `source` that readSource reads. */
export const SOURCE_FIELDS = ['connector', 'name', 'snapshot', 'sequence', 'ts_ms', 'ts_us'] as const;

/** The fields beside a flattened row's columns that readFlatSource and change.ts read. */
export const FLAT_FIELDS = [
  '__op',
  '__deleted',
  ...['connector', 'name', 'snapshot', 'sequence'].flatMap((name) => [`__source_${name}`, `__${name}`]),
  '__source_ts_ms',
  '__source_ts_us',
];

export function readSource(source: unknown, op: string, rows: unknown): Source | undefined {
  if (!isObject(source)) return undefined;
  const writtenMs = positive(source.ts_ms);
  const isStreamed = source.connector === POSTGRES && source.snapshot === 'false';
  return { writtenMs, place: isStreamed ? readPlace(source, op, rows) : undefined };
}

/** The same of a flattened row, which has what the connector's `add.fields` names. */
export function readFlatSource(row: JsonObject, op: string): Source {
  const connector = row.__source_connector ?? row.__connector ?? POSTGRES;
  const snapshot = row.__source_snapshot ?? row.__snapshot ?? 'false';
  const source = {
    name: row.__source_name ?? row.__name,
    sequence: row.__source_sequence ?? row.__sequence,
    ts_ms: row.__source_ts_ms,
    ts_us: row.__source_ts_us,
  };
  const isStreamed = connector === POSTGRES && snapshot === 'false' && op !== 'r';
  return { writtenMs: positive(source.ts_ms), place: isStreamed ? readPlace(source, op, row) : undefined };
}

function readPlace({ name, sequence, ts_ms, ts_us }: JsonObject, op: string, rows: unknown): Place | undefined {
  const ms = positive(ts_ms);
  const us = positive(ts_us) ?? (ms === undefined ? undefined : ms * 1000);
  const [, commit, lsn] = (typeof sequence === 'string' ? SEQUENCE.exec(sequence) : null) ?? [];
  if (lsn === undefined || us === undefined || typeof name !== 'string') return undefined;
  return { origin: name, commit: commit === undefined ? NO_COMMIT : Number(commit), lsn: Number(lsn), us, op, rows };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
