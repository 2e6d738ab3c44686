/**
 * The egress of one process: runs the services whose leases it holds. Several processes share them.
 * Leases (`egress.<service>`) are for liveness and balance only; safety is Kafka's, by the transactional id.
 */
import type { Membership } from '../../shared/runtime/membership.ts';
import { Ownership } from '../../shared/runtime/ownership.ts';
import type { SinkStatus } from '../../shared/runtime/status.ts';
import { type EgressOptions, EgressRunner } from './egress-runner.ts';
import type { EgressStatus } from './egress-status.ts';

export const EGRESS = 'egress';

export interface EgressProcessOptions extends Omit<EgressOptions, 'service'> {
  readonly membership: Membership;
  readonly instance: string;
}

export class Egress {
  readonly #options: EgressProcessOptions;
  readonly #ownership: Ownership;
  readonly #runners = new Map<string, EgressRunner>();
  readonly #failures = new Map<string, string>();

  constructor(options: EgressProcessOptions) {
    const { log, logger, membership, instance, settings } = options;
    this.#options = options;
    this.#ownership = new Ownership({
      ...{ log, membership, instance },
      service: EGRESS,
      partitions: settings.services,
      open: (service) => this.#open(service),
      onChange: (service, what, error) => {
        if (what === 'running') logger.info(`Egress of ${service} runs here`);
        else logger.debug(`Egress of ${service}: ${what}`);
        if (what !== 'failed') return;
        this.#failures.set(service, `Egress of ${service} failed: ${error instanceof Error ? error.message : error}`);
        logger.error(`Egress of ${service} failed, will be taken again`, { error });
      },
    });
  }

  /** To be called at every heartbeat. */
  round(): Promise<void> {
    return this.#ownership.round();
  }

  close(): Promise<void> {
    return this.#ownership.close();
  }

  status(): EgressStatus[] {
    return [...this.#runners.values()].map((runner) => runner.status());
  }

  /** As members tell it: the log of a service is to Kafka what a bucket is to a store. */
  sinks(): SinkStatus[] {
    return this.status().map(
      ({ service, state, position, lagEntries, lagSeconds, waiting, sent, restarts, alarm }) => ({
        sink: EGRESS,
        bucket: service,
        state: state === 'starting' ? 'claiming' : 'running',
        ...{ position, lagEntries: lagEntries + waiting, lagSeconds, waiting },
        ...{ written: sent, deleted: 0, refused: 0, retries: restarts, throttled: 0 },
        ...(alarm === undefined ? {} : { alarm }),
      }),
    );
  }

  alarms(): string[] {
    return [...this.status().flatMap(({ alarm }) => alarm ?? []), ...this.#failures.values()];
  }

  /** Why it cannot do its work now. */
  obstacles(): string[] {
    const waiting = this.status().filter(({ isReady }) => !isReady);
    return [
      ...waiting.map(({ alarm, service }) => alarm ?? `Egress of ${service} stands still`),
      ...this.#failures.values(),
    ];
  }

  #open(service: string): EgressRunner {
    const runner = new EgressRunner({ ...this.#options, service });
    this.#runners.set(service, runner);
    this.#failures.delete(service);
    void runner.ended.then(() => {
      if (this.#runners.get(service) === runner) this.#runners.delete(service);
    });
    return runner;
  }
}
