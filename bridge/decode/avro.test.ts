import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryUnavailableError } from '../../shared/avro/registry-errors.ts';
import { schemaPrefix } from '../../shared/avro/wire-format.ts';
import { AvroTopics, downloads, envelope, event, made, NOW, order, orders, readJson, record } from './_avro-topics.ts';
import { recordDecoder } from './decoder.ts';

let topics: AvroTopics;

beforeAll(async () => {
  topics = await AvroTopics.start();
});
afterAll(() => topics[Symbol.asyncDispose]());

describe('content-downloads', () => {
  it('become download events', async () => {
    const write = topics.writer(readJson('infra/schemas/content-downloads.avsc'));
    const value = {
      event_id: 'e1',
      content_id: 'c1',
      user_id: null,
      region: 'eu',
      device_type: 'tv',
      os: null,
      os_version: null,
      status: 'FAILED',
      bytes: 9007199254740991,
      duration_seconds: 1.5,
      speed_mbps: null,
      timestamp: NOW - 5,
    };
    const [one] = await topics.decode(downloads, record(write(value)));
    expect(one).toEqual({
      outcome: 'counted',
      events: [
        {
          t: NOW - 5,
          k: 'c1',
          id: 'e1',
          user: '',
          region: 'eu',
          device: 'tv',
          os: '',
          osVersion: '',
          status: 'FAILED',
          bytes: 9007199254740991,
          seconds: 1.5,
        },
      ],
    });
  });
  it('are refused when they are change events', async () => {
    const write = topics.writer(envelope);
    const [one] = await topics.decode(downloads, record(write({ before: null, after: order, source: made, op: 'c' })));
    expect(one?.dead?.text).toContain('set decoder "debezium-avro"');
  });
  it('are refused when they are no records', async () => {
    const [one] = await topics.decode(downloads, record(topics.writer('string')('x')));
    expect(one?.dead).toMatchObject({ reason: 'malformed' });
  });
});

describe('schemas', () => {
  it('that are known need no promise', async () => {
    const write = topics.writer({ ...envelope, namespace: 'known' });
    const decoder = recordDecoder(orders, 'orders', { registry: topics.registry });
    const one = record(write({ before: null, after: order, source: made, op: 'c' }));
    const asked = topics.server.asked.length;
    await decoder.prepare([one, one]);
    expect(topics.server.asked.length).toBe(asked + 1);
    expect(decoder.prepare([one, one])).toBeUndefined();
    expect(decoder.prepare([record(null), record(Buffer.from('no frame'))])).toBeUndefined();
  });

  it('without a registry are asked for in vain, and the error says what to set', async () => {
    const decoder = recordDecoder(orders, 'orders');
    expect(decoder.prepare([record(null)])).toBeUndefined();
    await expect(decoder.prepare([record(schemaPrefix(5))])).rejects.toThrow('set SCHEMA_REGISTRY_URL');
  });

  it('that a registry cannot give now make prepare reject', async () => {
    const decoder = recordDecoder(orders, 'orders', { registry: topics.registry });
    topics.server.answers.set('/schemas/ids/5000000', { status: 500, body: { error_code: 50001, message: 'down' } });
    await expect(decoder.prepare([record(schemaPrefix(5_000_000))])).rejects.toBeInstanceOf(RegistryUnavailableError);
  });

  it('that nobody knows make dead letters, until they are registered', async () => {
    topics.nowMs += 120_000;
    topics.server.missing('/schemas/ids/6000000');
    const frame = Buffer.concat([schemaPrefix(6_000_000), Buffer.from([2])]);
    const decoder = recordDecoder(orders, 'orders', { registry: topics.registry });
    for (let misses = 1; misses < 5; misses++) {
      await expect(decoder.prepare([record(frame)])).rejects.toBeInstanceOf(RegistryUnavailableError);
      topics.nowMs += 60_000;
    }
    await decoder.prepare([record(frame)]);
    expect(decoder.decode(record(frame), NOW).dead).toMatchObject({ reason: 'unknown-schema' });
    topics.nowMs += 120_000;
    topics.server.schema(6_000_000, { type: 'record', name: 'Heartbeat', fields: [{ name: 'ts_ms', type: 'long' }] });
    await decoder.prepare([record(frame)]);
    expect(decoder.decode(record(frame), NOW).outcome).toBe('control');
  });

  for (const [name, bytes] of [
    ['JSON', Buffer.from('{"op":"c"}')],
    ['too few bytes', Buffer.from([0, 1])],
  ] as const)
    it(`are not in ${name}: malformed`, async () => {
      const [one] = await topics.decode(orders, record(bytes));
      expect(one?.dead).toMatchObject({ reason: 'malformed', text: expect.stringContaining('Confluent') });
    });

  it('that do not fit the bytes make dead letters', async () => {
    const write = topics.writer({ ...envelope, namespace: 'cut' });
    const whole = write({ before: null, after: order, source: made, op: 'c' });
    const [cut] = await topics.decode(orders, record(whole.subarray(0, -3)));
    expect(cut?.dead).toMatchObject({ reason: 'malformed' });
  });

  it('are named by a header too', async () => {
    const write = topics.writer({ ...envelope, namespace: 'header' });
    const framed = write({ before: null, after: order, source: made, op: 'c' });
    const one = { ...record(framed.subarray(5)), headers: { __value_schema_id: framed.subarray(0, 5) } };
    expect((await topics.decode(orders, one))[0]).toMatchObject({ events: [event] });
  });
});
