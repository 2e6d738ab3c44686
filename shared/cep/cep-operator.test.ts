import { describe, expect, test } from 'vitest';
import { CepOperator, operatorsOf } from './cep-operator.ts';
import type { CepResult } from './cep-result.ts';
import { compilePattern } from './compile-pattern.ts';
import { begin, skipPastLastEvent, skipToNext } from './pattern-builder.ts';
import type { CepSnapshot } from './snapshot.ts';

interface Tick {
  readonly name: string;
  readonly price: number;
}

const is = (name: string) => (event: Tick) => event.name === name;
const tick = (name: string, price = 0): Tick => ({ name, price });
const EMPTY = { partialMatches: 0, withheldMatches: 0, events: 0, nodes: 0 };

function pricesOf(results: readonly CepResult<Tick>[]): string[] {
  return results.map(({ kind, t, events }) => {
    const stages = Object.entries(events).map(([name, taken]) => `${name}=${taken.map(({ price }) => price)}`);
    return `${kind}@${t} ${stages.join(' ')}`;
  });
}

describe('results', () => {
  test('say when they became certain, when they began and ended, and what each stage took', () => {
    const pattern = begin<Tick>('a').where(is('a')).times(2).followedBy('b').where(is('b')).within(100).build();
    const operator = new CepOperator(compilePattern(pattern));
    operator.process(tick('a', 1), 10);
    operator.process(tick('a', 2), 20);
    expect(operator.process(tick('b', 3), 30)).toEqual([
      { kind: 'match', t: 30, first: 10, last: 30, events: { a: [tick('a', 1), tick('a', 2)], b: [tick('b', 3)] } },
    ]);
  });

  test('an event at the end of the window is outside', () => {
    const pattern = begin<Tick>('a').where(is('a')).followedBy('b').where(is('b')).within(100).build();
    const operator = new CepOperator(compilePattern(pattern));
    operator.process(tick('a', 1), 0);
    operator.process(tick('a', 2), 1);
    expect(pricesOf(operator.process(tick('b', 3), 100))).toEqual(['match@100 a=2 b=3']);
  });

  test('timed-out partial matches are given out at their deadline, when asked for', () => {
    const pattern = begin<Tick>('a').where(is('a')).followedBy('b').where(is('b')).within(100).build();
    const operator = new CepOperator(compilePattern(pattern, { timeouts: true }));
    operator.process(tick('a', 1), 0);
    operator.process(tick('a', 2), 7);
    expect(operator.nextDeadline).toBe(100);
    expect(operator.advanceTime(98)).toEqual([]);
    expect(pricesOf(operator.advanceTime(99))).toEqual(['timeout@100 a=1']);
    expect(pricesOf(operator.process(tick('x'), 5_000))).toEqual(['timeout@107 a=2']);
    expect(operator.stats).toEqual(EMPTY);
  });
});

describe('iterative conditions', () => {
  const rising = begin<Tick>('start')
    .where(is('p'))
    .followedBy('rise')
    .where(is('p'))
    .where(({ price }, matched) => {
      const before = matched.events('rise').at(-1) ?? matched.events('start').at(-1);
      return price > (before?.price ?? 0);
    })
    .times(2)
    .within(1_000)
    .build();

  test('each partial match is asked with what it has taken itself', () => {
    const operator = new CepOperator(compilePattern(rising));
    const results = [5, 3, 4, 6].flatMap((price, n) => operator.process(tick('p', price), n));
    expect(pricesOf(results)).toEqual(['match@3 start=3 rise=4,6']);
  });

  test('a condition that reads nothing is asked once for an event, however many partial matches wait', () => {
    let asked = 0;
    const pattern = begin<Tick>('a').where(is('a')).followedBy('b').within(10_000);
    const counting = pattern.where(({ name }) => ++asked > 0 && name === 'b').build();
    const operator = new CepOperator(compilePattern(counting));
    for (let n = 0; n < 1_000; n++) operator.process(tick('a'), n);
    asked = 0;
    operator.process(tick('x'), 1_000);
    expect(asked).toBe(1);
    expect(operator.process(tick('b'), 1_001)).toHaveLength(1_000);
  });
});

