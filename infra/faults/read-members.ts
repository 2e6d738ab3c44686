/** Who says that it runs: the processes of a mesh, from bucket `members`. */
import type { Log } from '../../shared/log/log.ts';
import { bucketStream, keySubject, MEMBERS } from '../../shared/log/names.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';
import { entryText, isDeleteMarker } from '../../shared/store/entry.ts';

export async function readMembers(log: Log): Promise<MemberRecord[]> {
  const found = await log.lastOfEach(bucketStream(MEMBERS), [keySubject(MEMBERS, '*')]);
  return found.filter((one) => !isDeleteMarker(one)).map((one) => JSON.parse(entryText(one)) as MemberRecord);
}
