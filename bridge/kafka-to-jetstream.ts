/**
 * The bridge: a Kafka consumer group's member that takes in the routed topics and hands batches to sessions.
 *
 * Owns: the consumer and its restarts, discovery of topics, changes of routes. Does not own: the round that looks after
 * partitions (partition-watch.ts), what becomes of a record (partition/).
 *
 * kafkajs traps respected here:
 * - It begins at the committed offset as soon as it has joined: partitions are paused in the GROUP_JOIN event, which
 *   is sent before the first fetch, and resumed behind a seek when their session knows the offset.
 * - Batches of control records alone never reach eachBatch: END_BATCH_PROCESS tells of them.
 * - It sends no heartbeat while eachBatch waits: the wait for room sends them.
 * - New topics need a new run.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { SchemaRegistry } from '../shared/avro/schema-registry.ts';
import { routeChanges } from '../shared/config/route-changes.ts';
import { type Route, routeOf } from '../shared/config/routes.ts';
import { explainKafkaError } from '../shared/kafka/explain-error.ts';
import type { Log } from '../shared/log/log.ts';
import type { Meter } from './partition/meter.ts';
import type { BridgeStatus, MemberRecord } from '../shared/runtime/status.ts';
import { describeError, type Logger } from '../shared/telemetry/logger.ts';
import { Assignment } from './assignment.ts';
import { ByteBudget } from './partition/byte-budget.ts';
import { pause } from './partition/fenced-append.ts';
import { quietAfterMs } from './partition-status.ts';
import { PartitionWatch } from './partition-watch.ts';
import type { Source } from '../shared/kafka/source.ts';
import { TopicAdmin } from './topic-admin.ts';
import { declareTopics, goneAlarm, sameTopics, type Topics } from './topics.ts';

export interface BridgeOptions {
  readonly kafka: Kafka;
  readonly log: Log;
  /** Those in force at the start; `changeRoutes` brings others. */
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly groupId: string;
  /** Bound on bytes handed over and not acked. */
  readonly maxUnackedBytes?: number;
  readonly meter?: Meter;
  /** For records in Avro. */
  readonly registry?: SchemaRegistry | undefined;
  /** Makes the stream that mirrors a Kafka partition, where it is missing. */
  provisionMirror(source: Source): Promise<void>;
  /** The processes of the mesh: no topic is taken in that a running stage of its kind would pass by. */
  members?(): readonly MemberRecord[];
  /** After how long without a move a partition that has something to do is stalled. */
  readonly stallMs?: number;
  /** How often topics are looked for. */
  readonly discoverMs?: number;
}

const MAX_UNACKED_BYTES = 16 * 1024 * 1024;
const DISCOVER_MS = 5_000;
const DRAIN_MS = 10_000;
const STALL_MS = 60_000;
/**
 * How long Kafka may keep a fetch waiting for records. A topic that is deleted, made anew and filled while one fetch waits
 * is not noticed; a shorter wait costs an idle bridge more requests.
 */
const MAX_FETCH_MS = 100;
/** Longer than this nothing was fetched: a topic could have been deleted, made anew and filled. */
const BLIND_MS = 100;

