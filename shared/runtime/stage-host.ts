/**
 * Runs stages in one process: a runner per owned partition, a feed per input shared by partitions and fused stages.
 * Does not own membership, health or signals (worker.ts).
 */
import { ALL, PARTITIONS } from '../events/partition.ts';
import type { StageDefinition } from '../events/stage.ts';
import type { Log } from '../log/log.ts';
import {
  dataPartition,
  dataSubject,
  EVENTS,
  logStream,
  logSubject,
  progressSubject,
  rulesSubject,
} from '../log/names.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Feed, type FeedInput } from './feed.ts';
import type { Membership } from './membership.ts';
import { type OwnedPartition, Ownership } from './ownership.ts';
import type { Pace } from './pace.ts';
import { PartitionRunner } from './partition-runner.ts';
import type { StageStatus } from './status.ts';

export interface StageHostOptions {
  readonly log: Log;
  readonly logger: Logger;
  readonly membership: Membership;
  readonly instance: string;
  readonly stages: readonly StageDefinition<never>[];
  /** Kafka topics whose records become events of this kind. */
  topicsOf(event: string): readonly string[];
  readonly pace?: Partial<Pace>;
}

export class StageHost {
  readonly #options: StageHostOptions;
  /** By what they read of all partitions. */
  readonly #feeds = new Map<string, Feed>();
  readonly #runners = new Map<string, PartitionRunner>();
  readonly #ownerships: readonly Ownership[];
  readonly #alarms = new Map<string, string>();

  constructor(options: StageHostOptions) {
    this.#options = options;
    this.#ownerships = options.stages.map((stage) => this.#ownership(stage));
  }

  /** To be called at every heartbeat. */
  async round(): Promise<void> {
    await Promise.all(this.#ownerships.map((ownership) => ownership.round()));
  }

  async close(): Promise<void> {
    // Second stages last: the first ones' final commits are theirs to fold, here or in the next process.
    await Promise.all(this.#ownerships.map((ownership) => ownership.close()));
  }

  status(): StageStatus[] {
    return [...this.#runners.values()].map((runner) => runner.status());
  }

  alarms(): string[] {
    return [...this.#alarms.values()];
  }

  #ownership(definition: StageDefinition<never>): Ownership {
    const { log, membership, instance, logger } = this.#options;
    const { service } = definition;
    return new Ownership({
      log,
      membership,
      instance,
      service,
      partitions: definition.input.kind === 'log' ? 'all' : 'keyed',
      open: (partition) => this.#open(definition, partition),
      onChange: (partition, what, error) => {
        const name = `${service} ${partition}`;
        if (what === 'failed') {
          this.#alarms.set(name, `${name} failed: ${describe(error)}`);
          logger.error(`${name} failed, will be taken again`, { error });
        } else {
          if (what === 'running') this.#alarms.delete(name);
          logger.debug(`${name} ${what}`);
        }
      },
    });
  }

  #open(definition: StageDefinition<never>, partition: string): OwnedPartition {
    const { log, stages, pace } = this.#options;
    const { service, input } = definition;
    const isFirst = input.kind === 'events';
    const hasSecond = stages.some((other) => other.input.kind === 'log' && other.input.service === service);
    const runner = new PartitionRunner({
      log,
      definition,
      partition,
      ...(isFirst && hasSecond ? { downstream: ALL } : {}),
      ...(pace ? { pace } : {}),
    });
    const name = `${service}.${partition}`;
    const leave = () => {
      this.#feed(definition).leave(runner);
      if (this.#runners.get(name) === runner) this.#runners.delete(name);
    };
    void runner.ended.then(leave);
    return {
      ended: runner.ended,
      start: async () => {
        this.#runners.set(name, runner);
        await runner.recover();
        await this.#checkRetention(definition, partition, runner);
        this.#feed(definition).join(runner);
      },
      stop: () => {
        this.#feed(definition).leave(runner);
        return runner.stop();
      },
    };
  }

  /** A position below the first stored message means that input was deleted before it was folded. */
  async #checkRetention(definition: StageDefinition<never>, partition: string, runner: PartitionRunner): Promise<void> {
    if (runner.position === 0 || definition.input.kind === 'log') return;
    const { firstSeq } = await this.#options.log.state(EVENTS);
    if (firstSeq <= runner.position + 1) return;
    const name = `${definition.service} ${partition}`;
    const sentence = `${name} missed input: ${EVENTS} starts at ${firstSeq}, it had folded up to ${runner.position}`;
    this.#options.logger.error(`${sentence}; raise the retention of ${EVENTS}`);
    this.#alarms.set(`${name} gap`, sentence);
  }

  #input({ input }: StageDefinition<never>): FeedInput {
    if (input.kind === 'log') {
      const subjects = PARTITIONS.map((name) => logSubject(input.service, name));
      return { stream: logStream(input.service), subjects: () => subjects, partitionOf: () => undefined };
    }
    const topics = input.events.flatMap((event) => this.#options.topicsOf(event));
    const rules = input.rules === undefined ? [] : [rulesSubject(input.rules)];
    return {
      stream: EVENTS,
      subjects: (partitions) => [...topics.flatMap((topic) => topicSubjects(topic, partitions)), ...rules],
      partitionOf: dataPartition,
    };
  }

  #feed(definition: StageDefinition<never>): Feed {
    const input = this.#input(definition);
    const key = input.subjects(PARTITIONS).join(' ');
    let feed = this.#feeds.get(key);
    if (!feed) {
      const { logger, log } = this.#options;
      feed = new Feed(log, input, (error) => {
        this.#alarms.set(key, `Reading ${input.stream} failed: ${describe(error)}`);
        logger.error(`Cannot read ${input.stream}`, { error });
      });
      this.#feeds.set(key, feed);
    }
    return feed;
  }
}

/** Data of these partitions, and progress. One filter for all of them is cheaper for the server than one each. */
function topicSubjects(topic: string, partitions: readonly string[]): string[] {
  if (partitions.length === PARTITIONS.length) return [dataSubject(topic, '*', '*')]; // `progress` stands where partitions do
  return [...partitions.map((partition) => dataSubject(topic, partition, '*')), progressSubject(topic, '*')];
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
