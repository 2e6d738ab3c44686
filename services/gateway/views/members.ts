/** The members of the mesh: what each says of itself, and when it last did. */
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream, keySubject, MEMBERS } from '../../../shared/log/names.ts';
import type { MemberRecord } from '../../../shared/runtime/status.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { Member } from './mesh-status.ts';

export async function readMembers(log: Log): Promise<Member[]> {
  const messages = await log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '>')]);
  return messages
    .filter((message) => !isDeleteMarker(message))
    .map((message) => ({ record: JSON.parse(entryText(message)) as MemberRecord, heartbeatMs: message.timeMs }));
}
