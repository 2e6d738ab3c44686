/**
 * Which part of EVENTS a replay reads: the subjects of the kind's topics, from where, and to where.
 *
 * Invariants (tested in backtest.int.test.ts):
 * 1. Nothing is written and no durable consumer is made.
 * 2. It ends at the last progress frame that was there at the start: everything before that is whole.
 */
import { type Route, topicsOfKind } from '../../shared/config/routes.ts';
import { overlap } from '../../shared/config/topic-filter.ts';
import type { EventPattern } from '../../shared/cep/json/event-pattern.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import type { StoredMessage } from '../../shared/log/log.ts';
import type { JetStreamLog } from '../../shared/log/jetstream-log.ts';
import { dataSubject, EVENTS, progressSubject } from '../../shared/log/names.ts';
import { BacktestError } from './backtest-error.ts';

export interface LogSection {
  readonly subjects: readonly string[];
  readonly fromSeq: number;
  readonly toSeq: number;
  /** The last progress frames of sources that say nothing new within the section. */
  readonly before: readonly StoredMessage[];
}

/** Clocks of producers, of Kafka and of NATS may differ by this much. */
const CLOCKS_MS = 3_600_000;

export interface Asked {
  readonly pattern: EventPattern;
  readonly routes: readonly Route[];
  /** Event time, ms. */
  readonly from: number;
  readonly key: string | undefined;
}

/** Throws BacktestError when there is nothing to read. */
export async function findSection(log: JetStreamLog, { pattern, routes, from, key }: Asked): Promise<LogSection> {
  const { kind, topic } = pattern;
  const filters = topicsOfKind(routes, kind);
  const ofData = filters.filter((filter) => topic === undefined || overlap(filter, topic));
  if (ofData.length === 0)
    throw new BacktestError(
      topic === undefined
        ? `Cannot replay events of kind ${kind}: no route makes any; see WEIR_ROUTES`
        : `Cannot replay topic "${topic}": events of kind ${kind} come from ${filters.join(', ') || 'no topic'}; correct input.topic, or WEIR_ROUTES`,
    );
  const progress = filters.map((filter) => progressSubject(filter, '*'));
  const partition = key === undefined ? undefined : partitionName(partitionOf(key));
  const data = ofData.map((filter) => dataSubject(filter, partition ?? '*', '*'));
  const last = await lastProgress(log, progress, kind, filters);
  const fromSeq = Number.isFinite(from) ? await firstSeqSince(log, from - aheadMs(routes, kind) - CLOCKS_MS) : 1;
  return {
    // `*` in the place of the partition takes progress frames, too, and subjects of a consumer must not overlap.
    subjects:
      partition === undefined
        ? [...data, ...progress.filter((_, at) => !ofData.includes(filters[at] ?? ''))]
        : [...data, ...progress],
    fromSeq,
    toSeq: Math.max(...last.map(({ seq }) => seq)),
    before: last.filter(({ seq }) => seq < fromSeq),
  };
}

async function lastProgress(
  log: JetStreamLog,
  subjects: readonly string[],
  kind: string,
  topics: readonly string[],
): Promise<StoredMessage[]> {
  const found = await log.lastOfEach(EVENTS, subjects).catch((error: unknown) => {
    if (
      error instanceof Error &&
      /no responders|stream not found|StreamNotFound/i.test(`${error.name} ${error.message}`)
    )
      throw new BacktestError(`Cannot find stream ${EVENTS}: no mesh has run on this nats-server yet; see NATS_URL`);
    throw error;
  });
  if (found.length > 0) return found;
  throw new BacktestError(
    `Cannot replay events of kind ${kind}: ${EVENTS} has none (topics ${topics.join(', ')}); wait for the bridge to take some in`,
  );
}

/** An event can be ahead of the time of its record by so much, and no more. */
function aheadMs(routes: readonly Route[], kind: string): number {
  return Math.max(0, ...routes.map((route) => (route.decoder !== 'raw' && route.kind === kind ? route.maxAheadMs : 0)));
}

/** Of the first message that was stored at this time or later. */
async function firstSeqSince(log: JetStreamLog, timeMs: number): Promise<number> {
  const found = await log.manager.direct.getMessage(EVENTS, { start_time: new Date(Math.max(0, timeMs)) });
  return found?.seq ?? (await log.state(EVENTS)).lastSeq + 1;
}
