import { describe, expect, test } from 'vitest';
import type { SegmentResult } from '../../shared/segments/segment-result.ts';
import { checkLaw } from '../../shared/testing/law.ts';
import { type Outcome, runStages } from '../../shared/testing/stage-harness.ts';
import type { NaiveStep } from './_naive.ts';
import {
  derived,
  documentsIn,
  event,
  events,
  MINUTE,
  membersIn,
  rule,
  rules,
  segment,
  START,
  toSteps,
  watermark,
} from './_rules-and-events.ts';
import { DEFAULT_SEGMENTS, segments } from './segments.ts';

function run(...steps: (NaiveStep | NaiveStep[])[]): Outcome {
  return checkLaw([segments()], toSteps(steps.flat()));
}

function resultIn(outcome: Outcome, id: string, user = 'ann'): SegmentResult | undefined {
  return documentsIn(outcome).get(user)?.segments[id];
}

const BUYERS = segment('buyers'); // 2 purchases in 5 minutes

describe('a segment of one rule', () => {
  test('a user without enough events is not in it, and its document says so', () => {
    const outcome = run(rules(BUYERS), events(event(0, 'ann')));
    expect(documentsIn(outcome).get('ann')).toEqual({
      user_id: 'ann',
      segments: {
        buyers: {
          qualified: false,
          value: 1,
          timestamp: '2024-06-01T10:00:00Z',
          windowStart: '2024-06-01T09:55:00Z',
          windowEnd: '2024-06-01T10:00:00Z',
          ruleId: 'r1',
        },
      },
      updated: '2024-06-01T10:00:00Z',
    });
    expect(membersIn(outcome)).toEqual(new Set());
  });

  test('a user qualifies at once, without any watermark, and is listed under the segment', () => {
    const outcome = run(rules(BUYERS), events(event(0, 'ann'), event(1, 'ann'), event(1, 'bob')));
    expect(resultIn(outcome, 'buyers')).toMatchObject({ qualified: true, value: 2, windowEnd: '2024-06-01T10:01:00Z' });
    expect([...outcome.results].filter(([key]) => key.includes('.member.'))).toEqual([
      ['p08.member.buyers.ann', '{"user_id":"ann"}'],
    ]);
  });

  test('an event belongs for exactly the window: it slides out by another event of the user', () => {
    const resultAfter = (ms: number) =>
      resultIn(
        run(rules(BUYERS), events(event(0, 'ann'), { ...event(0, 'ann'), t: START + 5 * MINUTE + ms })),
        'buyers',
      );
    expect(resultAfter(-1)).toMatchObject({ qualified: true, value: 2 });
    expect(resultAfter(0)).toMatchObject({ qualified: false, value: 1 });
  });

  test('it slides out by event time alone, at its time and not before', () => {
    const at = (minutes: number) => run(rules(BUYERS), events(event(0, 'ann'), event(1, 'ann')), watermark(minutes));
    expect(resultIn(at(4.99), 'buyers')).toMatchObject({ qualified: true, value: 2 });
    const gone = at(5);
    expect(resultIn(gone, 'buyers')).toMatchObject({
      qualified: false,
      value: 1,
      windowStart: '2024-06-01T10:00:00Z',
      windowEnd: '2024-06-01T10:05:00Z',
    });
    expect(membersIn(gone)).toEqual(new Set());
    expect(resultIn(at(40), 'buyers')).toMatchObject({ value: 0, windowEnd: '2024-06-01T10:06:00Z' });
  });

  test('after an hour without events the user is forgotten: a last document, no member key, no state', () => {
    const least = segment('quiet', { windowMinutes: 60, rules: [rule({ operator: 'LT', value: 5 })] });
    const steps = [rules(least), ...events(event(0, 'ann'), event(10, 'ann'))];
    const held = run(steps, watermark(69.9));
    expect(resultIn(held, 'quiet')).toMatchObject({ qualified: true, value: 1 });
    expect(membersIn(held)).toEqual(new Set(['quiet ann']));
    const outcome = run(steps, watermark(70));
    expect(resultIn(outcome, 'quiet')).toMatchObject({ qualified: false, value: 0, windowEnd: '2024-06-01T11:10:00Z' });
    expect(membersIn(outcome)).toEqual(new Set());
    expect([...outcome.state.keys()].filter((key) => !key.endsWith('.rules'))).toEqual([]);
  });

  test('sums are exact, whatever comes and goes', () => {
    const spend = segment('spend', { rules: [rule({ attribute: 'sum', operator: 'EQ', value: 0.3 })] });
    const values = [1e9, 0.1, -1e9, 0.2];
    const outcome = run(rules(spend), events(...values.map((value, n) => event(n, 'ann', { value }))));
    expect(resultIn(outcome, 'spend')).toMatchObject({ qualified: true, value: 0.3 });
    const later = run(rules(spend), events(...values.map((value, n) => event(n, 'ann', { value }))), watermark(6));
    expect(resultIn(later, 'spend')).toMatchObject({ qualified: false, value: -999_999_999.8 });
  });

  test('tumbling: counted from the full multiple of the window on', () => {
    const tumbling = segment('t', { window: 'tumbling' });
    const at = (minutes: number, ...steps: NaiveStep[]) =>
      resultIn(run(rules(tumbling), events(event(4, 'ann'), event(minutes, 'ann')), steps), 't');
    expect(at(4.9)).toMatchObject({
      qualified: true,
      value: 2,
      timestamp: '2024-06-01T10:04:54Z',
      windowStart: '2024-06-01T10:00:00Z',
      windowEnd: '2024-06-01T10:05:00Z',
    });
    expect(at(5)).toMatchObject({ qualified: false, value: 1, windowStart: '2024-06-01T10:05:00Z' });
    expect(at(4.9, watermark(5))).toMatchObject({ value: 0, windowStart: '2024-06-01T10:05:00Z' });
  });
});

