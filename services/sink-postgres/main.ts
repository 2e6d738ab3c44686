/** Composition root of the sink to PostgreSQL. */
import { runSink } from '../../shared/sink/run-sink.ts';
import { openPostgres, readSinkSettings } from './open-postgres.ts';

if (import.meta.main)
  await runSink('postgres', async (surroundings) => openPostgres(await readSinkSettings(process.env), surroundings));
