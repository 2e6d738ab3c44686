/** Orders: CDC rows and plain messages become the same events. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { OrderEvent } from '../../../shared/events/order.ts';
import { DataError, quoted } from '../data-error.ts';
import { readAmount, readId } from '../fields.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';
import { jsonText } from './json-line.ts';

export function orderModel(route: EventRoute<'order'>): Model<OrderEvent> {
  const { fields } = route;
  const members = [fields.id, fields.key, fields.amount, fields.time];
  return {
    read(row) {
      const { values, types } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const idField = present(values, fields.id);
      const id = readId(values[idField], idField, 'bad-id');
      const amountField = present(values, fields.amount);
      const amount = readAmount(values[amountField], amountField, types?.get(amountField), route.base64AmountScale);
      if (amount < 0 && !route.allowNegativeAmounts)
        throw new DataError(
          'bad-amount',
          `Cannot count ${amountField} ${quoted(values[amountField])}: below zero; if refunds come as orders, set allowNegativeAmounts in the route`,
        );
      return { t: eventTime(route, fields.time, row), k, id, amount };
    },
    isWhole: (values) => hasAll(values, members),
    line: orderLine,
  };
}

/** JSON.stringify(event), three times as fast. */
export function orderLine({ t, k, id, amount, retract }: OrderEvent): string {
  return `{"t":${t},"k":${jsonText(k)},"id":${jsonText(id)},"amount":${amount}${retract ? ',"retract":true' : ''}}`;
}
