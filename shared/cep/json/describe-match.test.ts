import { describe, expect, it } from 'vitest';
import type { MaipEvent } from '../../events/maip.ts';
import type { OrderEvent } from '../../events/order.ts';
import { compileDescription, templateProblem } from './describe-match.ts';

const START = Date.UTC(2024, 5, 1);
const order = (at: number, amount: number): OrderEvent => ({ t: START + at, k: 'c1', id: `o${at}`, amount });
const paid: MaipEvent = { t: START + 90_000, k: 'c1', id: 'e1', type: 'paid', payload: { by: 'card', 'x.y': 1 } };
const match = {
  first: START,
  last: START + 90_000,
  events: { small: [order(0, 1_250), order(1_500, 1_001)], 'a.b': [order(3_000, 7)], paid: [paid] },
};
const STAGES = ['small', 'a', 'a.b', 'paid', 'none'];

describe('a description', () => {
  for (const [template, text] of [
    ['nothing to fill in', 'nothing to fill in'],
    ['{key}: {count} in {span}', 'c1: 4 in 90s'],
    ['{start}..{end}', '2024-06-01T00:00:00Z..2024-06-01T00:01:30Z'],
    ['{small.count} {a.b.count} {none.count}', '2 1 0'],
    ['{small.sum.amount} {small.avg.amount} {small.min.amount} {small.max.amount}', '2251 1125.5 1001 1250'],
    ['{small.first.id} {small.last.id}', 'o0 o1500'],
    ['{small.sum.amount:money} {small.avg.amount:money}', '22.51 11.26'],
    ['{small.last.t:time}', '2024-06-01T00:00:01.500Z'],
    ['{a.b.first.amount}', '7'],
    ['{paid.last.payload.by} {paid.last.payload}', 'card -'],
    ['{none.last.amount} {none.avg.amount:money}', '- -'],
    ['{paid.last.type:money}', 'paid'],
    ['{{key}} {{{key}', '{key} {c1'],
  ] as const)
    it(`${template}`, () => {
      expect(templateProblem(template, STAGES)).toBeUndefined();
      expect(compileDescription(template, STAGES)(match, 'c1')).toBe(text);
    });

  for (const [template, problem] of [
    ['{', 'has a "{" alone'],
    ['a } b', 'has a "}" alone'],
    ['{small.count', 'has a "{" alone'],
    ['{}', 'has no placeholder "{}"'],
    ['{konto}', 'has no placeholder "{konto}"'],
    ['{large.count}', 'has no placeholder "{large.count}"'],
    ['{small}', 'has no placeholder'],
    ['{small.median.amount}', 'has no placeholder'],
    ['{small.sum}', 'has no placeholder'],
    ['{small.count.amount}', 'has no placeholder'],
    ['{small.last.constructor}', 'has no placeholder'],
    ['{small.last.amount:eur}', undefined],
  ] as const)
    it(`${template} ${problem ?? 'is a member called so'}`, () => {
      const found = templateProblem(template, STAGES);
      if (problem === undefined) expect(found).toBeUndefined();
      else expect(found).toContain(problem);
    });
});
