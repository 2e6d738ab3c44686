/** Opens the kind of session that a route asks for, once everybody who should read its events does. */
import type { EventRoute, Route } from '../shared/config/routes.ts';
import { covers } from '../shared/config/topic-filter.ts';
import type { MemberRecord } from '../shared/runtime/status.ts';
import { MirrorSession } from './mirror/mirror-session.ts';
import { PartitionSession } from './partition/partition-session.ts';
import type { Session, SessionContext } from './partition/session.ts';

export async function openSession(context: SessionContext, route: Route, cancelled: AbortSignal): Promise<Session> {
  if (route.decoder === 'raw') {
    const { source, provisionMirror } = context;
    const ensureStream = () => provisionMirror(source);
    return MirrorSession.open({ ...context, maxRecordBytes: route.maxRecordBytes, ensureStream }, cancelled);
  }
  checkReaders(route, context.source.topic, context.members?.() ?? []);
  return PartitionSession.open({ ...context, route }, cancelled);
}

/** A stage that runs would pass by the frames of a topic that it does not read yet, and never see them. */
export function checkReaders(route: EventRoute, topic: string, members: readonly MemberRecord[]): void {
  const unaware = members.filter(({ reads = [] }) =>
    reads.some(({ kind, topics }) => kind === route.kind && !topics.some((filter) => covers(filter, topic))),
  );
  if (unaware.length === 0) return;
  const names = unaware.map(({ instance }) => `"${instance}"`).join(', ');
  throw new Error(
    `Topic "${topic}" waits: ${names} would pass by its events; give every worker the same routes file (WEIR_ROUTES)`,
  );
}
