/**
 * The stages of a process, reading the topics that the routes in force give their kinds of event.
 *
 * Invariants (tested in routed-stages.test.ts):
 * 1. When routes change what the stages read, they drain, and go on behind what they have committed with the new
 *    topics. What they read is told only once that is so: a bridge waits for it before it takes in a new topic, for
 *    frames that were stored while nobody read them would never be.
 * 2. Routes that change nothing of it leave the stages alone.
 */
import { type EventKind, type Route, topicsOfKind } from '../config/routes.ts';
import { StageHost, type StageHostOptions } from './stage-host.ts';
import type { MemberRecord, StageStatus } from './status.ts';

type Reads = NonNullable<MemberRecord['reads']>;

export class RoutedStages {
  readonly #options: Omit<StageHostOptions, 'topicsOf'>;
  #reads: Reads;
  #host: StageHost;
  #changing: Promise<void> | undefined;

  constructor(options: Omit<StageHostOptions, 'topicsOf'>, routes: readonly Route[]) {
    this.#options = options;
    this.#reads = this.#readsBy(routes);
    this.#host = this.#hostFor(this.#reads);
  }

  /** By kind, what the stages read now. */
  reads(): Reads {
    return this.#reads;
  }

  status(): StageStatus[] {
    return this.#host.status();
  }

  alarms(): string[] {
    return this.#host.alarms();
  }

  /** To be called at every heartbeat. */
  async round(): Promise<void> {
    if (!this.#changing) await this.#host.round();
  }

  async changeRoutes(routes: readonly Route[]): Promise<void> {
    const reads = this.#readsBy(routes);
    if (JSON.stringify(reads) === JSON.stringify(this.#reads)) return;
    this.#options.logger.info('Reading other topics from now on', { reads });
    this.#changing = this.#host.close().then(() => {
      this.#host = this.#hostFor(reads);
      this.#reads = reads;
    });
    await this.#changing.finally(() => {
      this.#changing = undefined;
    });
  }

  async close(): Promise<void> {
    await this.#changing;
    await this.#host.close();
  }

  #readsBy(routes: readonly Route[]): Reads {
    const kinds = new Set(this.#options.stages.flatMap(({ input }) => (input.kind === 'events' ? input.events : [])));
    return [...kinds].map((kind) => ({ kind, topics: topicsOfKind(routes, kind as EventKind) }));
  }

  #hostFor(reads: Reads): StageHost {
    const topicsOf = (event: string) => reads.find(({ kind }) => kind === event)?.topics ?? [];
    return new StageHost({ ...this.#options, topicsOf });
  }
}
