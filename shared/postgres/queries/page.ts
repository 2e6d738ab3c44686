/**
 * One page of a list, found by where the last one ended and not by counting: page 1,000 takes as long as page 1.
 *
 * Invariants (queries.int.test.ts):
 * 1. Pages follow one another without a gap and without a row twice, as long as rows stay where they are in the order.
 * 2. A cursor that this list cannot have given is a BadCursorError, whatever is in it.
 */
import postgres from 'postgres';
import type { Database, Parameter } from '../database.ts';
import { decodeRow, type Fields, selectList, type Wire } from './wire.ts';

/** Where a page ended: what the order looks at, as texts. */
export type Cursor = readonly string[];

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next?: Cursor;
}

export interface PageQuery {
  readonly limit: number;
  readonly after?: Cursor | undefined;
}

export class BadCursorError extends Error {
  readonly code = 'bad-cursor';
}

export interface List<F extends Fields> {
  readonly table: string;
  readonly fields: F;
  /** All must hold; `?` stands for the next of `values`. */
  readonly where: readonly string[];
  readonly values: readonly Parameter[];
  /** What rows are ordered by, first things first, and together unique. */
  readonly order: readonly OrderTerm[];
  readonly direction: 'ASC' | 'DESC';
}

export interface OrderTerm {
  /** Spelled as the index has it. */
  readonly term: string;
  readonly type: string;
}

export async function readPage<F extends Fields>(
  database: Database,
  list: List<F>,
  query: PageQuery,
  signal?: AbortSignal,
): Promise<Page<Wire<F>>> {
  const { statement, parameters } = pageStatement(list, query);
  try {
    const rows = await database.run<Record<string, unknown>>(statement, parameters, signal);
    const items = rows.slice(0, query.limit).map((row) => decodeRow(list.fields, row));
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return { items, ...(last && { next: list.order.map((_, at) => String(last[`at_${at}`])) }) };
  } catch (error) {
    const isOfCursor = query.after && error instanceof postgres.PostgresError && error.code.startsWith('22');
    throw isOfCursor ? badCursor(error) : error;
  }
}

/** For tests that look at its plan, too. */
export function pageStatement<F extends Fields>(list: List<F>, { limit, after }: PageQuery) {
  const { table, fields, order, direction } = list;
  const parameters: Parameter[] = [];
  const next = (value: Parameter) => `$${parameters.push(value)}`;
  const values = [...list.values];
  const where = list.where.map((condition) => condition.replace(/\?/g, () => next(values.shift() ?? null)));
  if (after) {
    if (after.length !== order.length || !after.every((value) => typeof value === 'string' && !value.includes('\0')))
      throw badCursor();
    const place = after.map((value, at) => `${next(value)}::text::${order[at]?.type}`);
    const [left, right] = [order.map(({ term }) => term).join(', '), place.join(', ')];
    where.push(`(${left}) ${direction === 'ASC' ? '>' : '<'} (${right})`);
  }
  const places = order.map(({ term }, at) => `${term}::text AS at_${at}`);
  const by = order.map(({ term }) => `${term} ${direction}`);
  const statement = `SELECT ${selectList(fields)}, ${places.join(', ')} FROM ${table}
${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
ORDER BY ${by.join(', ')} LIMIT ${next(limit + 1)}::int`;
  return { statement, parameters };
}

function badCursor(cause?: unknown): BadCursorError {
  return new BadCursorError('Cannot use this cursor: it is not of this list; start from the first page', { cause });
}
