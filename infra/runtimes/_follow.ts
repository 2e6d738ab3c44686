/** Waits for what a bucket holds, by following its stream. */
import type { Log } from '../../shared/log/log.ts';
import { bucketStream, keySubject, subjectKey } from '../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../shared/store/entry.ts';

const WAIT_MS = 60_000;

/** The keys that match, with their JSON texts, once they are as wanted; what they are, when that does not come in time. */
export async function follow(
  log: Log,
  bucket: string,
  keys: readonly string[],
  isWanted: (texts: ReadonlyMap<string, string>) => boolean,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const signal = AbortSignal.timeout(WAIT_MS);
  const subjects = keys.map((key) => keySubject(bucket, key));
  for await (const message of log.read({ stream: bucketStream(bucket), subjects, lastPerSubject: true, signal })) {
    const key = subjectKey(bucket, message.subject);
    if (isDeleteMarker(message)) texts.delete(key);
    else texts.set(key, entryText(message));
    if (message.pending === 0 && isWanted(texts)) break;
  }
  return texts;
}
