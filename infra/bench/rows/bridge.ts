/**
 * Row `bridge`: Kafka to EVENTS (or MIRROR), alone, for each format; and under each the floor: the same topic read by
 * kafkajs to its end, and nothing done with it.
 */
import { EVENTS } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { bytesEverStored, throughputOf } from '../costs.ts';
import type { Format, FormatName } from '../formats/format.ts';
import { DEBEZIUM_JSON, OTHER_FORMATS } from '../formats/formats.ts';
import type { Result, ThroughputResult } from '../result.ts';
import { type BridgeRun, mirrorStates, runBridge } from './bridge-run.ts';
import type { Dataset } from './dataset.ts';

/** Orders as Debezium writes them come last: what they leave in EVENTS the next rows work on. */
export async function benchBridge(
  mesh: BenchMesh,
  dataset: Dataset,
  { formats }: { readonly formats: readonly FormatName[] },
): Promise<Result[]> {
  const results: Result[] = [];
  await mesh.serveSchemas();
  for (const format of OTHER_FORMATS) {
    if (!formats.includes(format.name)) continue;
    await mesh.clear();
    await dataset.fill(format);
    results.push(await benchFloor(mesh, format, dataset.count));
    const run = await runBridge(mesh, format, dataset.count);
    results.push(await rowOf(mesh, format, run, dataset.count));
    await mesh.stopWorkers();
  }
  if (!formats.includes(DEBEZIUM_JSON.name)) return results;
  await dataset.toKafka();
  results.push(await benchFloor(mesh, DEBEZIUM_JSON, dataset.count));
  results.push(await rowOf(mesh, DEBEZIUM_JSON, await dataset.bridge(), dataset.count));
  return results;
}

async function rowOf(mesh: BenchMesh, format: Format, run: BridgeRun, events: number): Promise<ThroughputResult> {
  const { before, after } = run;
  mesh.noteMeasured(['bridge'], before, after);
  const isMirror = format.route.decoder === 'raw';
  const states = isMirror ? await mirrorStates(mesh, format.topic) : [await mesh.log.state(EVENTS)];
  const bytes = states.reduce((sum, state) => sum + bytesEverStored(state), 0);
  const storage = [{ stream: isMirror ? 'MIRROR' : EVENTS, bytesPerEvent: bytes / events }];
  const budget = { workers: ['bridge'], usPerEvent: format.budgetUs };
  return throughputOf({ row: `bridge: ${format.name}`, events, before, after, storage, budget });
}

/** From the first batch to the last, as the reader itself measures. */
async function benchFloor(mesh: BenchMesh, { name, topic }: Format, events: number): Promise<ThroughputResult> {
  const said = new Map<string, { readonly cpuUs: number; readonly atMs: number }>();
  await mesh.run('infra/bench/kafka-floor.ts', [await mesh.brokers(), topic, String(events)], (line) => {
    const [what = '', cpuUs, atMs] = line.split(' ');
    if (cpuUs !== undefined && atMs !== undefined) said.set(what, { cpuUs: Number(cpuUs), atMs: Number(atMs) });
  });
  const [first, last] = [said.get('first'), said.get('last')];
  if (!first || !last) throw new Error(`Cannot measure the floor of "${topic}": the reader said nothing`);
  return {
    kind: 'throughput',
    row: `floor: ${name}`,
    events,
    seconds: (last.atMs - first.atMs) / 1000,
    cpu: [{ process: 'kafkajs', usPerEvent: (last.cpuUs - first.cpuUs) / events }],
    storage: [],
    budget: { workers: ['kafkajs'] },
  };
}
