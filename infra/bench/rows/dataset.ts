/**
 * What the throughput rows work on: N orders in Kafka, and the same as frames in EVENTS. Made once, when a row first
 * needs it; a row that runs the bridge leaves EVENTS behind for the next.
 */
import { EVENTS } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import type { Format } from '../formats/format.ts';
import { DEBEZIUM_JSON } from '../formats/formats.ts';
import { fillTopic } from '../kafka-topic.ts';
import { type BridgeRun, runBridge } from './bridge-run.ts';

export const { topic: TOPIC } = DEBEZIUM_JSON;

export class Dataset {
  readonly topic = TOPIC;
  readonly count: number;
  readonly #mesh: BenchMesh;
  readonly #filled = new Set<string>();
  #isInEvents = false;

  constructor(mesh: BenchMesh, count: number) {
    this.#mesh = mesh;
    this.count = count;
  }

  /** Nothing but Kafka's topic is there. */
  async toKafka(): Promise<void> {
    await this.leaveEvents();
    await this.fill(DEBEZIUM_JSON);
  }

  /** As many records of a format are in its topic. */
  async fill(format: Format): Promise<void> {
    if (this.#filled.has(format.topic)) return;
    await fillTopic(await this.#mesh.kafka(), format, this.count, this.#mesh);
    this.#filled.add(format.topic);
  }

  /** Runs the bridge, which fills EVENTS. */
  async bridge(): Promise<BridgeRun> {
    await this.toKafka();
    const run = await runBridge(this.#mesh, DEBEZIUM_JSON, this.count);
    await this.#mesh.stopWorkers();
    this.#isInEvents = true;
    return run;
  }

  /** EVENTS is another row's: nothing is stored any more. */
  async leaveEvents(): Promise<void> {
    this.#isInEvents = false;
    await this.#mesh.clear();
  }

  /** Everything is in EVENTS, and nothing anywhere behind it. */
  async toEvents(): Promise<void> {
    if (this.#isInEvents) await this.#mesh.clear(EVENTS);
    else await this.bridge();
  }
}
