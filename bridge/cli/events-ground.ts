/**
 * From where on a Kafka partition and its events can be compared: what both sides still have, and what the log says of
 * before.
 *
 *   Kafka    ........[low ──────────────────────────────── high)
 *   EVENTS   ...........(cut)[first progress ── frames ── last progress]
 *   compared                  [start ───────────────────── end]
 *
 * What a connector sends again after its own restart is told from what it has sent before: so a comparison that does not
 * begin at the partition's first record begins with what a progress frame says of it.
 */
import type { Progress } from '../../shared/log/frame.ts';
import type { StoredMessage } from '../../shared/log/log.ts';
import { EVENTS, progressSubject } from '../../shared/log/names.ts';
import { parseProgress } from '../partition/position.ts';
import { BEFORE_FIRST } from '../../shared/kafka/record.ts';
import { askedRange } from './asked-range.ts';
import type { Findings, NotCompared } from './findings.ts';
import type { Bounds } from './lane-comparison.ts';
import { readLogTo } from '../../shared/runtime/read-log-to.ts';
import type { EventsTask, VerifyContext } from './verify-context.ts';

export interface EventsGround extends Bounds {
  /** Retention has removed frames of before, and perhaps some of behind. */
  readonly isCut: boolean;
  readonly notCompared: readonly NotCompared[];
  /** Sequence in DLQ up to which letters of before `start` are. */
  readonly dlqBefore: number;
  /** Records from here on are to be decoded, to know what was sent before. */
  readonly decodeFrom: number;
  /** State of the replay filter there. */
  readonly replays: unknown;
}

interface Start {
  readonly start: number;
  readonly decodeFrom: number;
  readonly replays: unknown;
}

export async function findEventsGround(
  context: VerifyContext,
  task: EventsTask,
  progress: Progress,
  findings: Findings,
): Promise<EventsGround> {
  const { log } = context;
  const { range } = task;
  const { from, end } = askedRange(context, range, progress, findings);
  const notCompared: NotCompared[] = [];
  const leaveOut = (first: number, behind: number, why: string) => {
    if (first < Math.min(behind, end + 1)) notCompared.push({ from: first, to: Math.min(behind - 1, end), why });
  };
  leaveOut(from, range.low, 'Kafka no longer has them (retention)');
  const inKafka = Math.max(from, range.low);
  const kept = parseProgress(await oldestProgress(context, task));
  const isCut = kept.offset !== undefined && (await log.state(EVENTS)).firstSeq > 1;
  const inLog = isCut ? Math.max(inKafka, (kept.offset ?? BEFORE_FIRST) + 1) : inKafka;
  leaveOut(inKafka, inLog, 'EVENTS no longer has them all (retention)');
  const { start, ...rest } = await findStart(context, task, inLog);
  leaveOut(inLog, start, 'what their connector had sent before is not known');
  return { start, end, ...rest, isCut, notCompared, dlqBefore: isCut ? (kept.dlq ?? 0) : 0 };
}

/** At the wanted offset, or as soon behind it as it is known what was sent before. */
async function findStart(context: VerifyContext, task: EventsTask, wanted: number): Promise<Start> {
  const { route, range } = task;
  const anyState = { start: wanted, decodeFrom: wanted, replays: undefined };
  const hasReplays = route.dropReplays && route.decoder.startsWith('debezium');
  if (!hasReplays || wanted === 0) return anyState;
  let before: Progress | undefined;
  for await (const message of progressFrames(context, task)) {
    const progress = parseProgress(message);
    const { offset = BEFORE_FIRST, replays } = progress;
    if (offset < wanted) {
      before = progress;
      continue;
    }
    const known = (before?.offset ?? BEFORE_FIRST) + 1;
    if (known >= range.low && (before?.offset !== undefined || range.low === 0))
      return { start: wanted, decodeFrom: known, replays: before?.replays };
    return { start: offset + 1, decodeFrom: offset + 1, replays };
  }
  return before?.offset === wanted - 1 ? { ...anyState, replays: before.replays } : anyState;
}

async function oldestProgress(context: VerifyContext, task: EventsTask): Promise<StoredMessage> {
  for await (const message of progressFrames(context, task)) return message;
  return task.last;
}

function progressFrames({ log, signal }: VerifyContext, { source, last }: EventsTask): AsyncGenerator<StoredMessage> {
  const subjects = [progressSubject(source.topic, source.partition)];
  return readLogTo(log, { stream: EVENTS, subjects, toSeq: last.seq, signal });
}
