/**
 * Which dead letters of a topic are put back by one request: the oldest first, so that records of one key keep their
 * order. Reads DLQ forwards from a place, in pieces.
 *
 * Invariant (choose-letters.test.ts): over all requests every letter that fits comes once; one reads `MOST_READ` letters
 * and `MOST_BYTES` at most.
 */
import { DEAD_LETTER_HEADERS } from '../../../shared/dead-letters/letter-headers.ts';
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { DLQ } from '../../../shared/log/names.ts';

export interface LetterFilter {
  readonly topic: string;
  readonly reason?: string | undefined;
  /** Stored, ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface ChosenLetters {
  readonly seqs: readonly number[];
  /** Where the next request goes on; absent: there are no more. */
  readonly next?: number;
}

export const MOST_READ = 20_000;
const MOST_BYTES = 64 * 1024 * 1024;
const PIECE = { messages: 1_000, bytes: 2 * 1024 * 1024 };

/** `after`: a place in DLQ, 0: its beginning. */
export async function chooseLetters(
  log: Log,
  filter: LetterFilter,
  after: number,
  limit: number,
  mostRead = MOST_READ,
): Promise<ChosenLetters> {
  const seqs: number[] = [];
  let [at, count, bytes] = [after, 0, 0];
  while (count < mostRead && bytes < MOST_BYTES) {
    const piece = await log.batch({ stream: DLQ, fromSeq: at + 1, ...PIECE });
    if (piece.length === 0) return { seqs };
    for (const message of piece) {
      if (isWanted(message, filter)) {
        if (seqs.length === limit) return { seqs, next: at };
        seqs.push(message.seq);
      }
      at = message.seq;
      count++;
      bytes += message.payload.length;
    }
  }
  return { seqs, next: at };
}

function isWanted(
  message: StoredMessage,
  { topic, reason, from = 0, to = Number.POSITIVE_INFINITY }: LetterFilter,
): boolean {
  return (
    message.header(DEAD_LETTER_HEADERS.topic) === topic &&
    (reason === undefined || message.subject.endsWith(`.${reason}`)) &&
    message.timeMs >= from &&
    message.timeMs < to
  );
}
