/** What an operation does with its body: what the schema of the document does not take is refused, and the field named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fixture } from '../_fixture.ts';
import { fillSegments } from '../_segments.ts';
import { judge } from './_answer.ts';
import { addressOf, type OpenApi, type Operation, operationsOf, requestOf } from './_document.ts';
import type { JsonSchema } from './_json-schema.ts';
import { documentOf, openFilled } from './_worlds.ts';

let fixture: Fixture;
let document: OpenApi;
/** Those that take a body, with its schema and its example. */
let bodies: readonly { readonly operation: Operation; readonly schema: JsonSchema; readonly example: object }[];

beforeAll(async () => {
  fixture = await openFilled();
  document = await documentOf(fixture.get);
  bodies = operationsOf(document).flatMap((operation) =>
    operation.body
      ? [{ operation, schema: resolved(operation.body.schema), example: Object(operation.body.example) as object }]
      : [],
  );
});
afterAll(() => fixture[Symbol.asyncDispose]());

function resolved(schema: JsonSchema): JsonSchema {
  return document.components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
}

/** What is wrong with the refusal of a body. `field`: the one that must be named, alone or with what is in it. */
async function refusalFaults(operation: Operation, body: unknown, field: string): Promise<string[]> {
  await fillSegments(fixture);
  const request = { ...requestOf(operation), body: JSON.stringify(body) };
  const response = await fixture.get(addressOf(operation), request);
  const { faults, body: answer } = await judge(operation, response, document.components.schemas, 422);
  const { errors = [] } = Object(answer) as { errors?: { field?: string }[] };
  const isNamed = errors.some((error) => error.field === field || error.field?.startsWith(`${field}[`));
  return [...faults, ...(isNamed ? [] : [`${operation.key}: "${field}" is not named: ${JSON.stringify(errors)}`])];
}

/** Of any type but its own. */
function wrongValues(schema: JsonSchema): unknown[] {
  const { type, enum: listed, minimum, maximum, maxLength } = schema;
  const others = [null, {}, ['x'], 'x', true, 1.5].filter((value) => typeof value !== type || listed);
  return [
    ...others.filter((value) => !(type === 'array' && Array.isArray(value)) && !(type === undefined && value === true)),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
  ];
}

describe('the body of every operation that takes one', () => {
  it('is refused without a field that it must have', async () => {
    const faults: string[] = [];
    for (const { operation, schema, example } of bodies) {
      expect([operation.key, schema.required?.length]).not.toEqual([operation.key, undefined]);
      for (const field of schema.required ?? [])
        faults.push(...(await refusalFaults(operation, { ...example, [field]: undefined }, field)));
    }
    expect(faults).toEqual([]);
  });

  it('is refused with a field that is not known, whatever it is called', async () => {
    const faults: string[] = [];
    for (const { operation, example } of bodies)
      for (const field of ['colour', 'Name', 'constructor', 'ключ', ' '])
        faults.push(...(await refusalFaults(operation, { ...example, [field]: 'red' }, field)));
    expect(faults).toEqual([]);
  });

  it('is refused with a value of another type or out of range', async () => {
    const faults: string[] = [];
    for (const { operation, schema, example } of bodies)
      for (const [field, property] of Object.entries(schema.properties ?? {}))
        for (const value of property.type === undefined && !property.enum ? [] : wrongValues(property))
          faults.push(...(await refusalFaults(operation, { ...example, [field]: value }, field)));
    expect(faults).toEqual([]);
  });

  it('is refused when it is no object, or nested without end', async () => {
    const faults: string[] = [];
    const texts = [
      'null',
      '[]',
      '"x"',
      '1',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      '{"__proto__":{"name":"x"}}',
    ];
    for (const { operation } of bodies)
      for (const body of texts) {
        const response = await fixture.get(addressOf(operation), { ...requestOf(operation), body });
        faults.push(...(await judge(operation, response, document.components.schemas, 422)).faults);
      }
    expect(faults).toEqual([]);
  });

  it('is no JSON: 400, whatever it is', async () => {
    const faults: string[] = [];
    for (const { operation } of bodies)
      for (const body of [
        '',
        '{',
        '{"a":1,}',
        'NaN',
        '{"a":1}{"b":2}',
        '\u0000',
        "{'a':1}",
        new Uint8Array([0xff, 0xfe]),
      ]) {
        const response = await fixture.get(addressOf(operation), { ...requestOf(operation), body });
        faults.push(...(await judge(operation, response, document.components.schemas, 400)).faults);
      }
    expect(faults).toEqual([]);
  });
});
