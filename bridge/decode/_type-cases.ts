/** The Postgres types as Debezium's tests assert them (fixtures/README.md), as JSON and as Avro has them. */
import { readFileSync } from 'node:fs';
import type { ColumnType } from './connect-schema.ts';
import { parseExact } from './json-text.ts';

export interface TypeCase {
  readonly column: string;
  readonly title: string;
  readonly type: ColumnType;
  /** The value in JSON; integers beyond 2^53 as bigint, as the decoder's exact way gives them. */
  readonly json: unknown;
  /** The value as avro-reader.ts gives it. */
  readonly avro: unknown;
  readonly expected: string | number | bigint | boolean | null;
}

interface FixtureCase {
  readonly column: string;
  readonly pg_type: string;
  readonly sql_literal: string | null;
  readonly mode: string;
  readonly connect_schema: { readonly name?: string; readonly type?: string; readonly scale?: number };
  readonly expected: string | number | bigint | boolean | null;
  readonly json_wire_base64?: string;
  readonly json_wire?: { readonly scale: number; readonly value: string };
}

export function typeCases(): readonly TypeCase[] {
  const text = readFileSync(new URL('./fixtures/postgres-type-mapping-cases.json', import.meta.url), 'utf8');
  return (parseExact(text) as { readonly cases: readonly FixtureCase[] }).cases.map(typeCase);
}

function typeCase(one: FixtureCase): TypeCase {
  const { column, pg_type, sql_literal, mode, expected, connect_schema: schema } = one;
  const type = { name: schema.name, type: schema.type, scale: schema.scale };
  const title = `${column} ${pg_type} ${sql_literal}, ${mode}: ${expected}`;
  return { column, title, type, json: one.json_wire_base64 ?? one.json_wire ?? expected, avro: avroOf(one), expected };
}

function avroOf({ json_wire, json_wire_base64, connect_schema, expected }: FixtureCase): unknown {
  if (json_wire) return { ...json_wire, value: bytes(json_wire.value) };
  if (json_wire_base64 !== undefined) return bytes(json_wire_base64);
  if (connect_schema.type === 'float32') return Math.fround(Number(expected));
  return connect_schema.type === 'bytes' && typeof expected === 'string' ? bytes(expected) : expected;
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
