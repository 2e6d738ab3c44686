/**
 * Products: the latest row of each stands.
 *
 * Invariants (tested in product.test.ts):
 * 1. A row that tells no time has that of its record, checked as any other: no clock can take the watermark away.
 */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { ProductEvent } from '../../../shared/events/product.ts';
import { DataError } from '../data-error.ts';
import { readAmount, readId, readText, readWhole } from '../fields.ts';
import { eventTime, hasAll, type Model, present, type Row } from '../model.ts';
import { jsonText } from './json-line.ts';

export function productModel(route: EventRoute<'product'>): Model<ProductEvent> {
  const { fields } = route;
  const keyOf = ({ values }: Row) => {
    const keyField = present(values, fields.key);
    return readId(values[keyField], keyField, 'missing-key');
  };
  /** Tables without a column for it: when the source wrote the change. */
  const timeOf = (row: Row) =>
    (row.values[present(row.values, fields.time)] ?? null) === null
      ? writtenTime(route, row)
      : eventTime(route, fields.time, row);
  return {
    read(row) {
      const { values, types } = row;
      const k = keyOf(row);
      const nameField = present(values, fields.name);
      const name = readText(values[nameField] ?? '', nameField);
      const stockField = present(values, fields.stock);
      const stock = readWhole(values[stockField], stockField);
      const priceField = present(values, fields.price);
      const price = readAmount(values[priceField], priceField, types?.get(priceField), route.base64AmountScale);
      return { t: timeOf(row), k, name, stock, price };
    },
    deleted: (row) => ({ t: writtenTime(route, row), k: keyOf(row), deleted: true }),
    isWhole: (values) => hasAll(values, [fields.key]),
    line: productLine,
  };
}

function productLine(event: ProductEvent): string {
  const { t, k } = event;
  if ('deleted' in event) return `{"t":${t},"k":${jsonText(k)},"deleted":true}`;
  return `{"t":${t},"k":${jsonText(k)},"name":${jsonText(event.name)},"stock":${event.stock},"price":${event.price}}`;
}

function writtenTime(route: EventRoute<'product'>, { writtenMs, latestMs }: Row): number {
  if (writtenMs <= latestMs) return Math.max(route.earliestTimeMs, Math.floor(writtenMs)); // -1: the record has none
  throw new DataError(
    'bad-time',
    `Cannot use the record's own timestamp ${writtenMs} as event time: too far ahead of this machine's clock; correct the clock of the producer or the broker`,
  );
}