export class KafkaToJetStream {
  readonly #options: BridgeOptions;
  readonly #admin: TopicAdmin;
  readonly #budget: ByteBudget;
  readonly #assignment: Assignment;
  readonly #stop = new AbortController();
  readonly #watch: PartitionWatch;
  #consumer: Consumer | undefined;
  #routes: readonly Route[];
  #topics: Topics = new Map();
  #kafkaProblem: string | undefined = 'Kafka has not answered yet';
  /** Topics of the consumer that have no route any more: paused, for to give them up makes the group rebalance. */
  readonly #leftOut = new Set<string>();
  /** Topics that were read and are no longer in Kafka, and what to say of them. */
  readonly #gone = new Map<string, string>();
  #draining = false;
  #wakeDiscovery: (() => void) | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#routes = options.routes;
    this.#admin = new TopicAdmin(options.kafka);
    this.#budget = new ByteBudget(options.maxUnackedBytes ?? MAX_UNACKED_BYTES);
    this.#assignment = new Assignment((source, confirmOwner) => ({
      log: options.log,
      source,
      route: () => this.#routeOf(source.topic),
      budget: this.#budget,
      ...(options.meter && { meter: options.meter }),
      registry: options.registry,
      members: () => options.members?.() ?? [],
      provisionMirror: (mirrored) => options.provisionMirror(mirrored),
      confirmOwner,
      range: () => this.#admin.range(source),
      pauseFetch: () => this.#consumer?.pause([{ topic: source.topic, partitions: [source.partition] }]),
      resumeFetch: (from) => this.#resumeFetch(source, from),
    }));
    this.#watch = new PartitionWatch({
      assignment: this.#assignment,
      admin: this.#admin,
      logger: options.logger,
      quietAfterMs: (topic) => quietAfterMs(this.#routeOf(topic)),
      commit: async (offsets) => this.#consumer?.commitOffsets([...offsets]),
    });
  }

  /** Runs until the signal aborts, then drains. */
  async run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (stop.aborted) return;
    await Promise.all([this.#discoverLoop(), this.#watch.run(this.#stop.signal)]);
    await this.#drain();
    await this.#admin[Symbol.asyncDispose]();
  }

  status(): BridgeStatus[] {
    return this.#assignment.status();
  }

  /** Why the bridge cannot do its work: one sentence each. */
  alarms(): string[] {
    const waiting = this.#topics.size + this.#gone.size === 0 && this.#kafkaProblem === undefined;
    const topics = this.#routes.map(({ topic }) => `"${topic}"`).join(', ');
    return [
      ...(this.#kafkaProblem ? [this.#kafkaProblem] : []),
      ...(waiting ? [`None of the topics ${topics} exists in Kafka yet; waiting for one`] : []),
      ...this.#gone.values(),
      ...this.status().flatMap(({ alarm }) => alarm ?? []),
    ];
  }

  /** Why it does not do its work: what readiness fails for. */
  obstacles(): string[] {
    const stallMs = this.#options.stallMs ?? STALL_MS;
    const stalled = this.status().filter(({ stalledSeconds }) => stalledSeconds * 1000 >= stallMs);
    return [
      ...(this.#kafkaProblem ? [this.#kafkaProblem] : []),
      ...stalled.map(
        ({ topic, partition, stalledSeconds, alarm }) =>
          `Topic "${topic}" partition ${partition} has not moved for ${stalledSeconds} s${alarm ? `: ${alarm}` : ''}`,
      ),
    ];
  }

  /** Bytes that were handed over and are not acked. */
  get unackedBytes(): number {
    return this.#budget.used;
  }

  /**
   * Goes on by other routes. Topics whose route is the same are not touched, those whose route has changed go on by
   * the new one behind what was stored, without leaving the group; a topic that is new makes the group rebalance.
   */
  async changeRoutes(routes: readonly Route[]): Promise<void> {
    const former = this.#routes;
    this.#routes = routes;
    const changes = routeChanges(former, routes, this.#topics.keys());
    const changed = [...changes].filter(([, { change }]) => change !== 'unchanged').map(([topic]) => topic);
    this.#options.logger.info('Routes have changed', { topics: changed });
    for (const topic of changed) if (!routeOf(routes, topic)) this.#leftOut.add(topic);
    await Promise.all(
      [...this.#assignment.partitions]
        .filter(({ source }) => changed.includes(source.topic))
        .map((partition) =>
          routeOf(routes, partition.source.topic) ? partition.reroute() : this.#assignment.release(partition),
        ),
    );
    this.#wakeDiscovery?.();
  }

  async #discoverLoop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#discover();
      } catch (error) {
        this.#noteKafka(`Kafka or NATS does not answer: ${explainKafkaError(error)}`);
      }
      await this.#nextDiscovery();
    }
  }

  async #nextDiscovery(): Promise<void> {
    const early = new AbortController();
    this.#wakeDiscovery = () => early.abort();
    await pause(this.#options.discoverMs ?? DISCOVER_MS, AbortSignal.any([this.#stop.signal, early.signal]));
  }

  async #discover(): Promise<void> {
    const topics = await this.#admin.find(this.#routes);
    this.#noteKafka(undefined);
    const read = new Map([...this.#topics].filter(([topic]) => !this.#leftOut.has(topic)));
    this.#noteGone(read, topics);
    const isOpen = this.#consumer !== undefined || topics.size === 0;
    if ((isOpen && sameTopics(topics, read)) || this.#stop.signal.aborted) return;
    await declareTopics(this.#options.log, topics, this.#routes);
    await this.#closeConsumer();
    this.#topics = topics;
    this.#leftOut.clear();
    if (topics.size > 0) await this.#openConsumer();
    this.#options.logger.info('Reading topics', { topics: [...topics].map(([name, count]) => `${name} (${count})`) });
  }

  #noteGone(before: Topics, now: Topics): void {
    for (const topic of this.#gone.keys())
      if (now.has(topic) || !routeOf(this.#routes, topic)) this.#gone.delete(topic);
    for (const topic of before.keys()) {
      if (now.has(topic) || this.#gone.has(topic)) continue;
      const alarm = goneAlarm(topic, this.status());
      this.#gone.set(topic, alarm);
      this.#options.logger.warn(alarm);
    }
  }

  async #openConsumer(): Promise<void> {
    const consumer = this.#options.kafka.consumer({
      groupId: this.#options.groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: MAX_FETCH_MS,
      metadataMaxAge: 30_000,
      maxBytesPerPartition: 1024 * 1024,
    });
    this.#consumer = consumer;
    this.#listen(consumer);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.#topics.keys()], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: (payload) => this.#eachBatch(payload),
      });
    } catch (error) {
      await this.#closeConsumer();
      throw error;
    }
  }

  #listen(consumer: Consumer): void {
    const { GROUP_JOIN, HEARTBEAT, END_BATCH_PROCESS, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      if (consumer === this.#consumer) this.#join(consumer, this.#draining ? {} : payload.memberAssignment);
    });
    consumer.on(HEARTBEAT, () => this.#assignment.confirm());
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#assignment.of(payload)?.session?.skipTo(Number(payload.lastOffset) + 1);
    });
    consumer.on(CRASH, ({ payload }) => {
      if (consumer !== this.#consumer) return;
      void this.#assignment.leave();
      if (!payload.restart) this.#consumer = undefined; // the next discovery opens another
    });
  }

  #join(consumer: Consumer, assigned: Readonly<Record<string, readonly number[]>>): void {
    const isRouted = ([topic]: [string, unknown]) => routeOf(this.#routes, topic) !== undefined;
    for (const entry of Object.entries(assigned)) if (!isRouted(entry)) this.#leaveOut(consumer, ...entry);
    this.#assignment.join(Object.fromEntries(Object.entries(assigned).filter(isRouted)));
  }

  /** A topic that lost its route stays assigned until the next rebalance, but is not read. */
  #leaveOut(consumer: Consumer, topic: string, partitions: readonly number[]): void {
    this.#leftOut.add(topic);
    consumer.pause([{ topic, partitions: [...partitions] }]);
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    if (this.#draining || !isRunning() || isStale()) return;
    if (this.#assignment.take(batch)) resolveOffset(batch.lastOffset());
    const since = performance.now();
    while (this.#budget.isFull && isRunning()) {
      await heartbeat();
      await this.#budget.room(500);
    }
    if (performance.now() - since > BLIND_MS) this.#assignment.realign();
  }

  /** Waits for what is in flight, but not for ever: the next owner settles the rest. */
  async #drain(): Promise<void> {
    this.#draining = true;
    const done = new AbortController();
    const drained = this.#assignment
      .drain()
      .then(() => this.#watch.housekeep())
      .catch((error: unknown) => this.#options.logger.warn('Drained in part', { error: describeError(error) }))
      .finally(() => done.abort());
    await Promise.race([drained, pause(DRAIN_MS, done.signal)]);
    await this.#closeConsumer();
  }

  async #closeConsumer(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await this.#assignment.leave();
    await consumer?.disconnect();
  }

  #resumeFetch({ topic, partition }: Source, from: number): void {
    this.#consumer?.seek({ topic, partition, offset: String(from) });
    this.#consumer?.resume([{ topic, partitions: [partition] }]);
  }

  #routeOf(topic: string): Route {
    const route = routeOf(this.#routes, topic);
    if (!route) throw new Error(`Cannot happen: topic "${topic}" was subscribed without a route`);
    return route;
  }

  #noteKafka(problem: string | undefined): void {
    if (problem === this.#kafkaProblem) return;
    this.#kafkaProblem = problem;
    if (problem) this.#options.logger.warn(problem);
    else this.#options.logger.info('Kafka answers');
  }
}
