/**
 * Frames: one JetStream message that holds a batch of NDJSON lines. One line at low load, thousands at high load.
 *
 * Invariants: a line is one JSON value without a raw newline; lines are separated by `\n`, with none at the end.
 */

const utf8 = new TextDecoder();

/** Largest data frame, bytes, on a server with the mesh's own max_payload (8 MiB). */
export const MAX_FRAME_BYTES = 512 * 1024;

/**
 * Largest data frame for a server's max_payload: a commit frame that holds everything a data frame changed
 * must fit too, and may be several times larger.
 */
export function maxFrameBytes(maxPayload: number): number {
  return Math.min(MAX_FRAME_BYTES, Math.floor(maxPayload / 16));
}

export function encodeFrame(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join('\n');
}

export function decodeText(payload: Uint8Array): string {
  return utf8.decode(payload);
}

/** All values of a frame. One JSON.parse for the whole frame: a newline cannot occur inside a JSON text unescaped. */
export function decodeFrame(payload: Uint8Array): unknown[] {
  if (payload.length === 0) return [];
  return JSON.parse(`[${decodeText(payload).replaceAll('\n', ',')}]`) as unknown[];
}

/** What a bridge says about one Kafka partition, after the data it speaks of. Absent fields: nothing known. */
export interface Progress {
  /** Every record up to and with this Kafka offset is in the log or was dead-lettered. */
  readonly offset?: number;
  /** No event with t <= watermark is expected from this Kafka partition. Absent: declared, no event yet. */
  readonly watermark?: number;
  /** The partition is idle and leaves the minimum (policy `hold`). */
  readonly idle?: boolean;
  /** Sequence in DLQ of the last dead letter of this Kafka partition: what a restart need not look at again. */
  readonly dlq?: number;
  /** The kind of the events; a topic's kind cannot change. */
  readonly kind?: string;
  /** What the last record up to the offset was: shows whether Kafka's topic is still the same one. */
  readonly mark?: { readonly offset: number; readonly ms: number; readonly crc: number };
  /** What the connectors behind a topic of changes have sent last: shows what they send again after a restart. */
  readonly replays?: unknown;
  /** The newest ranges of offsets that Kafka no longer had when they were wanted, ends included. */
  readonly missing?: readonly (readonly [from: number, to: number])[];
  /** Running counts since the first record of this Kafka partition, by what became of the records. */
  readonly counts?: Readonly<Record<string, number>>;
}
