/** `npm run bench` as a process: command line, the rows one after the other, signals, output, exit code. */
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, platform, release } from 'node:os';
import { resolve } from 'node:path';
import { MissingToolError } from '../embedded/missing-tool.ts';
import { ArgumentError } from '../launcher/arguments.ts';
import { listenForStop } from '../launcher/stop-signal.ts';
import { BENCH_HELP, type BenchOptions, parseBench } from './arguments.ts';
import { BenchMesh } from './bench-mesh.ts';
import { bestRuns } from './best-runs.ts';
import { Profiles } from './profiles.ts';
import { Progress } from './progress.ts';
import type { Result, RowName } from './result.ts';
import { benchBridge } from './rows/bridge.ts';
import { benchCep } from './rows/cep.ts';
import { Dataset } from './rows/dataset.ts';
import { benchEgress } from './rows/egress.ts';
import { benchGateway } from './rows/gateway.ts';
import { benchIdle } from './rows/idle.ts';
import { benchLatency } from './rows/latency.ts';
import { benchMesh } from './rows/mesh.ts';
import { benchPath } from './rows/path.ts';
import { benchPostgresQueries } from './rows/postgres-queries.ts';
import { benchRecovery } from './rows/recovery.ts';
import { benchSink } from './rows/sinks.ts';
import { benchService, benchStages } from './rows/stages.ts';
import { SERVICE_INPUTS } from './service-inputs.ts';
import { report } from './table.ts';

const progress = new Progress();
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  let dataDir: string | undefined;
  const { stop } = listenForStop(
    (reason) => progress.say(`stopping after ${reason}; once more ends everything at once`),
    () => {
      if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
      process.exit(130);
    },
  );
  try {
    const options = parseBench(process.argv.slice(2));
    if (options.help) {
      console.log(BENCH_HELP);
      return 0;
    }
    const profiles = options.profile === undefined ? undefined : new Profiles(resolve(options.profile));
    const results = await measure(options, profiles, stop, (folder) => {
      dataDir = folder;
    });
    if (options.json !== undefined)
      await writeFile(options.json, `${JSON.stringify({ ...machine(), results }, null, 2)}\n`);
    console.log(report(bestRuns(results), { ...machine(), repeat: options.repeat, runtime: options.runtime }));
    if (profiles) console.log(await profiles.tables());
    return 0;
  } catch (error) {
    if (stop.aborted) return 130;
    const isKnown = error instanceof MissingToolError || error instanceof ArgumentError;
    progress.say(error instanceof Error ? ((isKnown ? undefined : error.stack) ?? error.message) : String(error));
    return 1;
  }
}

async function measure(
  options: BenchOptions,
  profiles: Profiles | undefined,
  signal: AbortSignal,
  onDataDir: (folder: string) => void,
): Promise<Result[]> {
  await using mesh = await BenchMesh.start({ runtime: options.runtime, profiles, signal, progress });
  onDataDir(mesh.dataDir);
  const dataset = new Dataset(mesh, options.events);
  const results: Result[] = [];
  for (const row of options.rows)
    for (let run = 1; run <= options.repeat; run++) {
      progress.say(`${row}${options.repeat > 1 ? `, run ${run} of ${options.repeat}` : ''}`);
      results.push(...(await runRow(row, mesh, dataset, options)));
    }
  return results;
}

function runRow(row: RowName, mesh: BenchMesh, dataset: Dataset, options: BenchOptions): Promise<Result[]> {
  switch (row) {
    case 'bridge':
      return benchBridge(mesh, dataset, options);
    case 'sales':
    case 'rfm':
    case 'anomaly':
    case 'anomaly-maip':
    case 'inventory':
    case 'region-health':
    case 'segments':
    case 'activity':
      return benchService(mesh, dataset, SERVICE_INPUTS[row]);
    case 'fused':
      return benchStages(mesh, dataset, ['sales', 'rfm']);
    case 'path':
      return benchPath(mesh, dataset);
    case 'latency':
      return benchLatency(mesh, options);
    case 'recovery':
      return benchRecovery(mesh, options.keys);
    case 'idle':
      return benchIdle(mesh);
    case 'cep':
      return benchCep(mesh);
    case 'sink-postgres':
    case 'sink-dynamodb':
      return benchSink(mesh, row, options);
    case 'postgres-queries':
      return benchPostgresQueries(mesh, options);
    case 'egress':
      return benchEgress(mesh, options);
    case 'gateway':
      return benchGateway(mesh, options);
    case 'mesh':
    case 'mesh-fused':
      return benchMesh(mesh, options, row === 'mesh-fused');
    default:
      return row satisfies never;
  }
}

function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown processor',
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}
