import fc from 'fast-check';
import { headers as natsHeaders, MsgHdrsImpl } from '@nats-io/nats-core';
import { describe, expect, it, test } from 'vitest';
import { MemoryLog } from '../../shared/log/memory-log.ts';
import { mirrorSubject, streamOf } from '../../shared/log/names.ts';
import type { KafkaRecord } from '../../shared/kafka/record.ts';
import { mirrorRecord, mirrorWriter } from './mirror-record.ts';
import { readText, writeText } from './text-header.ts';

const SOURCE = { topic: 'a..b_c', partition: 7 };

/** The header lines as NATS's own client reads them off the wire. */
function parse(lines: string): MsgHdrsImpl {
  return MsgHdrsImpl.decode(Buffer.from(`NATS/1.0\r\n${lines}\r\n`));
}

function linesOf(changes: Partial<KafkaRecord>): string[] {
  const record = { offset: 17, timestampMs: 5, key: null, value: Buffer.from('v'), ...changes };
  return mirrorWriter(SOURCE)(record).head.slice(0, -2).split('\r\n');
}

/** Through the real client's parser, and out again. */
function throughWire(record: KafkaRecord): KafkaRecord {
  const { id, payload, head } = mirrorWriter(SOURCE)(record);
  const parsed = parse(`Nats-Msg-Id: ${id}\r\n${head}`);
  return mirrorRecord({
    ...{ subject: mirrorSubject(SOURCE.topic, SOURCE.partition), seq: 1, payload, timeMs: 0, pending: 0 },
    header: (name) => (parsed.has(name) ? parsed.get(name) : undefined),
    headers: () => parsed,
  });
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '',
      ' ',
      'a ',
      '\u00a0a',
      '\ufeffa',
      '\ufffd',
      'a\r\nb: c',
      'base64:',
      'base64:YQ==',
      '\u0085',
      '1',
      '\0',
    )
    .map((text) => Buffer.from(text)),
);
const names = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(
    '',
    'trace-id',
    'Trace-Id',
    'a b',
    'a:b',
    'Nats-TTL',
    'nats-rollup',
    'Kafka-Key',
    'ce-id',
    'ce_id',
    'ce_x',
    'CE-a',
    '__proto__',
    'é',
  ),
  fc.constantFrom('ce_specversion', 'ce_source', 'ce_type', 'ce_id', 'ce_datacontenttype', 'content-type'),
);
const values = fc.oneof(
  { weight: 8, arbitrary: bytes },
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.array(bytes, { minLength: 2, maxLength: 3 }) },
);
const records: fc.Arbitrary<KafkaRecord> = fc.record({
  offset: fc.nat(Number.MAX_SAFE_INTEGER),
  timestampMs: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.oneof(fc.dictionary(names, values, { maxKeys: 8, noNullPrototype: true }), events()),
});

/** Records with all that a CloudEvent must have. */
function events() {
  return fc
    .tuple(
      fc.dictionary(names, values, { maxKeys: 4, noNullPrototype: true }),
      fc.array(bytes, { minLength: 5, maxLength: 5 }),
    )
    .map(([others, [ce_specversion, ce_id, ce_source, ce_type, type]]) => ({
      ...others,
      ...{ ce_specversion, ce_id, ce_source, ce_type, 'content-type': type },
    }));
}

