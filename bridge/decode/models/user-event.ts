/** What users did: purchases, views, installs. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import { USER_EVENT_TYPES, type UserEvent, type UserEventType } from '../../../shared/events/user-event.ts';
import { DataError, quoted } from '../data-error.ts';
import { readChoice, readId, readNumber, readText } from '../fields.ts';
import { isObject } from '../json-text.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';

/** What a topic is about, for records that do not say. */
const TYPE_OF_TOPIC: Readonly<Record<string, UserEventType>> = {
  order_events: 'purchase',
  activity_events: 'view',
  install_events: 'install',
};

export function userEventModel(route: EventRoute<'userEvent'>): Model<UserEvent> {
  const { fields } = route;
  return {
    read(row) {
      const { values, topic } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const typeField = present(values, fields.type);
      const type = readChoice(values[typeField] ?? TYPE_OF_TOPIC[topic], typeField, USER_EVENT_TYPES);
      const valueField = present(values, fields.value);
      const value = readNumber(values[valueField] ?? 0, valueField);
      const sessionField = present(values, fields.session);
      const session = values[sessionField] ?? null;
      const metadata = metadataOf(values[present(values, fields.metadata)]);
      return {
        t: eventTime(route, fields.time, row),
        k,
        type,
        value,
        ...(session !== null && { session: readText(session, sessionField) }),
        ...(metadata && { metadata }),
      };
    },
    isWhole: (values) => hasAll(values, [fields.key, fields.time]),
    line: (event) => JSON.stringify(event),
  };
}

function metadataOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new DataError('bad-value', `Cannot read metadata ${quoted(value)}: expected an object`);
  return value;
}
