/**
 * Reads the live entries of a bucket that match patterns, in the order in which they were last written, as of now.
 * For listings that are too long to be kept in memory. Bounded by time, and by its reader, which may stop at any entry.
 *
 * A reader of a stream is told how much is left with each message, and nothing while there is none. So the markers are
 * read too, which every owner of a partition writes when it loads it (shared/store/image.ts): then there is an end.
 *
 * Invariants (stored-entries.test.ts):
 * 1. An entry that is not written meanwhile is yielded exactly once; one that is comes again, at its new place.
 * 2. Deleted entries are left out.
 */
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';

export interface StoredEntry {
  readonly key: string;
  readonly text: string;
  /** Its place in the bucket's stream: a later read may begin behind it. */
  readonly seq: number;
  /** False: there was nothing behind it when it was read. */
  readonly more: boolean;
}

export interface EntriesQuery {
  readonly bucket: string;
  /** Keys, with the wildcards of NATS: `*.member.big.*`. */
  readonly keys: readonly string[];
  /** Only what was written behind this place. */
  readonly after?: number;
  /** Many are wanted, so they are asked for many at a time; not with `after`. */
  readonly bulk?: boolean;
  /** Ends early, with `complete: false`, when this much time has passed. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
const MARKERS = '*.marker';

/** The generator's own answer: false when the time was over before the end was reached. */
export async function* storedEntries(log: Log, query: EntriesQuery): AsyncGenerator<StoredEntry, boolean> {
  const { bucket, after = 0 } = query;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), query.timeoutMs ?? TIMEOUT_MS);
  try {
    const subjects = [...query.keys, MARKERS].map((key) => keySubject(bucket, key));
    const from = query.bulk ? { lastPerSubject: true } : { fromSeq: after + 1 };
    const reading = { stream: bucketStream(bucket), subjects, ...from, signal: stop.signal };
    for await (const message of log.read(reading)) {
      const more = message.pending > 0;
      if (isWanted(bucket, message)) yield toEntry(bucket, message, more);
      if (!more) return true;
    }
    return false;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function isWanted(bucket: string, message: StoredMessage): boolean {
  return !isDeleteMarker(message) && !/^[^.]+\.marker$/.test(subjectKey(bucket, message.subject));
}

function toEntry(bucket: string, message: StoredMessage, more: boolean): StoredEntry {
  return { key: subjectKey(bucket, message.subject), text: entryText(message), seq: message.seq, more };
}