describe('where Flink depends on when the watermark comes', () => {
  const absence = begin<Tick>('a').where(is('a')).notFollowedBy('b').where(is('b')).within(100);

  test('a match by absence is stamped with the end of its window', () => {
    const operator = new CepOperator(compilePattern(absence.build()));
    operator.process(tick('a', 1), 0);
    operator.process(tick('a', 2), 50);
    expect(pricesOf(operator.advanceTime(500))).toEqual(['match@100 a=1', 'match@150 a=2']);
  });

  test('compat flink stamps it with the watermark', () => {
    const operator = new CepOperator(compilePattern(absence.build(), { compat: 'flink' }));
    operator.process(tick('a', 1), 0);
    operator.process(tick('a', 2), 50);
    expect(pricesOf(operator.advanceTime(500))).toEqual(['match@500 a=1', 'match@500 a=2']);
  });

  test('a withheld match is given out when the one that withheld it runs out of time, and not later', () => {
    const pattern = begin<Tick>('x')
      .where(({ name }) => name !== 'c')
      .followedBy('c')
      .where(({ name }, matched) => name === 'c' && matched.events('x')[0]?.name !== 'slow');
    const operator = new CepOperator(compilePattern(pattern.within(100).skip(skipToNext).build()));
    operator.process(tick('slow', 1), 0);
    operator.process(tick('fast', 2), 10);
    expect(operator.process(tick('c', 3), 20)).toEqual([]);
    expect(operator.stats.withheldMatches).toBe(1);
    expect(pricesOf(operator.advanceTime(5_000))).toEqual(['match@100 x=2 c=3']);
    expect(operator.isIdle).toBe(true);
  });
});

describe('HIGH_ORDER_VOLUME', () => {
  const pattern = begin<Tick>('first')
    .where(is('maip.order.created'))
    .timesOrMore(10)
    .within(60_000)
    .skip(skipPastLastEvent)
    .build({ name: 'HIGH_ORDER_VOLUME' });

  test('one match for ten orders, and no more than nine partial matches, at 1,000 orders a second', () => {
    const operator = new CepOperator(compilePattern(pattern));
    let matches = 0;
    let most = 0;
    for (let n = 0; n < 60_000; n++) {
      matches += operator.process(tick('maip.order.created', n), n).length;
      most = Math.max(most, operator.stats.partialMatches);
    }
    expect([matches, most]).toEqual([6_000, 9]);
  });

  test('nine orders in a minute are none, and ten that take longer are none', () => {
    const operator = new CepOperator(compilePattern(pattern));
    const results = Array.from({ length: 30 }, (_, n) => operator.process(tick('maip.order.created', n), n * 6_667));
    expect(results.flat()).toEqual([]);
  });
});

