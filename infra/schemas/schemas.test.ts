import { readdirSync, readFileSync } from 'node:fs';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { checkDefaults, parseStrictSchema } from '../../shared/avro/strict-schema.ts';
import { compatibilityProblems } from '../schema-registry/levels.ts';
import { writeSchema } from '../schema-registry/write-schema.ts';

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

function earlierOf(topic: string): { version: number; text: string }[] {
  return readdirSync(new URL(`versions/${topic}`, import.meta.url))
    .map((file) => ({ version: Number.parseInt(file, 10), text: read(`versions/${topic}/${file}`) }))
    .sort((a, b) => a.version - b.version);
}

function problems(text: string, earlier: readonly { version: number; text: string }[]): string[] {
  const versions = earlier.map(({ version, text }) => ({ version, schema: parseStrictSchema(text).type }));
  return compatibilityProblems('FULL_TRANSITIVE', parseStrictSchema(text).type, versions);
}

const topics = readdirSync(new URL('.', import.meta.url)).flatMap((file) => /^(.+)\.avsc$/.exec(file)?.[1] ?? []);

it('there are schemas', () => {
  expect(topics).toContain('content-downloads');
});

describe.each(topics)('%s', (topic) => {
  const today = read(`${topic}.avsc`);
  const earlier = earlierOf(topic);

  it('is a schema whose defaults can be used, by avsc too', () => {
    checkDefaults(parseStrictSchema(today));
    expect(avsc.Type.forSchema(JSON.parse(today)).typeName).toBe('record');
  });

  it('is kept as the newest of its versions, which are numbered without gaps', () => {
    expect(earlier.map(({ version }) => version)).toEqual(earlier.map((_, index) => index + 1));
    const newest = earlier.at(-1)?.text ?? '';
    expect(writeSchema(parseStrictSchema(newest).type)).toBe(writeSchema(parseStrictSchema(today).type));
  });

  it('reads every version, and every version reads it', () => {
    expect(problems(today, earlier)).toEqual([]);
  });
});

describe('content-downloads, changed', () => {
  const today: { fields: { name: string; type: unknown; default?: unknown }[] } = JSON.parse(
    read('content-downloads.avsc'),
  );
  const changed = (fields: unknown[]) => problems(JSON.stringify({ ...today, fields }), earlierOf('content-downloads'));
  const replaced = (name: string, type: unknown) =>
    today.fields.map((field) => (field.name === name ? { ...field, type } : field));
  const status = (symbols: string[]) => ({ type: 'enum', name: 'DownloadStatus', symbols, default: 'FAILED' });

  it('may get what has a default, and another status', () => {
    expect(changed([...today.fields, { name: 'cdn', type: ['null', 'string'], default: null }])).toEqual([]);
    expect(changed(today.fields.filter(({ name }) => name !== 'os_version'))).toEqual([]);
    expect(changed(replaced('status', status(['SUCCESS', 'FAILED', 'CANCELLED'])))).toEqual([]);
  });

  it('may not get or lose what has none, nor change a type', () => {
    expect(changed([...today.fields, { name: 'cdn', type: 'string' }])).not.toEqual([]);
    expect(changed(today.fields.filter(({ name }) => name !== 'region'))).not.toEqual([]);
    expect(changed(replaced('bytes', 'double'))).not.toEqual([]);
    expect(changed(replaced('user_id', 'string'))).not.toEqual([]);
  });
});
