/**
 * Replays EVENTS for one pattern: from NATS to what it would have matched.
 *
 * Invariants (tested in backtest.int.test.ts):
 * 1. It reads only: the mesh goes on as if nobody looked.
 * 2. Memory is that of what waits for the watermark, of live partial matches, and of the matches that are shown.
 */
import { readLogTo } from '../../shared/runtime/read-log-to.ts';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import type { CepResult } from '../../shared/cep/cep-result.ts';
import type { Route } from '../../shared/config/routes.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import { decodeFrame, type Progress } from '../../shared/log/frame.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import type { StoredMessage } from '../../shared/log/log.ts';
import { EVENTS, type EventSubject, parseEventSubject } from '../../shared/log/names.ts';
import type { BacktestArguments } from './arguments.ts';
import { findSection, type LogSection } from './log-section.ts';
import { Replay, type ReplayTotals } from './replay.ts';

export interface FoundMatch {
  /** Empty for a pattern over all keys. */
  readonly key: string;
  readonly match: CepResult<MeshEvent>;
}

export interface BacktestReport {
  readonly pattern: EventPattern;
  /** The first ones. */
  readonly matches: readonly FoundMatch[];
  readonly totals: ReplayTotals;
  /** Up to where the log was read, event time; undefined: nowhere yet. */
  readonly watermark: number | undefined;
}

export interface BacktestOptions extends Pick<BacktestArguments, 'from' | 'to' | 'key' | 'limit'> {
  readonly pattern: EventPattern;
  readonly routes: readonly Route[];
  readonly signal: AbortSignal;
  onProgress?(events: number, seq: number, section: LogSection): void;
}

export async function backtest(log: JetStreamLog, options: BacktestOptions): Promise<BacktestReport> {
  const { pattern, from, to, key, limit, signal, onProgress } = options;
  const section = await findSection(log, options);
  const matches: FoundMatch[] = [];
  const replay = new Replay({
    ...{ pattern, from, to, key },
    onMatch: (ofKey, match) => {
      if (matches.length < limit) matches.push({ key: ofKey, match });
    },
  });
  const fold = folder(replay);
  for (const message of section.before) fold(message);
  const { subjects, fromSeq, toSeq } = section;
  for await (const message of readLogTo(log, { stream: EVENTS, subjects, fromSeq, toSeq, signal })) {
    fold(message);
    onProgress?.(replay.totals.read, message.seq, section);
  }
  const { watermark } = replay;
  const totals = replay.finish();
  return { pattern, matches, totals, watermark: watermark > Number.MIN_SAFE_INTEGER ? watermark : undefined };
}

function folder(replay: Replay): (message: StoredMessage) => void {
  const subjects = new Map<string, EventSubject>();
  return ({ subject, payload }) => {
    let parsed = subjects.get(subject);
    if (!parsed) {
      parsed = parseEventSubject(subject);
      subjects.set(subject, parsed);
    }
    if (parsed.kind === 'data') replay.data(parsed.order, decodeFrame(payload) as MeshEvent[]);
    else if (parsed.kind === 'progress') replay.progress(parsed.source, (decodeFrame(payload)[0] ?? {}) as Progress);
  };
}
