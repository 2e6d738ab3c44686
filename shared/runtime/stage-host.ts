/**
 * Runs stages in one process: a runner per owned partition, a feed per input partition shared by fused stages.
 * Does not own membership, health or signals (worker.ts).
 */
import { ALL, PARTITIONS } from '../events/partition.ts';
import type { StageDefinition } from '../events/stage.ts';
import type { Log } from '../log/log.ts';
import { dataSubject, EVENTS, logStream, logSubject, progressSubject, rulesSubject } from '../log/names.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Feed } from './feed.ts';
import type { Membership } from './membership.ts';
import { type OwnedPartition, Ownership } from './ownership.ts';
import { type Pace, PartitionRunner } from './partition-runner.ts';
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

interface Input {
  readonly stream: string;
  readonly subjects: readonly string[];
}

export class StageHost {
  readonly #options: StageHostOptions;
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
      this.#leaveFeed(definition, partition, runner);
      if (this.#runners.get(name) === runner) this.#runners.delete(name);
    };
    void runner.ended.then(leave);
    return {
      ended: runner.ended,
      start: async () => {
        this.#runners.set(name, runner);
        await runner.recover();
        await this.#checkRetention(definition, partition, runner);
        this.#feed(definition, partition).join(runner);
      },
      stop: () => {
        this.#leaveFeed(definition, partition, runner);
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

  #input({ input }: StageDefinition<never>, partition: string): Input {
    if (input.kind === 'log')
      return { stream: logStream(input.service), subjects: PARTITIONS.map((name) => logSubject(input.service, name)) };
    const topics = input.events.flatMap((event) => this.#options.topicsOf(event));
    const subjects = topics.flatMap((topic) => [dataSubject(topic, partition, '*'), progressSubject(topic, '*')]);
    return {
      stream: EVENTS,
      subjects: input.rules === undefined ? subjects : [...subjects, rulesSubject(input.rules)],
    };
  }

  #feed(definition: StageDefinition<never>, partition: string): Feed {
    const { stream, subjects } = this.#input(definition, partition);
    const key = subjects.join(' ');
    let feed = this.#feeds.get(key);
    if (!feed) {
      const { logger, log } = this.#options;
      feed = new Feed(log, stream, subjects, (error) => {
        this.#alarms.set(key, `Reading ${stream} for ${partition} failed: ${describe(error)}`);
        logger.error(`Cannot read ${stream} for ${partition}`, { error });
      });
      this.#feeds.set(key, feed);
    }
    return feed;
  }

  #leaveFeed(definition: StageDefinition<never>, partition: string, runner: PartitionRunner): void {
    this.#feed(definition, partition).leave(runner);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
