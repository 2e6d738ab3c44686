/** What is to be compared of a Kafka partition: what was asked for, as far as it was read and Kafka has it. */
import type { Progress } from '../../shared/log/frame.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';
import type { Findings } from './findings.ts';
import type { OffsetRange } from '../../shared/kafka/kafka-reader.ts';
import type { VerifyContext } from './verify-context.ts';

/** Kafka offsets, both included; `end` below `from`: nothing. */
export interface AskedRange {
  readonly from: number;
  readonly end: number;
}

/** Finds what was read and is Kafka's no more, and what was gone from Kafka before it was read. */
export function askedRange(
  { from = 0, to = Number.POSITIVE_INFINITY }: VerifyContext,
  range: OffsetRange,
  { offset: reached = BEFORE_FIRST, missing = [] }: Progress,
  findings: Findings,
): AskedRange {
  if (range.high <= reached && to >= range.high)
    findings.add('replaced', range.high, reached, {
      detail: `Kafka's partition ends at offset ${range.high}, but ${reached} was read: the topic was made again, or truncated`,
    });
  const last = Math.min(reached, to);
  for (const [lostFrom, lostTo] of missing)
    if (lostFrom <= last && lostTo >= from)
      findings.add('lost', lostFrom, lostTo, {
        count: lostTo - lostFrom + 1,
        detail: 'gone from Kafka before they were read',
      });
  return { from, end: Math.min(last, range.high - 1) };
}
