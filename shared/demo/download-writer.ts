/** Downloads in Confluent Avro: registers the schema infra/schemas/content-downloads.avsc for a topic. */
import { readFileSync } from 'node:fs';
import { parseSchemaText } from '../avro/avro-schema.ts';
import { frameWriter } from '../avro/avro-writer.ts';
import type { SchemaRegistry } from '../avro/schema-registry.ts';

export async function downloadWriter(
  registry: Pick<SchemaRegistry, 'register'>,
  topic: string,
): Promise<(value: unknown) => Buffer> {
  const text = readFileSync(new URL('../../infra/schemas/content-downloads.avsc', import.meta.url), 'utf8');
  const id = await registry.register(`${topic}-value`, JSON.parse(text));
  return frameWriter(id, parseSchemaText(text));
}
