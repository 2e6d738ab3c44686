/** Business events of MAIP. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { MaipEvent } from '../../../shared/events/maip.ts';
import { readId, readText } from '../fields.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';

export function maipModel(route: EventRoute<'maip'>): Model<MaipEvent> {
  const { fields } = route;
  return {
    read(row) {
      const { values, topic } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const idField = present(values, fields.id);
      const id = readId(values[idField], idField, 'bad-id');
      const typeField = present(values, fields.type);
      const type = readText(values[typeField] ?? topic, typeField);
      const payload = values[present(values, fields.payload)] ?? null;
      return { t: eventTime(route, fields.time, row), k, id, type: type === '' ? topic : type, payload };
    },
    isWhole: (values) => hasAll(values, [fields.id, fields.key, fields.time]),
    line: (event) => JSON.stringify(event),
  };
}
