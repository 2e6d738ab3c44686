/**
 * Business events of MAIP.
 *
 * Invariants (tested in maip.test.ts):
 * 1. A record without an event id gets the name of its place in Kafka: the same one whenever it is read.
 * 2. A record without a type has its topic's name for one.
 */
import type { EventRoute } from '../../../shared/config/routes.ts';
import type { MaipEvent } from '../../../shared/events/maip.ts';
import { readId, readText } from '../fields.ts';
import { eventTime, hasAll, type Model, present, type Row } from '../model.ts';
import { jsonText } from './json-line.ts';
import { opaqueText, readOpaque } from './opaque-value.ts';

export function maipModel(route: EventRoute<'maip'>): Model<MaipEvent> {
  const { fields } = route;
  return {
    read(row) {
      const { values, topic, exact } = row;
      const keyField = present(values, fields.key);
      const k = readId(values[keyField], keyField, 'missing-key');
      const idField = present(values, fields.id);
      const givenId = values[idField] ?? '';
      const id = givenId === '' ? placeOf(row) : readId(givenId, idField, 'bad-id');
      const typeField = present(values, fields.type);
      const type = readText(values[typeField] ?? '', typeField) || topic;
      const payloadField = present(values, fields.payload);
      const payload = readOpaque(values[payloadField] ?? null, payloadField, exact);
      return { t: eventTime(route, fields.time, row), k, id, type, payload };
    },
    isWhole: (values) => hasAll(values, [fields.key, fields.time]),
    line: ({ t, k, id, type, payload, retract }) =>
      `{"t":${t},"k":${jsonText(k)},"id":${jsonText(id)},"type":${jsonText(type)},"payload":${opaqueText(payload)}` +
      `${retract ? ',"retract":true' : ''}}`,
  };
}

function placeOf({ topic, partition, offset }: Row): string {
  return `${topic}:${partition}:${offset}`;
}
