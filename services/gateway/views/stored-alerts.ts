/**
 * One alert by its id, read from the stores.
 *
 * An id is the alert's key with `-` for `.`, and tokens may have a `-` of their own: so it may stand for several keys.
 * All of them are read. Where several have an alert, these have the same id, and the first one is given.
 *
 * Invariants (stored-alerts.test.ts):
 * 1. Every alert of the stores is found by its id, whatever its subject, type and occurrence are named.
 * 2. At most `MOST_KEYS` keys are read of each bucket, whatever the id.
 */
import { decodeId } from '../../../shared/events/id.ts';
import { ALL, partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import { Alert } from '../schemas/alerts.ts';
import { unavailable } from '../http/problem.ts';
import { ALERT_BUCKETS } from './alerts-view.ts';
import { readIfThere } from './optional-bucket.ts';

/** Of each way to read an id there are two. */
const MOST_KEYS = 200;
const WHEN = /-(?=\d{8}T\d{6}(?:\d{3})?Z(?:-|$))/g;
const TOKENS = /^[A-Za-z0-9_=-]+$/;

/** Undefined: no store that there is has it. */
export async function findAlert(log: Log, id: string): Promise<Alert | undefined> {
  const keys = alertKeys(id);
  if (keys.length === 0) return undefined;
  const reads = await Promise.all(
    ALERT_BUCKETS.map((bucket) => readIfThere(log, bucket, () => readKeys(log, bucket, keys))),
  );
  if (reads.every(({ kind }) => kind === 'no-bucket'))
    throw unavailable('No alerts: neither anomaly nor region-health has been started on this mesh yet');
  return reads.flatMap((read) => (read.kind === 'read' ? read.value : []))[0];
}

/** `p07.alert.42.order_spike.20240601T100000Z` for `42-order_spike-20240601T100000Z`. */
export function alertKeys(id: string): string[] {
  if (!TOKENS.test(id)) return [];
  const keys: string[] = [];
  for (const { index } of id.matchAll(WHEN)) {
    const head = id.slice(0, index);
    for (let at = head.indexOf('-', 1); at > 0; at = head.indexOf('-', at + 1)) {
      if (keys.length >= MOST_KEYS) return keys;
      const subject = head.slice(0, at);
      const partition = partitionOfToken(subject);
      if (partition === undefined || at + 1 === head.length) continue;
      const key = `alert.${subject}.${head.slice(at + 1)}.${id.slice(index + 1)}`;
      keys.push(`${partition}.${key}`, `${ALL}.${key}`);
    }
  }
  return keys;
}

/** Undefined: it is no id. */
function partitionOfToken(token: string): string | undefined {
  try {
    return partitionName(partitionOf(decodeId(token)));
  } catch {
    return undefined;
  }
}

async function readKeys(log: Log, bucket: string, keys: readonly string[]): Promise<Alert[]> {
  const subjects = keys.map((key) => keySubject(bucket, key));
  const messages = await log.lastOfEach(bucketStream(bucket), subjects);
  return messages
    .filter((message) => !isDeleteMarker(message))
    .map((message) => Alert.parse(JSON.parse(entryText(message))));
}
