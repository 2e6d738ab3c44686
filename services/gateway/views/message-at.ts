/** One message of a stream by its place. A replica may answer, a little behind. */
import type { Log, StoredMessage } from '../../../shared/log/log.ts';

/** undefined: there is none, or none any more. */
export async function messageAt(log: Log, stream: string, seq: number | undefined): Promise<StoredMessage | undefined> {
  if (seq === undefined) return undefined;
  const [message] = await log.batch({ stream, fromSeq: seq, messages: 1, bytes: 1 });
  return message?.seq === seq ? message : undefined;
}
