/** Demo records as Kafka's producer takes them: by topic, in order, as JSON or as the topic's writer says. Pure. */
import type { SentRecord } from './demo-record.ts';

export interface TopicMessages {
  readonly topic: string;
  readonly messages: { readonly key: string; readonly value: string | Buffer }[];
}

/** `write`: of a topic in Avro. */
export function topicMessages(records: readonly SentRecord[], write?: (value: unknown) => Buffer): TopicMessages[] {
  const byTopic = Map.groupBy(records, ({ topic }) => topic);
  const encoded = ({ value }: SentRecord) => (typeof value === 'string' ? value : (write ?? JSON.stringify)(value));
  return [...byTopic].map(([topic, those]) => ({
    topic,
    messages: those.map((record) => ({ key: record.key, value: encoded(record) })),
  }));
}
