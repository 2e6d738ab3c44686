/**
 * Brings the tables up to date, and opens them as a sink: waits for a server that is away, and says so.
 *
 * Owns: the life of the connections and of the retention beside them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, SettingError } from '../../shared/config/environment.ts';
import { databaseUrl } from '../../shared/config/database-address.ts';
import { Database } from '../../shared/postgres/database.ts';
import { failureOf } from '../../shared/postgres/failure.ts';
import { migrateDatabase, NewerSchemaError } from '../../shared/postgres/migrate.ts';
import { type PostgresSettings, readPostgresSettings } from '../../shared/postgres/settings.ts';
import type { SinkSurroundings } from '../../shared/sink/run-sink.ts';
import type { SinkTarget } from '../../shared/sink/sink-target.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import { PostgresTarget } from './postgres-target.ts';
import { Retention } from './retention.ts';
import { type RetentionSettings, readRetention } from './settings.ts';

const RETRY_MS = 1_000;

export interface SinkSettings {
  readonly postgres: PostgresSettings;
  readonly retention: RetentionSettings;
}

/** Throws SettingError. */
export async function readSinkSettings(env: Environment): Promise<SinkSettings> {
  const postgres = await readPostgresSettings(env);
  if (!postgres) throw new SettingError('Cannot start sink-postgres: set PG_HOST and PG_USER, or DATABASE_URL');
  return { postgres, retention: readRetention(env) };
}

export async function openPostgres(
  { postgres, retention }: SinkSettings,
  { instance, logger, metrics, signal, waiting }: SinkSurroundings,
): Promise<SinkTarget & AsyncDisposable> {
  await migrateWhenThere(postgres, { logger, signal, waiting });
  const database = await Database.open(postgres, instance);
  const target = new PostgresTarget(database);
  const cleaner = new Retention({ database, fence: target.fence, settings: retention, logger });
  registerRetentionMetrics(metrics, cleaner);
  const stop = new AbortController();
  const cleaning = cleaner.run(stop.signal);
  return Object.assign(target, {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await cleaning;
      await database[Symbol.asyncDispose]();
    },
  });
}

async function migrateWhenThere(
  settings: PostgresSettings,
  { logger, signal, waiting }: Pick<SinkSurroundings, 'logger' | 'signal' | 'waiting'>,
): Promise<void> {
  for (let said: string | undefined; !signal.aborted; ) {
    try {
      const applied = await migrateDatabase(settings);
      if (applied > 0) logger.info('The tables are up to date', { migrations: applied });
      return;
    } catch (error) {
      if (error instanceof NewerSchemaError || error instanceof SettingError) throw error;
      const { kind, reason } = failureOf(error);
      const problem = `Cannot open the tables of "${databaseUrl(settings)}": ${reason}`;
      if (kind !== 'away' && kind !== 'throttled' && kind !== 'full') throw new Error(problem, { cause: error });
      waiting(problem);
      if (said !== reason) logger.warn(`${problem}; waiting for it`);
      said = reason;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function registerRetentionMetrics(metrics: Metrics, { pruned }: Retention): void {
  metrics.gauge('weir_sink_postgres_pruned_rows', 'Rows deleted because they were old', ['table'], (gauge) => {
    for (const [table, rows] of pruned) gauge.set({ table }, rows);
  });
}
