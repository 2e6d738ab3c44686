/** What the gateway says of itself in bucket `members`. */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { runtimeName } from '../../shared/runtime/runtime-name.ts';
import type { MemberRecord } from '../../shared/runtime/status.ts';

const STARTED_AT = formatTime(Date.now());

export function gatewayMember(instance: string, health: string, alarms: readonly string[]): MemberRecord {
  return {
    instance,
    kind: 'gateway',
    services: [],
    pid: process.pid,
    runtime: runtimeName(),
    startedAt: STARTED_AT,
    health,
    ready: alarms.length === 0,
    alarms,
    rssBytes: process.memoryUsage.rss(),
  };
}