describe('several rules and derived segments', () => {
  const both = segment('both', { rules: [rule(), rule({ id: 'r2', eventType: 'view', attribute: 'sum', value: 60 })] });

  test('all rules must hold; the first that does not is named, and what each compares', () => {
    const bought = [rules(both), ...events(event(0, 'ann'), event(1, 'ann'))];
    expect(resultIn(run(bought), 'both')).toMatchObject({
      qualified: false,
      ruleId: 'r2',
      value: 0,
      rules: { r1: 2, r2: 0 },
    });
    const outcome = run(bought, events(event(1, 'ann', { type: 'view', value: 60 })));
    expect(resultIn(outcome, 'both')).toMatchObject({
      qualified: true,
      ruleId: 'r1',
      value: 2,
      rules: { r1: 2, r2: 60 },
    });
  });

  test('AND, OR and NOT follow their bases, also through another derived segment', () => {
    const viewers = segment('viewers', { rules: [rule({ eventType: 'view', value: 1 })] });
    const bases = ['buyers', 'viewers'];
    const all = rules(
      derived('not-or', ['or'], { combine: 'NOT' }),
      derived('and', bases),
      derived('or', bases, { combine: 'OR' }),
      derived('not', bases, { combine: 'NOT' }),
      BUYERS,
      viewers,
    );
    const view = event(1, 'ann', { type: 'view' });
    const inThese = (...steps: NaiveStep[]) =>
      [...membersIn(run(all, events(event(0, 'ann')), steps))].map((key) => key.split(' ')[0]).sort();
    expect(inThese()).toEqual(['not', 'not-or']);
    expect(inThese(...events(view))).toEqual(['or', 'viewers']);
    const filled = [...events(view, event(1, 'ann'))];
    expect(inThese(...filled)).toEqual(['and', 'buyers', 'or', 'viewers']);
    expect(inThese(...filled, watermark(5.5))).toEqual(['or', 'viewers']);
    expect(resultIn(run(all, events(event(0, 'ann')), filled), 'and')).toMatchObject({ value: 2, ruleId: null });
  });
});

