import { describe, expect, test } from 'vitest';
import { compilePattern } from './compile-pattern.ts';
import { InvalidPatternError, type Pattern } from './pattern.ts';
import { begin, type PatternBuilder, skipToFirst, skipToLast } from './pattern-builder.ts';
import { validatePattern } from './validate-pattern.ts';

const a = begin<string>('a');
const ab = a.followedBy('b').within(10);
const pair = begin<string>('g1').next('g2');

/** What is refused, and a part of the reason. */
const refused: [what: string, pattern: () => PatternBuilder<string>, reason: string][] = [
  ['a pattern that ends with notFollowedBy and has no window', () => a.notFollowedBy('b'), 'nothing says until when'],
  ['two stages of one name', () => a.next('a'), 'two stages are called "a"'],
  ['two stages of one name, one in a group', () => a.next(begin<string>('a')), 'two stages are called "a"'],
  ['a stage without a name', () => begin<string>(''), 'cannot be called ""'],
  ['a name that would change the match', () => begin<string>('__proto__'), 'cannot be called "__proto__"'],
  ['greedy on a single stage', () => a.greedy(), 'greedy and matches once'],
  ['greedy on a group', () => begin(pair).times(2).consecutive().greedy(), 'Make stages inside it greedy'],
  ['greedy with combinations', () => a.times(2).greedy().allowCombinations(), 'greedy and allows combinations'],
  ['greedy on what must not match', () => ab.notNext('n').greedy(), 'greedy and matches once'],
  ['optional after greedy', () => a.times(2).greedy().next('b').optional(), 'optional after a greedy stage'],
  ['optional on what must not match', () => a.notNext('n').optional(), 'cannot be optional'],
  ['several times on what must not match', () => a.notNext('n').times(2), 'cannot match several times'],
  ['what must not match after optional', () => a.next('b').optional().notNext('n'), 'after an optional stage'],
  ['notNext with only optional stages behind', () => a.notNext('n').next('b').optional(), 'is optional'],
  ['until on a single stage', () => a.until(() => true), 'until and matches once'],
  ['until on a counted loop', () => a.times(1, 3).until(() => true), 'loops without a limit only'],
  ['contiguity on a single stage', () => a.consecutive(), '"consecutive" and matches once'],
  ['no times', () => a.times(0), '"0" times'],
  ['less than at least', () => a.times(3, 2), '"3" to "2" times'],
  ['a part of a time', () => a.timesOrMore(1.5), '"1.5" times'],
  ['an empty window', () => a.within(0), 'within of "0"'],
  ['a window that is no number', () => a.within(Number.NaN), 'within of "NaN"'],
  ['a gap in front of the first stage', () => a.within(5, 'previous-and-current'), 'no event before it'],
  ['a gap longer than the window', () => ab.within(11, 'previous-and-current'), 'longer than within'],
  ['a skip to a stage that is not there', () => ab.skip(skipToFirst('z')), 'skips to "z"'],
  ['a skip to what must not match', () => ab.notNext('n').next('c').skip(skipToLast('n')), 'skips to "n"'],
  ['a group that ends with what must not match', () => begin(a.notNext('n')), 'Move it behind the group'],
  ['a repeated group that can be empty', () => begin(a.optional()).oneOrMore().within(9), 'all of it is optional'],
  ['a wait without an end', () => a.followedBy('b'), 'can wait at "b" for ever'],
  ['a loop without an end', () => a.oneOrMore().consecutive(), 'can wait at "a" for ever'],
  ['a relaxed loop without an end', () => a.times(2), 'can wait at "a" for ever'],
  ['a wait without an end in a group', () => a.next(begin<string>('g').followedBy('h')), 'for ever'],
  ['an automaton that is too large', () => a.times(20_000).within(10), 'more than 10000 states'],
];

describe('refused with the reason', () => {
  test.each(refused)('%s', (_, pattern, reason) => {
    let message = '';
    try {
      compilePattern(pattern().build());
    } catch (error) {
      if (!(error instanceof InvalidPatternError)) throw error;
      message = error.message;
    }
    expect(message).toContain(reason);
  });

  test('a pattern without stages, and a first stage that does not begin', () => {
    const empty: Pattern<string> = { name: 'p', stages: [], skip: { kind: 'noSkip' } };
    expect(() => validatePattern(empty)).toThrow('it has no stage');
    const late: Pattern<string> = { ...empty, stages: [{ kind: 'event', link: 'next', name: 'a' }] };
    expect(() => validatePattern(late)).toThrow('The first stage has "begin"');
  });
});

describe('accepted', () => {
  const accepted: [what: string, pattern: () => PatternBuilder<string>][] = [
    ['strict stages without a window', () => a.next('b').notNext('n').next('c')],
    ['a counted consecutive loop without a window', () => a.times(3).consecutive()],
    ['waits that have gaps', () => a.followedBy('b').within(5, 'previous-and-current')],
    ['a loop that has a gap and a limit', () => a.times(2, 4).gap(5)],
    [
      'notFollowedBy at the end within a time since the event before',
      () => a.notFollowedBy('b').within(5, 'previous-and-current'),
    ],
    [
      'until on a loop',
      () =>
        a
          .oneOrMore()
          .until(() => true)
          .within(5),
    ],
    ['an optional group in a loop', () => a.next(begin(pair)).times(0, 2).consecutive()],
  ];

  test.each(accepted)('%s', (_, pattern) => {
    expect(() => compilePattern(pattern().build())).not.toThrow();
  });

  test('what grows without bound, when told so', () => {
    expect(compilePattern(a.followedBy('b').build({ allowUnbounded: true })).withinMs).toBeUndefined();
  });
});
