import { expect, it } from 'vitest';
import { topicMessages } from '../../shared/demo/topic-messages.ts';
import { Turns } from './events-feed.ts';

function source(topic: string) {
  let made = 0;
  return { topics: [topic], next: () => ({ topic, key: 'k', value: { n: ++made } }) };
}

it('the feed takes from its sources in turn, and sends by topic', () => {
  const turns = new Turns([source('a'), source('b')]);
  const sent = (topic: string, ...numbers: number[]) => ({
    topic,
    messages: numbers.map((n) => ({ key: 'k', value: `{"n":${n}}` })),
  });
  const batch = (count: number) => topicMessages(Array.from({ length: count }, () => turns.next(0)));
  expect(batch(3)).toEqual([sent('a', 1, 2), sent('b', 1)]);
  expect(batch(2)).toEqual([sent('b', 2), sent('a', 3)]);
});
