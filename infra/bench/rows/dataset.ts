/**
 * What the throughput rows work on: N orders in Kafka, and the same as frames in EVENTS. Made once, when a row first
 * needs it; a row that runs the bridge leaves EVENTS behind for the next.
 */
import { EVENTS } from '../../../shared/log/names.ts';
import type { BenchMesh } from '../bench-mesh.ts';
import { fillTopic } from '../kafka-topic.ts';
import { type BridgeRun, runBridge } from './bridge-run.ts';

/** The first built-in route's. */
export const TOPIC = 'dbserver1.public.orders';

export class Dataset {
  readonly topic = TOPIC;
  readonly count: number;
  readonly #mesh: BenchMesh;
  #isInKafka = false;
  #isInEvents = false;

  constructor(mesh: BenchMesh, count: number) {
    this.#mesh = mesh;
    this.count = count;
  }

  /** Nothing but Kafka's topic is there. */
  async toKafka(): Promise<void> {
    this.#isInEvents = false;
    await this.#mesh.clear();
    if (this.#isInKafka) return;
    await fillTopic(await this.#mesh.kafka(), TOPIC, this.count, this.#mesh);
    this.#isInKafka = true;
  }

  /** Runs the bridge, which fills EVENTS. */
  async bridge(): Promise<BridgeRun> {
    await this.toKafka();
    const run = await runBridge(this.#mesh, TOPIC, this.count);
    await this.#mesh.stopWorkers();
    this.#isInEvents = true;
    return run;
  }

  /** Everything is in EVENTS, and nothing anywhere behind it. */
  async toEvents(): Promise<void> {
    if (this.#isInEvents) await this.#mesh.clear(EVENTS);
    else await this.bridge();
  }
}
