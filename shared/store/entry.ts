/**
 * Reading other services' stores: one key, or a message of a bucket's stream.
 * What it does not own: writing (image.ts) and the keys themselves (each service's README).
 */
import type { LastOptions, Log, StoredMessage } from '../log/log.ts';
import { bucketStream, keySubject } from '../log/names.ts';

const utf8 = new TextDecoder();

/** True when the message says that the key is gone (KV delete and purge markers, the server's own TTL markers). */
export function isDeleteMarker(message: StoredMessage): boolean {
  return message.header('KV-Operation') !== undefined || message.header('Nats-Marker-Reason') !== undefined;
}

export function entryText(message: StoredMessage): string {
  return utf8.decode(message.payload);
}

/** To show it: what is written meanwhile by others decides nothing. */
export const TO_SHOW: LastOptions = { anyReplica: true };

/** The JSON value of a key, read from the leader unless told otherwise; undefined when there is none or it was deleted. */
export async function readEntry<V>(
  log: Log,
  bucket: string,
  key: string,
  options?: LastOptions,
): Promise<V | undefined> {
  const message = await log.last(bucketStream(bucket), keySubject(bucket, key), options);
  if (!message || isDeleteMarker(message)) return undefined;
  return JSON.parse(entryText(message)) as V;
}
