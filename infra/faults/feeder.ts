/**
 * Feeds a load to a mesh, no further ahead of what the services have folded than a few hundred records: so there is work
 * in flight at every moment, and the number of records sent says how far the mesh has come.
 */
import { debeziumValue, type OrderLoad } from './order-load.ts';
import type { TestMesh } from './test-mesh.ts';
import { SERVICES } from './test-mesh.ts';
import { until } from './until.ts';

const CHUNK = 40;
const AHEAD = 320;

export class Feeder {
  readonly #mesh: TestMesh;
  readonly #load: OrderLoad;
  #sent = 0;

  constructor(mesh: TestMesh, load: OrderLoad) {
    this.#mesh = mesh;
    this.#load = load;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Sends everything up to this record. `onSent` hears of each step, as soon as Kafka has it. */
  async sendUpTo(end: number, onSent: (sent: number) => void = () => undefined): Promise<void> {
    const { changes } = this.#load;
    while (this.#sent < Math.min(end, changes.length)) {
      await this.#room();
      const chunk = changes.slice(this.#sent, Math.min(end, this.#sent + CHUNK));
      await this.#mesh.topic.send(
        chunk.map((change) => ({
          partition: change.kafkaPartition,
          key: String(change.id),
          value: debeziumValue(change),
        })),
      );
      this.#sent += chunk.length;
      onSent(this.#sent);
    }
  }

  /** Waits until both services have folded what was sent a while ago. */
  async #room(): Promise<void> {
    const { changes, options } = this.#load;
    const former = changes[this.#sent - AHEAD];
    if (!former) return;
    const folded = former.arrivalMs - 2 * options.boundMs - 1; // disorder, and the bound that watermarks keep
    for (const service of SERVICES)
      await until(
        () => `${service} folds record ${this.#sent - AHEAD}`,
        async () => ((await this.#mesh.watermark(service)) ?? Number.NEGATIVE_INFINITY) >= folded,
      );
  }
}
