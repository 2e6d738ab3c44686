/**
 * What the columns of one schema need before a model reads them. Made once for each schema.
 *
 * Invariant 1 (tested in row-shape.test.ts): only columns that a route reads are touched, and one that cannot be
 * converted becomes a value that every reader refuses and quotes.
 */
import { columnValue, needsConversion } from './column.ts';
import type { ColumnType, RowTypes } from './connect-schema.ts';
import type { MutableRow } from './json-text.ts';
import type { Members } from './unavailable.ts';

export interface RowShape {
  /** Of the converted values. */
  readonly types: RowTypes | undefined;
  readonly conversions: readonly Conversion[];
}

interface Conversion {
  readonly column: string;
  readonly type: ColumnType;
}

export const NO_SHAPE: RowShape = { types: undefined, conversions: [] };

/** Of a value that is what it looks like. */
const CONVERTED: ColumnType = { type: 'string', name: undefined, scale: undefined };

/** `types`: of all columns of the schema. */
export function rowShape(types: RowTypes | undefined, members: Members): RowShape {
  if (!types) return NO_SHAPE;
  const after = new Map(types);
  const conversions: Conversion[] = [];
  for (const column of new Set(members.flat())) {
    const type = types.get(column);
    if (!type || !needsConversion(type)) continue;
    conversions.push({ column, type });
    if (type.name !== undefined) after.set(column, CONVERTED);
  }
  return { types: after, conversions };
}

/** Hot path. */
export function convertRow({ conversions }: RowShape, row: MutableRow | null): void {
  if (row) for (const { column, type } of conversions) row[column] = converted(row[column], type);
}

function converted(value: unknown, type: ColumnType): unknown {
  try {
    return columnValue(value, type);
  } catch {
    return { unreadable: value };
  }
}
