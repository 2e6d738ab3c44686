/**
 * Entries that a store will never take, kept in DLQ with their reason. They are no records of Kafka: `redrive` leaves
 * them where they are, and the next value of the key is written as any other.
 *
 * Invariants (tested in bucket-sink-faults.test.ts):
 * 1. An entry is in DLQ before the position passes it.
 * 2. Of one key and revision one process writes one letter and one line of log.
 */
import { type Log, LogRefusedError, type StoredMessage } from '../log/log.ts';
import { dlqSubject } from '../log/names.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** Headers of such a letter; its payload is the JSON value. */
export const REFUSED_HEADERS = {
  sink: 'Mesh-Sink',
  bucket: 'Mesh-Bucket',
  key: 'Mesh-Bucket-Key',
  revision: 'Mesh-Revision',
  timestamp: 'Mesh-Timestamp',
  reason: 'Mesh-Reason',
  /** Full size in bytes of a value that is too large for DLQ, and left out. */
  truncated: 'Mesh-Truncated',
} as const;

/** `refused`: the store says no. `unreadable`: the value is no JSON. */
export type RefusalKind = 'refused' | 'unreadable';

/** So many are remembered, not to be told again when a batch is repeated. */
const REMEMBERED = 10_000;

export class RefusedLetters {
  readonly #log: Log;
  readonly #logger: Logger;
  readonly #sink: string;
  readonly #bucket: string;
  readonly #known = new Set<string>();

  constructor(log: Log, logger: Logger, sink: string, bucket: string) {
    this.#log = log;
    this.#logger = logger;
    this.#sink = sink;
    this.#bucket = bucket;
  }

  /** Resolves when it is in DLQ. Returns false when it was told before. LogUnavailableError as with `append`. */
  async write(entry: WaitingEntry, kind: RefusalKind, reason: string): Promise<boolean> {
    const id = `${entry.key} ${entry.revision}`;
    if (this.#known.has(id)) return false;
    await this.#append(entry, kind, reason);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.add(id);
    const { key, revision } = entry;
    this.#logger.warn(`${this.#sink} does not take a value of ${this.#bucket}`, { key, revision, reason });
    return true;
  }

  async #append(entry: WaitingEntry, kind: RefusalKind, reason: string): Promise<void> {
    const names = REFUSED_HEADERS;
    const headers = {
      [names.sink]: this.#sink,
      [names.bucket]: this.#bucket,
      [names.key]: entry.key,
      [names.revision]: String(entry.revision),
      [names.timestamp]: String(entry.storedAtMs),
      [names.reason]: printable(reason),
      'Nats-Msg-Id': `${this.#sink}.${this.#bucket}.${entry.key}.${entry.revision}.${entry.storedAtMs}`,
    };
    const subject = dlqSubject(`${this.#sink}.${this.#bucket}`, kind);
    const text = entry.text ?? '';
    try {
      await this.#log.append(subject, text, { headers });
    } catch (error) {
      if (!(error instanceof LogRefusedError)) throw error;
      await this.#log.append(subject, '', {
        headers: { ...headers, [names.truncated]: String(Buffer.byteLength(text)) },
      });
    }
  }
}

/** Why a letter that no bridge has written cannot be put back. */
export function whyNoRecord(message: StoredMessage): string {
  const [sink, bucket, key] = [REFUSED_HEADERS.sink, REFUSED_HEADERS.bucket, REFUSED_HEADERS.key].map((name) =>
    message.header(name),
  );
  if (sink === undefined) return 'no bridge has written it';
  return `it is no record of Kafka: ${sink} does not take this value of "${key}" in bucket ${bucket}; the next one is written`;
}

/** What a header may hold. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 1_000);
}