describe('a record', () => {
  it('comes back from its message as it was, through the client of NATS', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(throughWire(record)).toStrictEqual({ ...record, source: SOURCE });
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes back from the memory log too', async () => {
    const log = new MemoryLog().client();
    const subject = mirrorSubject(SOURCE.topic, SOURCE.partition);
    const record = {
      offset: 3,
      timestampMs: 9,
      key: Buffer.from(' '),
      value: null,
      headers: { 'a b': [Buffer.from('1'), Buffer.from('2')] },
    };
    await log.appendChain(subject, { kind: 'seq', seq: 0 }, [mirrorWriter(SOURCE)(record)]);
    const last = await log.last(streamOf(subject), subject);
    expect(last && mirrorRecord(last)).toStrictEqual({ ...record, source: SOURCE });
  });

  it('shows text as text, and says what a null, an empty and a missing value are', () => {
    expect(linesOf({ key: Buffer.from('Käse 7'), headers: { 'trace-id': Buffer.from('4bf9'), n: '' } })).toEqual([
      'Kafka-Timestamp: 5',
      'Kafka-Key: Käse 7',
      'trace-id: 4bf9',
      'n: ',
    ]);
    expect(linesOf({ key: Buffer.alloc(0), value: null })).toEqual([
      'Kafka-Timestamp: 5',
      'Kafka-Key: ',
      'Kafka-Tombstone: 1',
    ]);
    expect(linesOf({ value: Buffer.alloc(0), headers: { x: undefined } })).toEqual([
      'Kafka-Timestamp: 5',
      'Kafka-Header: eA==',
    ]);
    expect(linesOf({ key: Buffer.from([0xff, 0]), headers: { many: ['1', '2'] } })).toEqual([
      'Kafka-Timestamp: 5',
      'Kafka-Key: base64:/wA=',
      'many: 1',
      'many: 2',
    ]);
  });

  it('never gives the server a header of its own to obey', () => {
    const headers = {
      'Nats-Rollup': 'all',
      'nats-ttl': '1s',
      'Nats-Expected-Last-Sequence': '9',
      'x\r\nNats-TTL': '1s',
    };
    for (const line of linesOf({ headers: { ...headers, safe: 'a\r\nNats-TTL: 1s' } }))
      expect(line).not.toMatch(/^nats-/i);
  });

  it('is refused when its message has no readable offset', () => {
    const message = {
      subject: 'mirror.a.k0',
      seq: 1,
      payload: new Uint8Array(),
      timeMs: 0,
      pending: 0,
      headers: () => [],
    };
    expect(() => mirrorRecord({ ...message, header: () => undefined })).toThrow(
      'Cannot read a message of "mirror.a.k0"',
    );
    expect(() => mirrorRecord({ ...message, header: () => 'a.k0.' })).toThrow('Cannot read a message of "mirror.a.k0"');
  });
});

describe('the value of a header', () => {
  it('holds any bytes, and the client of NATS takes it as it is', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const text = writeText(value);
        const head = natsHeaders();
        head.set('x', text);
        expect(head.get('x')).toBe(text);
        expect(readText(text).equals(value)).toBe(true);
      }),
    );
  });
});

describe('a CloudEvent in binary mode', () => {
  const event = { ce_specversion: '1.0', ce_id: '1 2', ce_source: '/a', ce_type: 't' };

  /** The example of the CloudEvents bindings, 3.1.3.2. */
  it('has its attributes percent-encoded, by the binding for NATS', () => {
    expect(
      linesOf({ headers: { ...event, ce_subject: 'Euro € 😀', 'content-type': 'application/json', other: 'o' } }),
    ).toEqual([
      'Kafka-Timestamp: 5',
      'ce-specversion: 1.0',
      'ce-id: 1%202',
      'ce-source: /a',
      'ce-type: t',
      'ce-subject: Euro%20%E2%82%AC%20%F0%9F%98%80',
      'ce-datacontenttype: application/json',
      'other: o',
    ]);
    expect(linesOf({ headers: { ...event, ce_q: '"50%"\n~' } })).toContain('ce-q: %2250%25%22%0A~');
  });

  test.each([
    ['an attribute that must be there is not', { ...event, ce_id: undefined }],
    ['an attribute is there twice', { ...event, ce_id: ['1', '2'] }],
    ['an attribute is no text', { ...event, ce_id: Buffer.from([0xff]) }],
    [
      'the value is an event in structured mode',
      { ...event, 'content-type': 'Application/CloudEvents+json; charset=UTF-8' },
    ],
  ])('is none when %s: its headers stay', (_, headers) => {
    const lines = linesOf({ headers });
    expect(lines.filter((line) => line.startsWith('ce-'))).toEqual([]);
    expect(lines).toContain('ce_source: /a');
  });
});
