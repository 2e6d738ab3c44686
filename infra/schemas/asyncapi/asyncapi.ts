/**
 * The AsyncAPI document of the mesh: channels, messages and schemas, for people and for generators of clients. Written to
 * asyncapi.json, which a test keeps up to date:
 *
 *   node infra/schemas/asyncapi/asyncapi.ts
 *
 * Schemas are those the gateway answers by and those tied to the types of events and frames; a test holds them to what the
 * code writes.
 */
import { writeFileSync } from 'node:fs';
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { CHANNELS, type Channel, type Message, PARAMETERS } from './channels.ts';

export const ASYNCAPI_FILE = new URL('../asyncapi.json', import.meta.url);

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

export function asyncApi(): JsonObject {
  const messages = CHANNELS.flatMap((channel) => channel.messages);
  const schemas = describeSchemas(messages.flatMap(({ payload, headers }) => [payload ?? [], headers ?? []].flat()));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Weir',
      version: '0.1.0',
      description:
        'What Weir writes to NATS JetStream and to Kafka. Read it with any client: subjects and keys are plain, and a bucket is the stream KV_<bucket>. Write to none of them but through the gateway.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      nats: { host: '127.0.0.1:4222', protocol: 'nats', description: 'nats-server 2.11 or newer, with JetStream' },
      kafka: { host: '127.0.0.1:9092', protocol: 'kafka' },
    },
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel.name, channelOf(channel)])),
    operations: Object.fromEntries(CHANNELS.map((channel) => [operationName(channel), operationOf(channel)])),
    components: {
      messages: Object.fromEntries(messages.map((one) => [one.name, messageOf(one, schemas)])),
      schemas: schemas.named,
      parameters: Object.fromEntries(Object.entries(PARAMETERS).map(([name, description]) => [name, { description }])),
    },
  };
}

function channelOf({ address, server, description, messages }: Channel): JsonObject {
  const parameters = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    address,
    description,
    servers: [ref('servers', server)],
    messages: Object.fromEntries(messages.map(({ name }) => [name, ref('components/messages', name)])),
    ...(parameters.length > 0 && {
      parameters: Object.fromEntries(parameters.map((name) => [name, ref('components/parameters', name)])),
    }),
  };
}

function operationName({ name }: Channel): string {
  return `send${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** `send`: by Weir. */
function operationOf({ name, messages }: Channel): JsonObject {
  return {
    action: 'send',
    channel: ref('channels', name),
    messages: messages.map((message) => ref(`channels/${name}/messages`, message.name)),
  };
}

function messageOf({ name, summary, contentType, payload, headers }: Message, schemas: Schemas): JsonObject {
  return {
    name,
    summary,
    contentType,
    ...(payload && { payload: schemas.of(payload) }),
    ...(headers && { headers: schemas.of(headers) }),
  };
}

interface Schemas {
  readonly named: JsonObject;
  /** As a reference when it has a name. */
  of(schema: z.ZodType): Json;
}

/** Made as those of the OpenAPI document are: each schema is the answer of a route that nobody serves. */
function describeSchemas(all: readonly z.ZodType[]): Schemas {
  const app = new OpenAPIHono();
  const path = (schema: z.ZodType) => `/${all.indexOf(schema)}`;
  for (const schema of new Set(all))
    app.openAPIRegistry.registerPath({
      method: 'get',
      path: path(schema),
      responses: { 200: { description: '', content: { 'application/json': { schema } } } },
    });
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Weir', version: '0' } });
  const made: Made = JSON.parse(JSON.stringify(document), draft7);
  return {
    named: made.components.schemas,
    of: (schema) => made.paths[path(schema)]?.get.responses[200].content['application/json'].schema ?? {},
  };
}

/** The parts of the document that are used. */
interface Made {
  readonly components: { readonly schemas: JsonObject };
  readonly paths: Readonly<
    Record<string, { readonly get: { readonly responses: { readonly 200: { readonly content: Content } } } }>
  >;
}
type Content = { readonly 'application/json': { readonly schema: Json } };

/** OpenAPI has one `example` where JSON Schema has `examples`; the rest that is used is the same in both. */
function draft7(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('example' in value)) return value;
  const { example, ...rest } = value;
  return { ...rest, examples: [example] };
}

function ref(path: string, name: string): JsonObject {
  return { $ref: `#/${path}/${name}` };
}

if (import.meta.main) writeFileSync(ASYNCAPI_FILE, `${JSON.stringify(asyncApi(), null, 2)}\n`);
