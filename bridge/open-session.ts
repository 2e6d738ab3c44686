/** Opens the kind of session that a route asks for. */
import type { Route } from '../shared/config/routes.ts';
import { PartitionSession } from './partition-session.ts';
import type { Session, SessionContext } from './session.ts';

export function openSession(context: SessionContext, route: Route, cancelled: AbortSignal): Promise<Session> {
  if (route.decoder === 'raw') throw new Error(`Cannot mirror topic "${context.source.topic}": not built yet`);
  return PartitionSession.open({ ...context, route }, cancelled);
}
