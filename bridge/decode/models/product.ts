/** Products: the latest row of each stands. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { ProductEvent } from '../../../shared/events/product.ts';
import { readAmount, readId, readText, readWhole } from '../fields.ts';
import { eventTime, hasAll, type Model, present, type Row } from '../model.ts';

export function productModel(route: EventRoute<'product'>): Model<ProductEvent> {
  const { fields } = route;
  const keyOf = ({ values }: Row) => {
    const keyField = present(values, fields.key);
    return readId(values[keyField], keyField, 'missing-key');
  };
  /** Tables without a column for it: when the source wrote the change. */
  const timeOf = (row: Row) =>
    (row.values[present(row.values, fields.time)] ?? null) === null
      ? Math.max(route.earliestTimeMs, Math.floor(row.writtenMs))
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
    deleted: (row) => ({ t: Math.floor(row.writtenMs), k: keyOf(row), deleted: true }),
    isWhole: (values) => hasAll(values, [fields.key]),
    line: (event) => JSON.stringify(event),
  };
}
