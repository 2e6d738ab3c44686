import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PARTITIONS } from '../events/partition.ts';
import {
  bucketStream,
  dataPartition,
  dataSubject,
  dlqSubject,
  keySubject,
  lateSubject,
  logStream,
  logSubject,
  mirrorSubject,
  parseEventSubject,
  parseMirrorSubject,
  progressSubject,
  rulesSubject,
  streamOf,
  subjectKey,
  topicTokens,
} from './names.ts';

/** Kafka allows `[a-zA-Z0-9._-]`; other characters are tried because a subject must stay legal whatever comes. */
const topics = fc
  .oneof(
    fc.string({ unit: fc.constantFrom('a', 'B', '7', '.', '_', '-'), minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
    fc.constantFrom(
      '.',
      '..',
      'a..b',
      '.a',
      'a.',
      'progress',
      'p00',
      'p00.k1',
      'x.progress.k2',
      'kafka',
      '**',
      'a*',
      '>',
    ),
  )
  .filter((topic) => !topic.split('.').includes('*'));
const kafkaPartitions = fc.nat(10_000);
const meshPartitions = fc.constantFrom(...PARTITIONS);
const LEGAL = /^[^\s*>.]+(\.[^\s*>.]+)*$/;

describe('subjects of EVENTS', () => {
  test('of data come back with topic and source', () => {
    fc.assert(
      fc.property(topics, meshPartitions, kafkaPartitions, (topic, partition, kafkaPartition) => {
        const subject = dataSubject(topic, partition, kafkaPartition);
        expect(subject).toMatch(LEGAL);
        const tokens = topicTokens(topic);
        expect(parseEventSubject(subject)).toEqual({
          topic: tokens,
          kind: 'data',
          source: `${tokens}.k${kafkaPartition}`,
          order: `${tokens}#${String(kafkaPartition).padStart(5, '0')}`,
        });
        expect(dataPartition(subject)).toBe(partition);
        expect(streamOf(subject)).toBe('EVENTS');
      }),
    );
  });

  test('of progress come back, with the same source as the data they speak of', () => {
    fc.assert(
      fc.property(topics, meshPartitions, kafkaPartitions, (topic, partition, kafkaPartition) => {
        const subject = progressSubject(topic, kafkaPartition);
        expect(subject).toMatch(LEGAL);
        expect(parseEventSubject(subject)).toEqual({
          ...parseEventSubject(dataSubject(topic, partition, kafkaPartition)),
          kind: 'progress',
        });
        expect(dataPartition(subject)).toBeUndefined();
      }),
    );
  });

  test('order by topic, then by the number of the Kafka partition', () => {
    const orders = [
      ['a', 2],
      ['a', 10],
      ['a-b', 1],
      ['a.b', 1],
      ['b', 0],
    ].map(([topic, n]) => {
      const subject = parseEventSubject(dataSubject(String(topic), 'p00', Number(n)));
      return 'order' in subject ? subject.order : '';
    });
    expect(orders.toSorted()).toEqual(orders);
    expect(new Set(orders).size).toBe(5);
  });

  test('of rules come back by name', () => {
    expect(parseEventSubject(rulesSubject('segments'))).toEqual({ kind: 'rules', name: 'segments' });
    expect(streamOf(rulesSubject('segments'))).toBe('EVENTS');
    expect(dataPartition(rulesSubject('segments'))).toBeUndefined();
  });

  test('keep topics apart', () => {
    fc.assert(
      fc.property(topics, topics, (a, b) => {
        expect(dataSubject(a, 'p00', 1) === dataSubject(b, 'p00', 1)).toBe(a === b);
      }),
    );
  });

  test.each([
    ['dbserver1.public.orders', 'kafka.dbserver1.public.orders.p07.k2'],
    ['orders', 'kafka.orders.p07.k2'],
    ['a..b', 'kafka.a.=.b.p07.k2'],
    ['größe', 'kafka.gr=C3=B6=C3=9Fe.p07.k2'],
    ['**', 'kafka.=2A=2A.p07.k2'],
    ['>', 'kafka.=3E.p07.k2'],
  ])('of topic %j read %j', (topic, subject) => {
    expect(dataSubject(topic, 'p07', 2)).toBe(subject);
  });

  test('take a wildcard for any token of a topic, which no Kafka topic can be', () => {
    expect(dataSubject('shop.*.orders', 'p07', '*')).toBe('kafka.shop.*.orders.p07.*');
  });

  test('take a wildcard for all Kafka partitions', () => {
    expect(dataSubject('orders', 'p07', '*')).toBe('kafka.orders.p07.*');
    expect(progressSubject('orders', '*')).toBe('kafka.orders.progress.*');
  });

  test.each([
    '',
    'kafka',
    'kafka.p00.k1',
    'kafka.orders.p00.2',
    'kafka.orders.p00.k',
    'kafka.orders.p00.k1.more',
    'mirror.orders.p00.k1',
    'log.sales.p00',
  ])('%j is none of them', (subject) => {
    expect(() => parseEventSubject(subject)).toThrow(`Cannot read subject "${subject}"`);
  });
});

describe('subjects of mirrors', () => {
  test('come back as topic and Kafka partition, and no two topics share a stream', () => {
    fc.assert(
      fc.property(topics, topics, kafkaPartitions, kafkaPartitions, (topic, other, partition, otherPartition) => {
        const subject = mirrorSubject(topic, partition);
        expect(subject).toMatch(LEGAL);
        expect(parseMirrorSubject(subject)).toEqual({ topic, partition });
        const isSame = topic === other && partition === otherPartition;
        expect(streamOf(subject) === streamOf(mirrorSubject(other, otherPartition))).toBe(isSame);
        expect(streamOf(subject)).not.toMatch(/[\s.*>/\\]/);
      }),
    );
  });

  test.each(['mirror.k1', 'mirror.orders.1', 'kafka.orders.k1'])('%j is none of them', (subject) => {
    expect(() => parseMirrorSubject(subject)).toThrow(`Cannot read subject "${subject}"`);
  });
});

describe('streams and buckets', () => {
  test.each([
    [logSubject('sales', 'p07'), 'log.sales.p07', logStream('sales')],
    [logSubject('sales', 'all'), 'log.sales.all', 'LOG_sales'],
    [keySubject('rfm', 'p07.customer.42'), '$KV.rfm.p07.customer.42', bucketStream('rfm')],
    [keySubject('members', 'x'), '$KV.members.x', 'KV_members'],
    [dlqSubject('dbserver1.public.orders', 'bad amount'), 'dlq.dbserver1.public.orders.bad=20amount', 'DLQ'],
    [lateSubject('sales', 'p07'), 'late.sales.p07', 'LATE'],
    ['rules.segments', 'rules.segments', 'EVENTS'],
    [mirrorSubject('orders', 2), 'mirror.orders.k2', 'MIRROR_orders_k2'],
    [mirrorSubject('shop.public.a_b', 0), 'mirror.shop.public.a_b.k0', 'MIRROR_shop+public+a_b_k0'],
  ])('%s is %s in %s', (subject, spelt, stream) => {
    expect(subject).toBe(spelt);
    expect(streamOf(subject)).toBe(stream);
  });

  test('the key comes back from its subject, dots and all', () => {
    expect(subjectKey('rfm', keySubject('rfm', 'p07.customer.42'))).toBe('p07.customer.42');
  });

  test('a subject of no stream is refused', () => {
    expect(() => streamOf('orders.p00')).toThrow('Cannot place subject "orders.p00"');
  });
});
