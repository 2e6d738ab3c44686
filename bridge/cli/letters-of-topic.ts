/** All dead letters of a topic, by Kafka partition and offset, a few bytes each. */
import type { Log } from '../../shared/log/log.ts';
import { DLQ, dlqSubject } from '../../shared/log/names.ts';
import { DEAD_LETTER_HEADERS } from '../../shared/dead-letters/letter-headers.ts';
import { DEAD_REASONS } from '../decode/data-error.ts';
import { type LetterMark, markOfLetter } from './letter-comparison.ts';
import { readLogTo } from '../../shared/runtime/read-log-to.ts';
import { loadRedriven, type RedrivenOffsets } from '../../shared/dead-letters/redriven.ts';

export interface TopicLetters {
  /** Kafka partition to offset to letters. */
  readonly marks: ReadonlyMap<number, Map<number, LetterMark[]>>;
  /** By Kafka partition: letters that were put back. */
  readonly redriven: ReadonlyMap<number, RedrivenOffsets>;
  /** First sequence in DLQ. */
  readonly firstSeq: number;
}

export async function loadLetters(log: Log, topic: string, signal: AbortSignal): Promise<TopicLetters> {
  const subjects = DEAD_REASONS.map((reason) => dlqSubject(topic, reason));
  const { firstSeq } = await log.state(DLQ);
  const lasts = await Promise.all(subjects.map((subject) => log.last(DLQ, subject)));
  const toSeq = lasts.reduce((max, last) => Math.max(max, last?.seq ?? 0), 0);
  const marks = new Map<number, Map<number, LetterMark[]>>();
  for await (const message of readLogTo(log, { stream: DLQ, subjects, toSeq, signal })) {
    const [partition, offset] = [DEAD_LETTER_HEADERS.partition, DEAD_LETTER_HEADERS.offset].map((name) =>
      Number(message.header(name) ?? Number.NaN),
    );
    if (message.header(DEAD_LETTER_HEADERS.topic) !== topic || partition === undefined || offset === undefined)
      continue;
    const letters = marks.get(partition) ?? new Map<number, LetterMark[]>();
    marks.set(partition, letters);
    letters.set(offset, [...(letters.get(offset) ?? []), markOfLetter(message)]);
  }
  return { marks, firstSeq, redriven: await loadRedriven(log, topic) };
}