describe('rules', () => {
  const two = events(event(0, 'ann'), event(1, 'ann'), event(20, 'ann'), event(20, 'bob'));
  const hourly = segment('hourly', { windowMinutes: 60, rules: [rule({ value: 3 })] });

  test('new ones see the events of the last hour', () => {
    const outcome = run(two, rules(hourly));
    expect(resultIn(outcome, 'hourly')).toMatchObject({ qualified: true, value: 3 });
    expect(membersIn(outcome)).toEqual(new Set(['hourly ann']));
  });

  test('changed ones are evaluated anew: in and out', () => {
    const stricter = segment('hourly', { windowMinutes: 60, rules: [rule({ value: 4 })] });
    expect(membersIn(run(rules(hourly), two, rules(stricter)))).toEqual(new Set());
    expect(membersIn(run(rules(stricter), two, rules(hourly)))).toEqual(new Set(['hourly ann']));
  });

  test('removed ones leave documents and member keys', () => {
    const outcome = run(rules(hourly, BUYERS), two, rules(BUYERS));
    expect(Object.keys(documentsIn(outcome).get('ann')?.segments ?? {})).toEqual(['buyers']);
    expect(membersIn(outcome)).toEqual(new Set());
    expect(documentsIn(run(rules(hourly), two, rules()))).toEqual(new Map());
  });

  test('each partition keeps them', () => {
    const outcome = run(rules(BUYERS));
    expect([...outcome.results.keys()].filter((key) => key.endsWith('.rules'))).toHaveLength(16);
    expect(JSON.parse(outcome.results.get('p03.rules') ?? '')).toEqual({ version: 1, segments: [BUYERS] });
  });

  test('wrong ones are reported, and those before stay in force', () => {
    const wrong = rules(derived('a', ['a']));
    const outcome = run(rules(hourly), two, wrong);
    expect(membersIn(outcome)).toEqual(new Set(['hourly ann']));
    expect(outcome.late).toHaveLength(16);
    expect(JSON.parse(outcome.late[0] ?? '')).toMatchObject({
      reason:
        'the rules before stay in force: Segments follow one another in a circle: a -> a; remove one of these bases',
    });
  });

  test('a change evaluates so many users at a time, and says how far it has come', () => {
    const users = Array.from({ length: 400 }, (_, n) => event(0, `user_${n}`));
    const few = { ...DEFAULT_SEGMENTS, resultsAMessage: 6 };
    const of = (id: string) => rules(segment(id, { rules: [rule({ value: 1 })] }));
    const steps = [of('old'), ...events(...users), of('one')];
    const outcome = runStages([segments(few)], toSteps(steps));
    const pending = [...outcome.state].filter(([key]) => key.endsWith('.pending'));
    expect(pending).toHaveLength(16);
    const done = [...membersIn(outcome)].filter((key) => key.startsWith('one ')).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(100);
    const later = Array.from({ length: 20 }, (_, n) => watermark(n / 1_000));
    const end = checkLaw([segments(few)], toSteps([...steps, ...later]));
    expect(membersIn(end)).toEqual(new Set(users.map(({ k }) => `one ${k}`)));
    expect([...end.state.keys()].filter((key) => key.endsWith('.pending'))).toEqual([]);
  });
});

describe('what comes late or wrong', () => {
  test('an event counts as long as it is younger than an hour at the watermark', () => {
    const hourly = segment('hourly', { windowMinutes: 60 });
    const steps = [rules(hourly), ...events(event(60, 'ann')), watermark(70)];
    const taken = run(steps, events({ ...event(10, 'ann'), t: START + 10 * MINUTE + 1 }));
    expect(resultIn(taken, 'hourly')).toMatchObject({ value: 2, windowEnd: '2024-06-01T11:00:00Z' });
    const late = run(steps, events(event(10, 'ann')));
    expect(resultIn(late, 'hourly')).toMatchObject({ value: 1 });
    expect(late.late.map((text) => JSON.parse(text))).toMatchObject([
      { reason: 'over an hour old', event: { k: 'ann' } },
    ]);
  });

  test('a retraction takes an event back; of one that never counted it goes to LATE', () => {
    const twice = [rules(BUYERS), ...events(event(0, 'ann'), event(1, 'ann'))];
    const outcome = run(twice, events(event(1, 'ann', { retract: true })));
    expect(resultIn(outcome, 'buyers')).toMatchObject({ value: 1, windowEnd: '2024-06-01T10:00:00Z' });
    const unknown = run(twice, events(event(2, 'ann', { retract: true }), event(0, 'bob', { retract: true })));
    expect(unknown.late).toHaveLength(2);
    expect(resultIn(unknown, 'buyers')).toMatchObject({ value: 2 });
  });

  test('a value that cannot be summed exactly goes to LATE', () => {
    const outcome = run(rules(BUYERS), events(event(0, 'ann', { value: 3e9 })));
    expect(outcome.late).toHaveLength(1);
    expect(documentsIn(outcome).size).toBe(0);
  });
});

describe('state and commits', () => {
  test('an event rewrites a chunk of a few, not the hour; chunks go when their events are an hour old', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => ({ ...event(0, 'ann'), t: START + n * 1_000 }));
    const chunks = ({ state }: Outcome) => [...state].filter(([key]) => key.includes('.events.ann.'));
    const outcome = runStages([segments()], toSteps([rules(BUYERS), ...events(...many)]));
    expect(chunks(outcome)).toHaveLength(125);
    for (const [, text] of chunks(outcome)) expect(text.length).toBeLessThan(300);
    const halved = runStages([segments()], toSteps([rules(BUYERS), ...events(...many), watermark(60 + 1_000 / 60)]));
    expect(chunks(halved)).toHaveLength(63);
  });

  test('documents live for an hour, members until they leave', () => {
    const { tables } = segments();
    expect(tables.user?.lifetimeMs?.({})).toBe(60 * MINUTE);
    expect(tables.member?.lifetimeMs).toBeUndefined();
  });
});