describe('state', () => {
  test('is bounded by the window over 100,000 events', () => {
    const pattern = begin<Tick>('a').where(is('a')).followedBy('b').where(is('b')).oneOrMore().followedBy('c');
    const operator = new CepOperator(compilePattern(pattern.where(is('c')).within(50).build()));
    let most = 0;
    for (let n = 0; n < 100_000; n++) {
      operator.process(tick(n % 20 === 0 ? 'a' : n % 7 === 0 ? 'b' : 'x'), n);
      most = Math.max(most, operator.stats.events + operator.stats.nodes + operator.stats.partialMatches);
    }
    expect(most).toBeLessThan(100);
    operator.advanceTime(200_000);
    expect(operator.stats).toEqual(EMPTY);
  });

  test('holds each event once, however many partial matches share it', () => {
    const pattern = begin<Tick>('a').followedByAny('b').followedByAny('c').where(is('never')).within(1_000).build();
    const operator = new CepOperator(compilePattern(pattern));
    for (let n = 0; n < 20; n++) operator.process(tick('x', n), n);
    expect(operator.stats).toMatchObject({ events: 20, partialMatches: 210 });
    const { events } = operator.snapshot();
    expect(events).toHaveLength(20);
  });

  test('goes on from its snapshot in compat flink too', () => {
    const pattern = begin<Tick>('a').where(is('a')).oneOrMore().followedBy('b').where(is('b')).skip(skipPastLastEvent);
    const create = operatorsOf(compilePattern(pattern.within(30).build(), { compat: 'flink', timeouts: true }));
    const straight = create();
    let restored = create();
    for (const [n, name] of [...'aaxabbaaxxbaab'].entries()) {
      const expected = straight.process(tick(name, n), n * 3);
      expect(restored.process(tick(name, n), n * 3)).toEqual(expected);
      const stored: CepSnapshot<Tick> = JSON.parse(JSON.stringify(restored.snapshot()));
      expect(stored).toEqual(straight.snapshot());
      restored = create(stored);
    }
  });

  test('is refused when it was made by another pattern', () => {
    const one = begin<Tick>('a').where(is('a')).next('b').next('c').build();
    const operator = new CepOperator(compilePattern(one));
    operator.process(tick('a'), 0);
    operator.process(tick('b'), 1);
    const other = compilePattern(begin<Tick>('a').where(is('a')).build({ name: 'other' }));
    expect(() => new CepOperator(other, operator.snapshot())).toThrow(
      /Cannot restore pattern "other".*another|Cannot restore/,
    );
  });
});

describe('hostile input', () => {
  const pair = compilePattern(begin<Tick>('a').where(is('a')).followedBy('b').where(is('b')).within(10).build());

  test('events of one time are taken in the order they come', () => {
    const operator = new CepOperator(pair);
    expect(operator.process(tick('b', 1), 5)).toEqual([]);
    expect(operator.process(tick('a', 2), 5)).toEqual([]);
    expect(pricesOf(operator.process(tick('b', 3), 5))).toEqual(['match@5 a=2 b=3']);
  });

  test('nothing comes of nothing', () => {
    const operator = new CepOperator(pair);
    expect([operator.advanceTime(1_000), operator.isIdle, operator.nextDeadline]).toEqual([[], true, undefined]);
    expect(operator.stats).toEqual(EMPTY);
  });

  test.each([
    ['earlier than the one before', 4],
    ['no number', Number.NaN],
  ])('an event whose time is %s is refused', (_, t) => {
    const operator = new CepOperator(pair);
    operator.process(tick('a'), 5);
    expect(() => operator.process(tick('b'), t)).toThrow(`Cannot match an event at t=${t}`);
  });

  test('an event that the watermark has passed is refused', () => {
    const operator = new CepOperator(pair);
    operator.advanceTime(5);
    expect(() => operator.process(tick('b'), 5)).toThrow('Cannot match an event at t=5');
    expect(operator.process(tick('b'), 6)).toEqual([]);
  });

  test.each(['default', 'flink'] as const)('a condition that throws is named, with its pattern (%s)', (compat) => {
    const pattern = begin<Tick>('ok')
      .next('broken')
      .where(() => {
        throw new Error('no such field');
      })
      .build({ name: 'rule-7' });
    const operator = new CepOperator(compilePattern(pattern, { compat }));
    operator.process(tick('a'), 0);
    expect(() => operator.process(tick('b'), 1)).toThrow(
      'The condition of stage "broken" in pattern "rule-7" failed: no such field.',
    );
  });

  test('a condition that reads a stage that is not there is told so', () => {
    const pattern = begin<Tick>('a').where((_, matched) => matched.events('b').length === 0);
    const operator = new CepOperator(compilePattern(pattern.build()));
    expect(() => operator.process(tick('a'), 0)).toThrow('There is no stage "b" to read');
  });
});
