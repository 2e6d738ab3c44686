import { describe, expect, test } from 'vitest';
import type { ResultIdentity } from './result-message.ts';
import { SentResults } from './sent-results.ts';

const HOUR = 3_600_000;
const TEN = '2024-06-01T10:00:00';
const ELEVEN = '2024-06-01T11:00:00';

function result(start: string, name: string, content: string, isNothing = false): ResultIdentity {
  return { start, name, content, isNothing };
}

describe('what is news (invariant 1)', () => {
  test('the first, and what differs from the last; not the same again', () => {
    const sent = new SentResults();
    const told = ['a', 'a', 'b', 'a', 'a'].map((content) => sent.isNews(result(TEN, 'x', content)));
    expect(told).toEqual([true, false, true, true, false]);
    expect(sent.isNews(result(TEN, 'y', 'a'))).toBe(true);
    expect(sent.isNews(result(ELEVEN, 'x', 'a'))).toBe(true);
  });

  test('nothing is no news unless there was something', () => {
    const sent = new SentResults();
    expect(sent.isNews(result(TEN, 'x', '0', true))).toBe(false);
    expect(sent.isNews(result(TEN, 'x', '1'))).toBe(true);
    expect(sent.isNews(result(TEN, 'x', '0', true))).toBe(true);
    expect(sent.isNews(result(TEN, 'x', '0', true))).toBe(false);
  });
});

describe('what is remembered (invariant 2)', () => {
  test('is found in Kafka from the first offset of each partition on', () => {
    const sent = new SentResults();
    for (const [start, offset] of [
      [TEN, 5],
      [ELEVEN, 7],
      [TEN, 9],
    ] as const) {
      sent.isNews(result(start, `x${offset}`, 'a'));
      sent.placed(start, 0, offset);
    }
    sent.isNews(result(ELEVEN, 'z', 'a'));
    sent.placed(ELEVEN, 2, 1);
    expect(sent.recallFrom()).toEqual({ 0: 5, 2: 1 });
    sent.forget(Date.parse(`${TEN}Z`) + 4 * HOUR - 1);
    expect(sent.size).toBe(4);
    sent.forget(Date.parse(`${TEN}Z`) + 4 * HOUR);
    expect(sent.size).toBe(2);
    expect(sent.recallFrom()).toEqual({ 0: 7, 2: 1 });
  });

  test('a successor that reads it back knows the same', () => {
    const successor = new SentResults();
    successor.recall(result(TEN, 'x', 'a'), 3, 12);
    successor.recall(result(TEN, 'x', 'b'), 3, 15);
    expect(successor.isNews(result(TEN, 'x', 'b'))).toBe(false);
    expect(successor.recallFrom()).toEqual({ 3: 12 });
  });

  test('is bounded: the oldest window goes first', () => {
    const sent = new SentResults(3);
    for (const name of ['a', 'b']) sent.isNews(result(ELEVEN, name, '1'));
    for (const name of ['a', 'b']) sent.isNews(result(TEN, name, '1'));
    expect(sent.size).toBe(2);
    expect(sent.isNews(result(ELEVEN, 'a', '1'))).toBe(false);
    expect(sent.isNews(result(TEN, 'a', '1'))).toBe(true);
  });
});
