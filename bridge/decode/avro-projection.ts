/**
 * What is read of an Avro record: the columns that a route reads, and of Debezium's records what change.ts and place.ts
 * ask for. The rest is passed over.
 *
 * Invariant 1 (tested in avro-projection.test.ts): change.ts finds the same with the projection as without.
 */
import type { AvroType } from '../../shared/avro/avro-type.ts';
import type { Projection } from '../../shared/avro/read-plan.ts';
import { FLAT_FIELDS, SOURCE_FIELDS } from './place.ts';
import type { Members } from './unavailable.ts';

export function rowProjection(members: Members): Projection {
  return fieldsOf(members.flat());
}

/** undefined: all of it. */
export function debeziumProjection(type: AvroType, members: Members): Projection | undefined {
  const row = rowProjection(members);
  if (isEnvelope(type)) return { before: row, after: row, op: true, source: fieldsOf(SOURCE_FIELDS) };
  return isControl(type) ? undefined : { ...row, ...fieldsOf(FLAT_FIELDS) };
}

export function isEnvelope(type: AvroType): boolean {
  const names = fieldNames(type);
  return names.has('op') && (names.has('after') || names.has('before') || names.has('source'));
}

/** A connector's own records: change.ts says so by all of their fields. */
function isControl(type: AvroType): boolean {
  const names = fieldNames(type);
  return names.has('event_count') || names.has('ddl') || [...names].every((name) => name.startsWith('ts_'));
}

function fieldNames(type: AvroType): ReadonlySet<string> {
  const record = type.kind === 'union' ? type.branches.find(({ kind }) => kind === 'record') : type;
  return new Set(record?.kind === 'record' ? record.fields.map(({ name }) => name) : []);
}

function fieldsOf(names: readonly string[]): Projection {
  return Object.fromEntries(names.map((name) => [name, true]));
}
