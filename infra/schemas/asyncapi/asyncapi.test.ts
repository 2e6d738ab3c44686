import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PARTITIONS } from '../../../shared/events/partition.ts';
import { runMesh, type Written } from './_example-run.ts';
import { ASYNCAPI_FILE, asyncApi } from './asyncapi.ts';
import { STORED_VALUES } from './stored-values.ts';

interface Schema {
  [name: string]: unknown;
}
interface Message {
  readonly payload?: { readonly $ref: string };
}
interface Document {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, { readonly $ref: string }>> }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

const text = readFileSync(ASYNCAPI_FILE, 'utf8');
const document: Document = JSON.parse(text);

describe('the published AsyncAPI document', () => {
  it('is that of the schemas', () => {
    expect(JSON.parse(text), 'Stale: run "node infra/schemas/asyncapi/asyncapi.ts" and commit asyncapi.json').toEqual(
      JSON.parse(JSON.stringify(asyncApi())),
    );
  });

  it('refers to what there is, and to all of it', () => {
    const references = new Set([...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = '']) => path));
    for (const path of references) {
      const found = path.split('/').reduce<unknown>((at, name) => (at as Schema | undefined)?.[name], document);
      expect(found, path).toBeDefined();
    }
    for (const part of ['messages', 'schemas', 'parameters'] as const)
      for (const name of Object.keys(document.components[part]))
        expect(references).toContain(`components/${part}/${name}`);
  });

  it('names the parameters of every address', () => {
    for (const { address } of Object.values(document.channels))
      for (const [, name = ''] of address.matchAll(/\{(\w+)\}/g))
        expect(document.components.parameters).toHaveProperty(name);
  });

  it('has examples that are valid by their own schemas', () => {
    for (const [name, schema] of Object.entries(document.components.schemas))
      for (const [member, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>))
        for (const example of (property.examples ?? []) as unknown[])
          expect(validator(property).safeParse(example).success, `${name}.${member}`).toBe(true);
  });
});

describe('what the code writes', () => {
  let written: Written[];
  beforeAll(async () => {
    written = await runMesh();
  });

  it('has a channel for every subject, and one only', () => {
    for (const subject of new Set(written.map((message) => message.subject)))
      expect([subject, channelsOf(subject).length]).toEqual([subject, 1]);
  });

  it('is valid by the schema of one message of its channel, and says nothing that the schema does not', () => {
    const validators = new Map<string, readonly z.ZodType[]>();
    for (const { subject, values } of written) {
      const [channel = ''] = channelsOf(subject);
      const known = validators.get(channel) ?? validatorsOf(channel);
      validators.set(channel, known);
      const own = STORED_VALUES.find(({ name }) => `${name}Entry` === channel)?.own ?? [];
      for (const value of values) {
        const shown = own.length === 0 ? value : without(value, own);
        if (known.some((schema) => schema.safeParse(shown).success)) continue;
        throw new Error(`${subject}: ${JSON.stringify(shown)}\n${known.map((one) => one.safeParse(shown).error)}`);
      }
    }
  });

  it('is there for every channel and every message that a run without servers can show', () => {
    const seen = new Set(written.flatMap(({ subject }) => channelsOf(subject)));
    expect(Object.keys(document.channels).filter((name) => !seen.has(name))).toEqual([
      'mirror',
      'deadLetters',
      'leaseEntry',
    ]);
    const kinds = document.channels.events?.messages ?? {};
    for (const name of Object.keys(kinds)) {
      const [schema] = validatorsOf('events', name);
      const frames = written.filter(({ subject }) => channelsOf(subject)[0] === 'events');
      expect(
        frames.some(({ values }) => values.every((value) => schema?.safeParse(value).success)),
        name,
      ).toBe(true);
    }
  });
});

function validatorsOf(channel: string, only?: string): z.ZodType[] {
  return Object.keys(document.channels[channel]?.messages ?? {})
    .filter((name) => only === undefined || name === only)
    .map((name) => validator(document.components.messages[name]?.payload ?? {}));
}

/** Of the schema with nothing beside what it names. */
function validator(schema: Schema): z.ZodType {
  const closed = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }), (_key, value) => {
    if (typeof value?.$ref === 'string')
      return { ...value, $ref: value.$ref.replace('#/components/schemas/', '#/$defs/') };
    return value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value;
  });
  return z.fromJSONSchema(closed);
}

function channelsOf(subject: string): string[] {
  const tokens = subject.split('.');
  return Object.entries(document.channels)
    .filter(([, { address }]) => matches(address.split('.'), tokens))
    .map(([name]) => name);
}

/** A topic may have any number of tokens, the others have one. */
function matches(address: readonly string[], tokens: readonly string[]): boolean {
  const [first, ...rest] = address;
  if (first === undefined) return tokens.length === 0;
  if (first === '{topic}') return tokens.some((_, at) => at > 0 && matches(rest, tokens.slice(at)));
  const [token, ...others] = tokens;
  if (token === undefined) return false;
  const fits = first === '{partition}' ? PARTITIONS.includes(token) : first.startsWith('{') || first === token;
  return fits && matches(rest, others);
}

function without(value: unknown, members: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(value as Schema).filter(([name]) => !members.includes(name)));
}
