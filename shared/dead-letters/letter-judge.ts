/**
 * The port through which a redrive asks whether a dead letter can be put back, and the record that goes back.
 * Adapter: bridge/cli/judge-letter.ts, which decodes it as a bridge would.
 */
import type { KafkaRecord } from '../kafka/record.ts';
import type { Source } from '../kafka/source.ts';
import { bringsAfterOnly, REDRIVE_AFTER_HEADER, REDRIVE_HEADER } from './redrive-headers.ts';
import type { StoredLetter } from './stored-letter.ts';

/** What a letter's record would become. */
export interface Outlook {
  readonly outcome: string;
  readonly lines: readonly string[];
}

export type Verdict =
  /** It can be put back. */
  | { readonly kind: 'good'; readonly outlook: Outlook }
  /** It would be a dead letter again, or nobody would read it. */
  | { readonly kind: 'again'; readonly why: string }
  /** What DLQ has of it is not the whole record. */
  | { readonly kind: 'never'; readonly why: string };

export interface LetterJudge {
  /** Of a record that is sent to this partition. */
  judge(letter: StoredLetter, record: KafkaRecord, target: Source): Promise<Verdict>;
}

/** The record as it is sent: as it was, and marked, so that the bridge takes it in and this is known afterwards. */
export function redrivenRecord({ seq, record, isRetracted }: StoredLetter): KafkaRecord {
  const { [REDRIVE_HEADER]: _seq, [REDRIVE_AFTER_HEADER]: _after, ...headers } = record.headers ?? {};
  // A letter that was put back before and failed again says so by its headers: what was taken back then still is.
  const isAfterOnly = isRetracted || bringsAfterOnly(record);
  return {
    ...record,
    headers: {
      ...headers,
      [REDRIVE_HEADER]: String(seq),
      ...(isAfterOnly && { [REDRIVE_AFTER_HEADER]: '1' }),
    },
  };
}
