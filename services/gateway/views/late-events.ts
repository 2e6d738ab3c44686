/** Late events as they are shown: a message of `LATE` read back. Pure. What writes them is shared/runtime/late-publisher.ts. */
import { formatTime } from '../../../shared/event-time/time-text.ts';
import type { StoredMessage } from '../../../shared/log/log.ts';
import type { LateCommit, LateEvent } from '../schemas/late.ts';

const SUBJECT = /^late\.([^.]+)\.([^.]+)$/;
const COMMIT_HEADER = 'Mesh-Commit';
const utf8 = new TextDecoder();

/** undefined: it is none. */
export function readLate(message: StoredMessage, most: number): LateCommit | undefined {
  const [, service, partition] = SUBJECT.exec(message.subject) ?? [];
  if (service === undefined || partition === undefined) return undefined;
  const lines = utf8.decode(message.payload).split('\n');
  const commit = Number(message.header(COMMIT_HEADER) ?? Number.NaN);
  return {
    seq: message.seq,
    service,
    partition,
    stored_at: formatTime(message.timeMs),
    ...(Number.isSafeInteger(commit) && { commit }),
    count: lines.length,
    events: lines.slice(0, most).map(lateEvent),
  };
}

/** A line that cannot be read is shown as it is. */
function lateEvent(line: string): LateEvent {
  const record: unknown = parse(line);
  if (typeof record !== 'object' || record === null) return { reason: 'unreadable', event: line, watermark: null };
  const { reason, event, window, watermark }: Partial<Record<string, unknown>> = { ...record };
  const span = windowText(window);
  return {
    reason: String(reason),
    event: event ?? null,
    ...(span && { window: span }),
    watermark: timeText(watermark),
  };
}

function windowText(window: unknown): LateEvent['window'] {
  if (typeof window !== 'object' || window === null || !('start' in window) || !('end' in window)) return undefined;
  const [start, end] = [timeText(window.start), timeText(window.end)];
  return start === null || end === null ? undefined : { start, end };
}

function timeText(ms: unknown): string | null {
  return typeof ms === 'number' && !Number.isNaN(new Date(ms).getTime()) ? formatTime(ms) : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
