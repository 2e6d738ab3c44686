/** What users did: purchases, views, installs. */
import type { EventRoute } from '../../../shared/config/routes.ts';
import { USER_EVENT_TYPES, type UserEvent, type UserEventType } from '../../../shared/events/user-event.ts';
import { DataError, quoted } from '../data-error.ts';
import { readChoice, readId, readNumber } from '../fields.ts';
import { isObject, type JsonObject } from '../json-text.ts';
import { eventTime, hasAll, type Model, present } from '../model.ts';
import { jsonText } from './json-line.ts';
import { opaqueText, readOpaque } from './opaque-value.ts';

/** What a topic is about, by the last token of its name, for records that do not say. */
const TYPE_OF_TOPIC: Readonly<Record<string, UserEventType>> = {
  order_events: 'purchase',
  activity_events: 'view',
  install_events: 'install',
};

export function userEventModel(route: EventRoute<'userEvent'>): Model<UserEvent> {
  const { fields } = route;
  return {
    read(row) {
      const { values, topic, exact } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const typeField = present(values, fields.type);
      const type = readType(values[typeField] ?? '', typeField, topic);
      const valueField = present(values, fields.value);
      const value = readNumber(values[valueField] ?? 0, valueField);
      const sessionField = present(values, fields.session);
      const session = values[sessionField] ?? '';
      const metadataField = present(values, fields.metadata);
      const metadata = readMetadata(values[metadataField] ?? null, metadataField, exact);
      return {
        t: eventTime(route, fields.time, row),
        k,
        type,
        value,
        ...(session !== '' && { session: readId(session, sessionField, 'bad-id') }),
        ...(metadata && { metadata }),
      };
    },
    isWhole: (values) => hasAll(values, [fields.key, fields.time]),
    line: ({ t, k, type, value, session, metadata, retract }) =>
      `{"t":${t},"k":${jsonText(k)},"type":"${type}","value":${value}` +
      `${session === undefined ? '' : `,"session":${jsonText(session)}`}` +
      `${metadata === undefined ? '' : `,"metadata":${opaqueText(metadata)}`}${retract ? ',"retract":true' : ''}}`,
  };
}

function readType(value: unknown, field: string, topic: string): UserEventType {
  if (value !== '') return readChoice(value, field, USER_EVENT_TYPES);
  const type = TYPE_OF_TOPIC[topic.slice(topic.lastIndexOf('.') + 1)];
  if (type) return type;
  throw new DataError(
    'bad-value',
    `Cannot tell what the user did: no ${field}, and topic "${topic}" is none of ${Object.keys(TYPE_OF_TOPIC).join(', ')}; the producer must set it`,
  );
}

function readMetadata(value: unknown, field: string, exact: boolean): JsonObject | undefined {
  if (value === null) return undefined;
  if (isObject(value)) {
    readOpaque(value, field, exact);
    return value;
  }
  throw new DataError('bad-value', `Cannot read ${field} ${quoted(value)}: expected an object`);
}
