/**
 * Settles a batch that an interrupted redrive has left: what Kafka has of it is finished as if it had not been
 * interrupted; the rest was never sent, and its letters are as good as before.
 */
import type { Kafka } from 'kafkajs';
import type { Log } from '../log/log.ts';
import type { KafkaRecord } from '../kafka/record.ts';
import { REDRIVE_HEADER } from './redrive-headers.ts';
import { CommandError } from '../runtime/command-error.ts';
import { KafkaReader } from '../kafka/kafka-reader.ts';
import type { NotedBatch, NotedLetter } from './redrive-note.ts';
import { noteRedriven } from './redriven.ts';

export interface SettleContext {
  readonly kafka: Kafka;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Takes a letter out of DLQ; it may be gone. */
  deleteLetter(seq: number): Promise<void>;
}

/** Those of its letters that were sent; they are finished. Opened before: a sender, so that no other one sends them. */
export async function settleBatch(context: SettleContext, batch: NotedBatch): Promise<NotedLetter[]> {
  const seqs = await sentSequences(context, batch);
  const sent = batch.letters.filter(({ seq }) => seqs.has(seq));
  await finishLetters(context, sent);
  return sent;
}

/** The records are in Kafka: says so, and takes their letters out of DLQ. Doing it again changes nothing. */
export async function finishLetters(
  { log, deleteLetter }: SettleContext,
  letters: readonly NotedLetter[],
): Promise<void> {
  await noteRedriven(log, letters);
  for (const { seq } of letters) await deleteLetter(seq);
}

/** The sequences that the records behind the noted ends carry in their header. */
async function sentSequences({ kafka, signal }: SettleContext, { ends }: NotedBatch): Promise<Set<number>> {
  const found = new Set<number>();
  const topics = [...new Set(ends.map(({ topic }) => topic))];
  await using reader = await KafkaReader.open({ kafka, topics, signal });
  for (const { topic, partition, end } of ends) {
    const range = (await reader.ranges(topic)).get(partition);
    if (!range || range.low > end || range.high < end)
      throw new CommandError(
        `Cannot tell whether an interrupted redrive was sent: topic "${topic}" partition ${partition} no longer has ` +
          `offset ${end}. Look for the records where they should have arrived; \`redrive --abandon\` forgets it, and its ` +
          'letters stay in DLQ',
      );
    for await (const { records } of reader.read({ topic, partition }, end, range.high - 1))
      for (const record of records) {
        const seq = redriveSequence(record);
        if (seq !== undefined) found.add(seq);
      }
  }
  return found;
}

function redriveSequence({ headers }: KafkaRecord): number | undefined {
  const value = headers?.[REDRIVE_HEADER];
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text === null ? undefined : Number(text.toString());
}
