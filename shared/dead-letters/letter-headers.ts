/** How a dead letter of the bridge says what it was: written by bridge/partition/dead-letters.ts, read by stored-letter.ts. */

/** Headers of a dead letter. Binary values are base64; a header that does not apply is absent. */
export const DEAD_LETTER_HEADERS = {
  topic: 'Mesh-Topic',
  partition: 'Mesh-Partition',
  offset: 'Mesh-Offset',
  timestamp: 'Mesh-Timestamp',
  /** base64; absent: the record has no key. */
  key: 'Mesh-Key',
  /** base64 of a JSON object: header name to base64 value, or a list of them. */
  headers: 'Mesh-Kafka-Headers',
  /** What was found and what to do. */
  reason: 'Mesh-Reason',
  /** Full size in bytes of a value that was cut. */
  truncated: 'Mesh-Truncated',
  /** `1`: the order's former values were taken back, so redrive brings the new ones only. */
  retracted: 'Mesh-Retracted',
} as const;

/** A longer header is cut to this. */
export const MAX_HEADER_CHARS = 16 * 1024;
