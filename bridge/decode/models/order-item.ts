/** Lines of orders. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { OrderItemEvent } from '../../../shared/events/order-item.ts';
import { readAmount, readId, readWhole } from '../fields.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';
import { jsonText } from './json-line.ts';

export function orderItemModel(route: EventRoute<'orderItem'>): Model<OrderItemEvent> {
  const { fields } = route;
  const members = [fields.id, fields.key, fields.quantity, fields.time];
  return {
    read(row) {
      const { values, types } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const idField = present(values, fields.id);
      const id = readId(values[idField], idField, 'bad-id');
      const orderField = present(values, fields.order);
      const order = readId(values[orderField], orderField, 'bad-id');
      const quantityField = present(values, fields.quantity);
      const quantity = readWhole(values[quantityField], quantityField);
      const priceField = present(values, fields.price);
      const price = readAmount(values[priceField], priceField, types?.get(priceField), route.base64AmountScale);
      return { t: eventTime(route, fields.time, row), k, id, order, quantity, price };
    },
    isWhole: (values) => hasAll(values, members),
    line: ({ t, k, id, order, quantity, price, retract }) =>
      `{"t":${t},"k":${jsonText(k)},"id":${jsonText(id)},"order":${jsonText(order)},"quantity":${quantity}` +
      `,"price":${price}${retract ? ',"retract":true' : ''}}`,
  };
}
