/**
 * A process of its own that sends every kind of record to Kafka at a steady pace, event time being now.
 *
 *   mesh-load.ts <brokers> <records a second> <seconds>
 *
 * Prints a JSON line a second (Loaded).
 * Invariant: what is due is sent at the next tick, however late that is; a topic's next send does not wait for its last.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { clockMs } from './latency-load.ts';
import { MESH_TOPICS, type MeshTopic } from './mesh-records.ts';
import { KAFKA_PARTITIONS } from './orders.ts';

export interface Loaded {
  /** Records that Kafka has acknowledged. */
  readonly acked: number;
  readonly cpuUs: number;
  readonly pid: number;
}

const TICK_MS = 20;
/** Over the broker's limit (1 MB) a request fails whole. */
const MOST_IN_A_REQUEST = 1_000;

async function load(brokers: string[], rate: number, seconds: number): Promise<void> {
  const kafka = new Kafka({ clientId: 'weir-bench-load', brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const lanes = MESH_TOPICS.map((topic) => new Lane(producer, topic, (rate * topic.share) / 100));
  const acked = () => lanes.reduce((sum, lane) => sum + lane.acked, 0);
  const telling = setInterval(() => tell(acked()), 1_000);
  const startMs = clockMs();
  for (let at = startMs; at < startMs + seconds * 1_000; at = clockMs()) {
    for (const lane of lanes) lane.sendDue((at - startMs) / 1_000, Math.floor(at));
    await sleep(TICK_MS);
  }
  await Promise.all(lanes.map((lane) => lane.settled()));
  clearInterval(telling);
  tell(acked());
  await producer.disconnect();
}

function tell(acked: number): void {
  const { user, system } = process.cpuUsage();
  const loaded: Loaded = { acked, cpuUs: user + system, pid: process.pid };
  console.log(JSON.stringify(loaded));
}

class Lane {
  readonly #producer: Producer;
  readonly #topic: MeshTopic;
  readonly #perSecond: number;
  readonly #sends = new Set<Promise<unknown>>();
  #made = 0;
  acked = 0;

  constructor(producer: Producer, topic: MeshTopic, perSecond: number) {
    this.#producer = producer;
    this.#topic = topic;
    this.#perSecond = perSecond;
  }

  sendDue(elapsedSeconds: number, t: number): void {
    const due = Math.floor(elapsedSeconds * this.#perSecond);
    while (this.#made < due) this.#send(Math.min(due - this.#made, MOST_IN_A_REQUEST), t);
  }

  #send(count: number, t: number): void {
    const first = this.#made;
    this.#made += count;
    const messages = Array.from({ length: count }, (_, at) => {
      const number = first + at;
      return { ...this.#topic.record(number, t), partition: number % KAFKA_PARTITIONS };
    });
    const send = this.#producer.send({ topic: this.#topic.topic, messages, acks: 1 }).then(() => {
      this.acked += count;
      this.#sends.delete(send);
    });
    this.#sends.add(send);
  }

  settled(): Promise<unknown> {
    return Promise.all(this.#sends);
  }
}

if (import.meta.main) {
  const [brokers = '', rate = '', seconds = ''] = process.argv.slice(2);
  await load(brokers.split(','), Number(rate), Number(seconds));
}
