/** The small parts: positions, settings, failures, chunks, the outbox. */
import { describe, expect, test } from 'vitest';
import type { EgressFrame } from './egress-frame.ts';
import { findFinals } from './find-lines.ts';
import { classifyKafkaError } from './kafka-failure.ts';
import { Outbox } from './outbox.ts';
import { chooseCurrent, encodePosition, missedCommits, parsePosition } from './position.ts';
import { SentResults } from './sent-results.ts';
import { readEgressSettings } from './settings.ts';
import { chunksOf, keyPlacer } from './transactional-sender.ts';

const HEAD = { pos: 1, wm: 0, epoch: 1, n: 1, emits: 0, late: 0 };

describe('positions', () => {
  const position = { seq: 7, life: 1, seen: { p00: [1, 2, 3] as const }, recall: { 0: 5 } };

  test('are read as they were written; anything else is refused', () => {
    expect(parsePosition(encodePosition('sales', position))).toMatchObject(position);
    for (const text of [
      '{}',
      '7',
      'null',
      '{"seq":1.5,"life":1,"seen":{},"recall":{}}',
      '{"seq":1,"life":1,"seen":{}}',
    ])
      expect(() => parsePosition(text)).toThrow('as a position of the egress');
  });

  test('of several, the newest one of this life of the log counts', () => {
    const found = [position, { ...position, seq: 9 }, { ...position, seq: 8 }, { ...position, seq: 99, life: 2 }];
    expect(chooseCurrent(found, 1)?.seq).toBe(9);
    expect(chooseCurrent(found, 3)).toBeUndefined();
  });

  test.each([
    ['the first', undefined, 1, 5, 0],
    ['the next', [1, 4, 0], 1, 5, 0],
    ['three later', [1, 4, 0], 1, 8, 3],
    ['a fence', [1, 4, 0], 2, 0, 0],
    ['the third behind a fence that was not seen', [1, 4, 0], 2, 3, 3],
  ] as const)('%s: commits that are missing', (_what, seen, epoch, n, missed) => {
    expect(missedCommits(seen, { ...HEAD, epoch, n })).toBe(missed);
  });
});

describe('settings', () => {
  test('have defaults', () => {
    expect(readEgressSettings({})).toEqual({
      services: ['sales', 'anomaly', 'anomaly-maip', 'activity'],
      topics: {
        analytics: 'analytics',
        aggregations: 'maip.analytics.aggregations',
        anomalies: 'maip.anomaly.detected',
        positions: 'weir.egress.positions',
      },
      holdMs: 7 * 86_400_000,
      stallMs: 60_000,
    });
  });

  test.each([
    [{ WEIR_EGRESS_SERVICES: 'sales,rfm' }, '"rfm" is none of sales'],
    [{ WEIR_EGRESS_TOPIC_ANALYTICS: 'a b' }, 'Cannot use WEIR_EGRESS_TOPIC_ANALYTICS="a b"'],
    [{ WEIR_EGRESS_HOLD_DAYS: '0' }, 'Cannot use WEIR_EGRESS_HOLD_DAYS="0"'],
  ])('%j is refused', (env, message) => {
    expect(() => readEgressSettings(env)).toThrow(message);
  });
});

describe('failures', () => {
  const kafkaError = (name: string, code?: number, cause?: Error) =>
    Object.assign(new Error('said', { cause }), { name, ...(code !== undefined && { code }) });

  test.each([
    ['a newer producer', kafkaError('KafkaJSProtocolError', 47), 'fenced'],
    ['in the words of newer brokers', kafkaError('KafkaJSProtocolError', 90), 'fenced'],
    ['inside another', kafkaError('KafkaJSNumberOfRetriesExceeded', undefined, kafkaError('X', 47)), 'fenced'],
    ['a lost connection', kafkaError('KafkaJSConnectionClosedError'), 'passing'],
    ['no right', kafkaError('KafkaJSProtocolError', 53), 'passing'],
    ['a socket', Object.assign(new Error('ECONNRESET'), { syscall: 'read' }), 'passing'],
    ['ours', new TypeError('undefined is not a function'), 'fault'],
    ['no error at all', 'text', 'fault'],
  ] as const)('%s', (_what, error, kind) => {
    expect(classifyKafkaError(error)).toBe(kind);
  });
});

test('a send stays below what a broker takes, and keeps the order', () => {
  const record = (key: string, bytes: number) => ({ topic: 't', partition: 0, key, value: 'x'.repeat(bytes) });
  const records = [record('a', 300_000), record('b', 300_000), record('c', 900_000), record('d', 1)];
  expect(Array.from(chunksOf(records), (chunk) => chunk.map(({ key }) => key))).toEqual([['a'], ['b'], ['c'], ['d']]);
  const many = Array.from({ length: 2_500 }, (_, n) => record(String(n), 1));
  expect(Array.from(chunksOf(many), (chunk) => chunk.length)).toEqual([1_000, 1_000, 500]);
  expect([...chunksOf([])]).toEqual([]);
});

test("a key's partition is that of Kafka's own producers", () => {
  const place = keyPlacer(12);
  // org.apache.kafka.common.utils.Utils.toPositive(murmur2("21".getBytes())) % 12, from Kafka's own test vectors of murmur2
  expect(place('21')).toBe((-973932308 & 0x7fffffff) % 12);
  expect(place('foobar')).toBe((-790332482 & 0x7fffffff) % 12);
});

describe('the lines of a commit', () => {
  const lines = (...all: string[]) => new TextEncoder().encode(['{"pos":1}', ...all].join('\n'));

  test('are found wherever they stand; a text that looks like one is none', () => {
    const payload = lines(
      '{"put":"t.1","v":{"a":1,"final":true}}',
      '{"put":"t.2","v":{"a":2,"final":false}}',
      '{"put":"other.3","v":{"a":3,"final":true}}',
      JSON.stringify({ put: 't.4', v: { text: '"final":true\n{"put":"t.9"', final: false } }),
      '{"put":"t.5","v":{"é":"\u{1F600}","final":true}}',
    );
    expect([...findFinals(payload, 't')]).toEqual([
      { a: 1, final: true },
      { é: '\u{1F600}', final: true },
    ]);
    expect([...findFinals(payload.subarray(0, 0), 't')]).toEqual([]);
  });
});

describe('the outbox', () => {
  const message = (value: string) => ({ topic: 'analytics' as const, key: 'k', value });
  const frame = (seq: number, ...values: string[]): EgressFrame => {
    return { seq, partition: 'p00', commit: { ...HEAD, n: seq }, results: values.map(message) };
  };

  test('what comes while a transaction is under way is the next one', () => {
    const outbox = new Outbox(new SentResults(), {});
    outbox.add(frame(1, 'a'));
    outbox.add(frame(2));
    expect(outbox.take()).toMatchObject({ results: [{ from: 1 }], seq: 2, seen: { p00: [1, 2, 0] } });
    expect([outbox.hasResults, outbox.isMoved]).toEqual([false, false]);
    outbox.add(frame(3, 'b', 'c'));
    expect(outbox.take()).toMatchObject({ results: [{ from: 3 }, { from: 3 }], seq: 3 });
  });

  test('is full at some megabytes, and there is room again when it is taken', async () => {
    const outbox = new Outbox(new SentResults(), {});
    outbox.add(frame(1, 'x'.repeat(5_000_000)));
    expect(outbox.isFull).toBe(true);
    const room = outbox.room();
    outbox.take();
    await room;
    expect(outbox.isFull).toBe(false);
  });
});
