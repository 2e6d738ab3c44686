import { describe, expect, test } from 'vitest';
import { CepOperator } from './cep-operator.ts';
import { compilePattern } from './compile-pattern.ts';
import { begin, skipPastLastEvent } from './pattern-builder.ts';

const has = (letter: string) => (text: string) => text.includes(letter);

function matches(pattern: ReturnType<ReturnType<typeof begin<string>>['build']>, texts: readonly string[]): number {
  const operator = new CepOperator(compilePattern(pattern));
  return texts.flatMap((text, n) => operator.process(text, n)).length;
}

describe('the words', () => {
  test('make a description that holds all that was said', () => {
    const pattern = begin<string>('a').next('b').times(2, 3).greedy().within(50).skip(skipPastLastEvent).build();
    expect(pattern).toEqual({
      name: 'a',
      stages: [
        { kind: 'event', link: 'begin', name: 'a' },
        { kind: 'event', link: 'next', name: 'b', times: { min: 2, max: 3 }, greedy: true },
      ],
      skip: { kind: 'skipPastLastEvent' },
      withinMs: 50,
    });
  });

  test('where after where is and, or is or of all so far', () => {
    const both = begin<string>('s').where(has('a')).where(has('b')).build();
    expect(matches(both, ['a', 'b', 'ab'])).toBe(1);
    const either = begin<string>('s').where(has('a')).or(has('b')).where(has('c')).build();
    expect(matches(either, ['a', 'b', 'ac', 'bc', 'c'])).toBe(2);
  });

  test('times from 0 is optional', () => {
    const pattern = begin<string>('a').next('b').times(0, 2).consecutive().build();
    expect(pattern.stages[1]).toMatchObject({ times: { min: 1, max: 2 }, optional: true });
  });

  test('the shortest window of all counts, that of a group too', () => {
    const group = begin<string>('g').within(20);
    expect(begin<string>('a').within(50).followedBy(group).within(30).build().withinMs).toBe(20);
  });

  test('builders are not changed by what is added to them', () => {
    const base = begin<string>('a');
    base.optional();
    expect(base.next('b').build().stages[0]).toEqual({ kind: 'event', link: 'begin', name: 'a' });
  });
});

describe('contradictions are refused', () => {
  const a = begin<string>('a');
  test.each([
    ['a second quantifier', () => a.times(2).oneOrMore(), 'it has a quantifier already'],
    ['optional twice', () => a.optional().optional(), 'it is optional already'],
    ['a second contiguity', () => a.times(2).consecutive().allowCombinations(), 'it has "consecutive" already'],
    ['a second until', () => a.oneOrMore().until(has('x')).until(has('y')), 'it has one already'],
    ['a gap in no loop', () => a.gap(5), 'it matches once'],
    ['a condition on a group', () => begin(a).where(has('a')), 'it is a group'],
  ])('%s', (_, pattern, reason) => {
    expect(pattern).toThrow(reason);
  });
});
