/**
 * Deletes rows of long ago, in small portions, beside the writing.
 *
 * A row goes when both its window and its last change are older than the retention: results of a replay of old data stay
 * as long as others do.
 *
 * Invariants (retention.int.test.ts):
 * 1. Only the owner of a bucket deletes its rows, held to that by the fence as writes are.
 * 2. No statement deletes more than PORTION rows, and each finds them by an index.
 * 3. A database that is away is no reason to end: the next round tries again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../../shared/postgres/database.ts';
import { failureOf } from '../../shared/postgres/failure.ts';
import {
  activityWindows,
  alerts,
  contentStats,
  deviceStats,
  regionHealth,
  salesWindows,
  userSegments,
} from '../../shared/postgres/schema.ts';
import { SinkFencedError } from '../../shared/sink/sink-target.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Fence } from './fence.ts';
import type { RetentionSettings } from './settings.ts';
import { FENCE, nameOf, ofBucket } from './statements.ts';

export interface PrunedTable {
  readonly bucket: string;
  readonly table: PgTable;
  /** The column that says how old a row is. */
  readonly by: string;
  readonly keep: 'minutes' | 'windows' | 'lifetime';
}

export const PRUNED_TABLES: readonly PrunedTable[] = [
  { bucket: 'region-health', table: contentStats, by: 'window_start', keep: 'minutes' },
  { bucket: 'region-health', table: regionHealth, by: 'window_start', keep: 'minutes' },
  { bucket: 'region-health', table: deviceStats, by: 'window_start', keep: 'minutes' },
  { bucket: 'activity', table: activityWindows, by: 'window_start', keep: 'minutes' },
  { bucket: 'sales', table: salesWindows, by: 'window_start', keep: 'windows' },
  ...['anomaly', 'anomaly-maip', 'region-health'].map(
    (bucket) => ({ bucket, table: alerts, by: 'timestamp', keep: 'windows' }) as const,
  ),
  // Of a user who is not known any more, nothing is true now.
  { bucket: 'segments', table: userSegments, by: 'expires_at', keep: 'lifetime' },
];

const DAY_MS = 86_400_000;
const EVERY_MS = 600_000;
const PORTION = 1_000;
const BETWEEN_PORTIONS_MS = 50;
/** Clocks differ, and a row that is about to be written anew need not go. */
const LIFETIME_GRACE_MS = 60_000;

export interface RetentionOptions {
  readonly database: Database;
  readonly fence: Fence;
  readonly settings: RetentionSettings;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly now?: () => number;
}

export class Retention {
  readonly #options: RetentionOptions;
  /** Rows deleted so far, by table. */
  readonly pruned = new Map<string, number>();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  async run(stop: AbortSignal): Promise<void> {
    const { everyMs = EVERY_MS } = this.#options;
    while (!stop.aborted) {
      await this.round(stop);
      await sleep(everyMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
    }
  }

  /** Everything that is old now. */
  async round(stop: AbortSignal): Promise<void> {
    const claimed = new Set(this.#options.fence.claimed);
    for (const pruned of PRUNED_TABLES) {
      const before = this.#before(pruned.keep);
      if (before === undefined || stop.aborted || !claimed.has(pruned.bucket)) continue;
      try {
        await this.#prune(pruned, before, stop);
      } catch (error) {
        if (stop.aborted || error instanceof SinkFencedError) continue;
        const { reason } = failureOf(error);
        this.#options.logger.warn('Cannot delete old rows; trying again later', {
          table: nameOf(pruned.table),
          reason,
        });
      }
    }
  }

  #before(keep: PrunedTable['keep']): number | undefined {
    const { settings, now = Date.now } = this.#options;
    if (keep === 'lifetime') return now() - LIFETIME_GRACE_MS;
    const days = keep === 'minutes' ? settings.minutesDays : settings.windowsDays;
    return days === undefined ? undefined : now() - days * DAY_MS;
  }

  async #prune(pruned: PrunedTable, before: number, stop: AbortSignal): Promise<void> {
    const { database, fence } = this.#options;
    const { bucket, table } = pruned;
    const text = pruneText(pruned);
    while (!stop.aborted) {
      const claim = await fence.current(bucket, fence.claimantOf(bucket));
      const [answer] = await database.run<{ own: number; gone: number }>(
        text,
        [bucket, claim.number, new Date(before).toISOString()],
        stop,
      );
      if (answer?.own !== 1) {
        await fence.prove(bucket, claim);
        continue;
      }
      const name = nameOf(table);
      this.pruned.set(name, (this.pruned.get(name) ?? 0) + answer.gone);
      if (answer.gone < PORTION) return;
      await sleep(BETWEEN_PORTIONS_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

/** $1 bucket, $2 claim, $3 time. A row that is written meanwhile has another ctid, and stays. */
export function pruneText({ table, by, keep }: PrunedTable): string {
  const isUnchanged = keep === 'lifetime' ? '' : ' AND updated_at < $3::text::timestamptz';
  return `WITH ${FENCE}, gone AS (
  DELETE FROM "${nameOf(table)}" AS t USING fence
  WHERE t.ctid = ANY (ARRAY(SELECT ctid FROM "${nameOf(table)}"
    WHERE "${by}" < $3::text::timestamptz${isUnchanged}${ofBucket(table, '', '$1::text')}
    ORDER BY "${by}" LIMIT ${PORTION}))
  RETURNING 1)
SELECT (SELECT count(*)::int FROM fence) AS own, (SELECT count(*)::int FROM gone) AS gone`;
}
