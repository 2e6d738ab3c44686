/**
 * The buckets of one sink in one process: which of them run here, their status and alarms.
 *
 * Owns: rests between failures of a bucket. Does not own: membership and heartbeats, the store (run-sink.ts).
 */
import type { Log } from '../log/log.ts';
import type { Membership } from '../runtime/membership.ts';
import { type OwnedPartition, Ownership } from '../runtime/ownership.ts';
import type { SinkStatus } from '../runtime/status.ts';
import { describeError, type Logger } from '../telemetry/logger.ts';
import { BucketSink } from './bucket-sink.ts';
import type { SinkMeter } from './sink-meter.ts';
import type { SinkPace } from './sink-pace.ts';
import type { SinkSource, SinkTarget } from './sink-target.ts';

export interface SinkHostOptions {
  readonly log: Log;
  readonly logger: Logger;
  readonly membership: Membership;
  readonly instance: string;
  readonly target: SinkTarget;
  readonly meter?: SinkMeter;
  readonly pace?: Partial<SinkPace>;
}

interface Failure {
  /** One soon after the other. */
  readonly count: number;
  readonly atMs: number;
  readonly reason: string;
}

/** A failure so long after the one before is the first of its kind. */
const CALM_MS = 120_000;
const FIRST_REST_MS = 500;
const MOST_REST_MS = 30_000;

export class SinkHost {
  readonly #options: SinkHostOptions;
  readonly #service: string;
  readonly #ownership: Ownership;
  readonly #sinks = new Map<string, BucketSink>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: SinkHostOptions) {
    const { log, membership, instance, target } = options;
    this.#options = options;
    this.#service = `sink-${target.name}`;
    this.#ownership = new Ownership({
      log,
      membership,
      instance,
      service: this.#service,
      partitions: target.sources.map(({ bucket }) => bucket),
      open: (bucket) => this.#open(bucket),
      onChange: (bucket, what, error) => this.#changed(bucket, what, error),
    });
  }

  /** To be called at every heartbeat. */
  round(): Promise<void> {
    return this.#ownership.round();
  }

  /** Writes what was read, saves positions, gives the buckets up. */
  close(): Promise<void> {
    return this.#ownership.close();
  }

  status(): SinkStatus[] {
    return [...this.#sinks.values()].map((sink) => sink.status());
  }

  alarms(): string[] {
    const stalled = this.status().flatMap(({ bucket, alarm }) => {
      return alarm === undefined ? [] : [`${this.#service} ${bucket} ${alarm}`];
    });
    const failed = [...this.#failures].filter(([bucket]) => this.#sinks.get(bucket)?.status().state !== 'running');
    return [...stalled, ...failed.map(([bucket, { reason }]) => `${this.#service} ${bucket} failed: ${reason}`)];
  }

  #open(bucket: string): OwnedPartition {
    const { log, target, logger, meter, pace } = this.#options;
    const source: SinkSource = target.sources.find((known) => known.bucket === bucket) ?? { bucket, keys: [] };
    const failures = this.#failures.get(bucket)?.count ?? 0;
    const restMs = failures === 0 ? 0 : Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** failures);
    const sink = new BucketSink({ log, target, source, logger, meter, pace, restMs });
    this.#sinks.set(bucket, sink);
    void sink.ended.then((end) => {
      if (this.#sinks.get(bucket) === sink) this.#sinks.delete(bucket);
      if (end.kind !== 'failed') this.#failures.delete(bucket);
    });
    return sink;
  }

  #changed(bucket: string, what: string, error: unknown): void {
    const { logger } = this.#options;
    const name = `${this.#service} ${bucket}`;
    if (what !== 'failed') {
      logger.debug(`${name} ${what}`);
      return;
    }
    const last = this.#failures.get(bucket);
    const atMs = Date.now();
    const count = last && atMs - last.atMs < CALM_MS ? last.count + 1 : 1;
    this.#failures.set(bucket, { count, atMs, reason: describeError(error) });
    logger.error(`${name} failed, will be taken again`, { error });
  }
}
