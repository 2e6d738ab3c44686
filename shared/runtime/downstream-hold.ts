/**
 * How far those outside the mesh have read a service's log (the Kafka egress): commits behind that are not purged.
 *
 * Each reader keeps one key `downstream.<service>.<reader>` in bucket `mesh`, with a lifetime: a reader that was taken
 * out of use holds the log for so long, not for ever.
 */
import type { Log } from '../log/log.ts';
import { bucketStream, keySubject, MESH } from '../log/names.ts';
import { entryText, isDeleteMarker } from '../store/entry.ts';

/** `lifetimeMs`: how long it holds when it is not renewed. */
export async function holdDownstream(
  log: Log,
  service: string,
  reader: string,
  hold: { readonly seq: number; readonly lifetimeMs: number },
): Promise<void> {
  const key = keySubject(MESH, `downstream.${service}.${reader}`);
  await log.append(key, JSON.stringify({ seq: hold.seq }), { ttlMs: hold.lifetimeMs });
}

/** The last sequence that every reader has; undefined: nobody holds the log. */
export async function downstreamSeq(log: Log, service: string): Promise<number | undefined> {
  const found = await log.lastOfEach(bucketStream(MESH), [keySubject(MESH, `downstream.${service}.*`)]);
  const held = found.filter((message) => !isDeleteMarker(message)).map((message) => parseHold(entryText(message)));
  return held.length === 0 ? undefined : Math.min(...held);
}

/** What cannot be read holds everything: better a log that grows than results that are missing. */
function parseHold(text: string): number {
  const { seq } = JSON.parse(text) as { seq?: unknown };
  return typeof seq === 'number' ? seq : 0;
}
