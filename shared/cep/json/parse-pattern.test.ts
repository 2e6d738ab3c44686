import { describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../../config/routes.ts';
import { parsePattern, readPattern } from './parse-pattern.ts';
import { PatternFileError } from './pattern-file-error.ts';
import { PATTERN_KINDS } from './pattern-spec.ts';

const BASE = { name: 'p', input: { kind: 'order' }, per: 'key', within: '1m' };
const A = { name: 'a', where: { field: 'amount', gt: 1 } };
const B = { name: 'b' };

function withStages(...stages: readonly unknown[]) {
  return { ...BASE, stages };
}

function withCondition(where: unknown) {
  return withStages(A, { name: 'b', where });
}

function withAlert(description: string) {
  return { ...withStages(A, B), alert: { type: 'T', severity: 'low', description } };
}

function problems(document: unknown): string[] {
  try {
    readPattern(document, 'p.json');
    return [];
  } catch (error) {
    if (!(error instanceof PatternFileError)) throw error;
    expect(error.message).toMatch(/^Cannot use the pattern "p\.json": /);
    return error.message.replace(/^.*?: /, '').split('\n  ');
  }
}

describe('a pattern file', () => {
  it('becomes a pattern, with the defaults of the words', () => {
    const { pattern, ...rest } = readPattern(withStages(A, B), 'p.json');
    expect(rest).toMatchObject({
      name: 'p',
      kind: 'order',
      topic: undefined,
      per: 'key',
      compat: 'default',
      alert: undefined,
    });
    expect(pattern).toMatchObject({
      ...{ name: 'p', skip: { kind: 'noSkip' }, withinMs: 60_000 },
      stages: [
        { kind: 'event', link: 'begin', name: 'a' },
        { kind: 'event', link: 'followedBy', name: 'b' },
      ],
    });
    expect(Object.keys(pattern.stages[1] ?? {}).sort()).toEqual(['kind', 'link', 'name']);
  });
  it('says everything that a pattern can say', () => {
    const document = {
      ...BASE,
      description: 'for people',
      stages: [
        { link: 'begin', name: 'a', times: 2, contiguity: 'allowCombinations' },
        { link: 'next', name: 'b', within: 500 },
        { link: 'notFollowedBy', name: 'c' },
        {
          link: 'followedByAny',
          group: [{ name: 'd' }, { link: 'next', name: 'e', times: { min: 1, max: 3, gap: '2s' }, greedy: true }],
          times: { min: 1 },
          until: { field: 'amount', lt: 0 },
          optional: true,
        },
        { name: 'f' },
      ],
      within: '2h',
      skip: { skipToLast: 'b' },
      compat: 'flink',
    };
    const { pattern, compat } = readPattern(document, 'p.json');
    expect(compat).toBe('flink');
    expect(pattern).toEqual({
      name: 'p',
      skip: { kind: 'skipToLast', stage: 'b' },
      withinMs: 7_200_000,
      stages: [
        { kind: 'event', link: 'begin', name: 'a', times: { min: 2, max: 2 }, contiguity: 'allowCombinations' },
        { kind: 'event', link: 'next', name: 'b', gapMs: 500 },
        { kind: 'event', link: 'notFollowedBy', name: 'c' },
        {
          ...{ kind: 'group', link: 'followedByAny', times: { min: 1 }, optional: true, until: expect.any(Function) },
          stages: [
            { kind: 'event', link: 'begin', name: 'd' },
            { kind: 'event', link: 'next', name: 'e', times: { min: 1, max: 3, gapMs: 2_000 }, greedy: true },
          ],
        },
        { kind: 'event', link: 'followedBy', name: 'f' },
      ],
    });
  });
  it('knows the kinds of event that routes make', () => {
    expect([...PATTERN_KINDS].sort()).toEqual([...EVENT_KINDS].sort());
  });
  it('takes events of its topic, whatever their Kafka partition, and by its filter', () => {
    const stages = [B];
    const input = { kind: 'maip', topic: 'maip.*.created', where: { field: 'type', ne: 'x' } };
    const { accepts } = readPattern({ ...BASE, input, stages }, 'p.json');
    const event = { t: 1, k: 'k', type: 'y' };
    expect(accepts(event, 'maip.order.created#00012')).toBe(true);
    expect(accepts(event, 'maip.order.created#00003')).toBe(true);
    expect(accepts({ ...event, type: 'x' } as typeof event, 'maip.order.created#00012')).toBe(false);
    for (const source of ['maip.order.paid#00000', 'maip.created#00000', 'maip.order.created.x#00000'])
      expect(accepts(event, source)).toBe(false);
  });
});

describe('what is wrong is told with its place and what to do', () => {
  for (const [document, ...expected] of [
    [[], 'the file: [] is no object (write { } around it); correct it'],
    [
      {},
      'name: is missing; set it',
      'input: is missing; set it',
      'per: is missing; set it',
      'stages: is missing; set it',
    ],
    [
      { ...withStages(A), name: 'a b' },
      'name: "a b" has a form that is not allowed here; write letters, digits, _ and -, up to 100',
    ],
    [
      { ...withStages(A), input: { kind: 'orders' } },
      'input.kind: "orders" is not known; set one of order, orderItem, product, download, maip, userEvent',
    ],
    [{ ...withStages(A), per: 'customer' }, 'per: "customer" is not known; set one of key, global'],
    [
      { ...withStages(A), wihtin: 1 },
      'wihtin: is no member that a pattern has here; check the spelling (shared/cep/json/README.md has all of them)',
    ],
    [
      { ...withStages(A), within: '1w' },
      'within: "1w" is no span of time; write ms as a number above 0, or a text such as "30s", "1m", "2h"',
    ],
    [{ ...withStages(A), within: 0 }, 'within: 0 is below 1; raise it'],
    [
      { ...withStages(A), skip: 'never' },
      'skip: "never" is no skip strategy; write "noSkip", "skipToNext", "skipPastLastEvent", {"skipToFirst": stage} or {"skipToLast": stage}',
    ],
    [
      { ...withStages(A), skip: {} },
      'skip: says not which stage to skip to; write {"skipToFirst": stage} or {"skipToLast": stage}',
    ],
    [
      { ...withStages(A), input: { kind: 'order', topic: 'a b' } },
      'input.topic: "a b" is no topic; write a name, with * for whole tokens: maip.order.*',
    ],
    [withStages(), 'stages: [] is empty; fill it or leave it out'],
    [withStages({ name: 'a', times: 0 }), 'stages[0].times: 0 is below 1; raise it'],
    [withStages({}), 'stages[0]: is to be an event or a group; set name, or group, and not both'],
    [
      withStages({ name: 'a', group: [B] }),
      'stages[0]: is to be an event or a group; set name, or group, and not both',
    ],
    [withStages({ group: [B], greedy: true }), 'stages[0].greedy: is not for a group; say it of the stages inside'],
    [
      withStages(A, { link: 'followed', name: 'b' }),
      'stages[1].link: "followed" is not known; set one of begin, next, followedBy, followedByAny, notNext, notFollowedBy',
    ],
    [withCondition({}), 'stages[1].where: is to have exactly one of and, or, not, field, matched; it has none'],
    [
      withCondition({ field: 'amount', not: { field: 'amount', eq: 1 } }),
      'stages[1].where: is to have exactly one of and, or, not, field, matched; it has not and field',
    ],
    [
      withCondition({ and: [{ field: 'amount' }] }),
      'stages[1].where.and[0]: compares with nothing; add one of eq, ne, gt, gte, lt, lte, in, exists, startsWith, endsWith, contains',
    ],
    [
      withCondition({ not: { field: 'amount', eq: 1 }, eq: 1 }),
      'stages[1].where.eq: compares nothing beside "not"; put it in a condition with field',
    ],
    [
      withCondition({ field: 'amuont', gt: 1 }),
      'stages[1].where.field: "amuont" is no member of kind order; it has t, k, id, amount',
    ],
    [
      withCondition({ field: 'amount.cents', gt: 1 }),
      'stages[1].where.field: "amount" has nothing inside; name it alone',
    ],
    [
      withCondition({ field: 'amount', gt: true }),
      'stages[1].where.gt: true is no value to compare with; write a text, a number, or {"field": ...} or {"matched": ...}',
    ],
    [
      withCondition({ field: 'amount', gt: {} }),
      'stages[1].where.gt: is to name a value; set field, or matched, and not both',
    ],
    [
      withCondition({ field: 'amount', gt: { matched: { stage: 'c', aggregate: 'count' } } }),
      'stages[1].where.gt.matched.stage: "c" cannot have taken an event yet; name "a", "b"',
    ],
    [
      withCondition({ field: 'amount', gt: { matched: { stage: 'a', aggregate: 'avg' } } }),
      'stages[1].where.gt.matched: says not of what the avg is to be; add field',
    ],
    [
      withCondition({ matched: { stage: 'a', aggregate: 'count', field: 'amount' }, gt: 1 }),
      'stages[1].where.matched.field: is not for count; leave it out',
    ],
    [withCondition({ field: 'amount', in: [] }), 'stages[1].where.in: [] is empty; fill it or leave it out'],
    [
      withCondition({ field: 'amount', matches: '(a+)+' }),
      'stages[1].where.matches: is no member that a pattern has here; check the spelling (shared/cep/json/README.md has all of them)',
    ],
    [
      withStages({ link: 'begin', name: 'a', where: { matched: { stage: 'b', aggregate: 'count' }, gt: 0 } }, B),
      'stages[0].where.matched.stage: "b" cannot have taken an event yet; name "a"',
    ],
    [
      withAlert('{c.count}'),
      'alert.description: has no placeholder "{c.count}"; write {key}, {start}, {end}, {span}, {count}, {stage.count}, or {stage.sum.amount} with a stage that takes events',
    ],
    [
      withStages(A, A),
      'stages: Pattern "p" cannot be matched: two stages are called "a". Give each a name of its own.',
    ],
    [
      { ...BASE, within: undefined, stages: [A, B] },
      'stages: Pattern "p" cannot be matched: partial matches can wait at "b" for ever. Add within, or allow it with allowUnbounded.',
    ],
  ] as const)
    it(`${JSON.stringify(document)}`, () => {
      expect(problems(document)).toEqual(expected);
    });

  it('inside a value that may have other forms', () => {
    const avgg = { matched: { stage: 'a', aggregate: 'avgg', field: 'amount' } };
    expect(problems(withCondition({ field: 'amount', gt: avgg }))).toEqual([
      'stages[1].where.gt.matched.aggregate: "avgg" is not known; set one of count, sum, avg, min, max, first, last',
    ]);
    const misspelt =
      'is no member that a pattern has here; check the spelling (shared/cep/json/README.md has all of them)';
    expect(problems({ ...withStages(A), skip: { skipToFrist: 'a' } })).toEqual([`skip.skipToFrist: ${misspelt}`]);
    expect(problems(withStages({ name: 'a', times: { min: 'two' } }))).toEqual([
      'stages[0].times.min: "two" is no number; correct it',
    ]);
    expect(problems(withStages({ name: 'a', times: '3' }))).toEqual([
      'stages[0].times: "3" is no number of times; write 3, {"min": 2, "max": 4}, or {"min": 1} for one or more',
    ]);
  });
  it('for several faults at once', () => {
    const wrong = withStages({ name: 'a', where: { field: 'x', eq: 1 } }, { name: 'b', where: { field: 'y', eq: 1 } });
    expect(problems(wrong).map((text) => text.split(':')[0])).toEqual([
      'stages[0].where.field',
      'stages[1].where.field',
    ]);
  });
  it('for inherited names inside what is kept as it came', () => {
    const where = { field: 'payload.__proto__.x', exists: true };
    expect(problems({ ...BASE, input: { kind: 'maip' }, stages: [{ name: 'a', where }] })).toEqual([
      'stages[0].where.field: "payload.__proto__.x" cannot be read; name members that the event itself has',
    ]);
  });
  it('for what is nested without end', () => {
    let where: unknown = { field: 'amount', eq: 1 };
    for (let depth = 0; depth < 10_000; depth++) where = { not: where };
    expect(problems(withCondition(where))).toEqual(['the file: is nested more than 64 deep; write it flatter']);
  });
  it('for a text that is no JSON', () => {
    expect(() => parsePattern('{"name": }', 'x.json')).toThrow(PatternFileError);
    expect(() => parsePattern('{"name": }', 'x.json')).toThrow(
      'Cannot use the pattern "x.json": the file: is no JSON (',
    );
  });
});
