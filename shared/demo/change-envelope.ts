/** A change event as Debezium's Postgres connector writes it, for a table with REPLICA IDENTITY FULL. Pure. */

export interface Envelope<Row> {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly source: Readonly<Record<string, string | number | null>>;
  readonly transaction: null;
  readonly op: 'c' | 'u' | 'd' | 'r';
  readonly ts_ms: number;
}

export interface ChangeOf<Row> {
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
  /** When it was committed. */
  readonly nowMs: number;
  readonly lsn: number;
  /** Tells its place in the write-ahead log, so that the same change sent again is known for one. */
  readonly hasPlace: boolean;
}

export function changeEnvelope<Row>({ table, before, after, nowMs, lsn, hasPlace }: ChangeOf<Row>): Envelope<Row> {
  const source = {
    ...sourceOf(table, nowMs, 'false', lsn),
    ...(hasPlace && { sequence: JSON.stringify([String(lsn - 1), String(lsn)]) }),
  };
  const op = before === null ? 'c' : after === null ? 'd' : 'u';
  return { before, after, source, transaction: null, op, ts_ms: nowMs };
}

/** A row as the first snapshot finds it. */
export function snapshotEnvelope<Row>(table: string, row: Row, nowMs: number): Envelope<Row> {
  return {
    before: null,
    after: row,
    source: sourceOf(table, nowMs, 'true', 0),
    transaction: null,
    op: 'r',
    ts_ms: nowMs,
  };
}

function sourceOf(table: string, nowMs: number, snapshot: string, lsn: number) {
  return {
    version: '2.7.0.Final',
    connector: 'postgresql',
    name: 'dbserver1',
    ts_ms: nowMs,
    snapshot,
    db: 'shop',
    schema: 'public',
    table,
    lsn,
    xmin: null,
  };
}
