/**
 * Which partitions of one stage run here: leases in KV, desired owner by rendezvous hashing over live members.
 *
 * Leases are for liveness and balance only; safety is the compare-and-set of commits. A lease belongs to a member and
 * is worth as much as that member's heartbeat: nobody else takes it while its owner is live.
 *
 *   free | owner dead ──take──▶ held ──recover──▶ running ──desired elsewhere──▶ draining ──release──▶ free
 *                                 └──── fenced, failed, lease lost: drop at once, look again next round ────┘
 */
import { PARTITIONS, ALL } from '../events/partition.ts';
import { type Log, LogUnavailableError, type StoredMessage } from '../log/log.ts';
import { bucketStream, keySubject, LEASES } from '../log/names.ts';
import { entryText, isDeleteMarker } from '../store/entry.ts';
import type { Membership } from './membership.ts';
import type { RunnerEnd } from './partition-runner.ts';
import { desiredOwner } from './rendezvous.ts';

/** A partition at work; the runner and its place at the feed. */
export interface OwnedPartition {
  /** Resolves when the partition is running; rejects when it cannot be taken now. */
  start(): Promise<void>;
  readonly ended: Promise<RunnerEnd>;
  /** Drains. */
  stop(): Promise<void>;
}

export interface OwnershipOptions {
  readonly log: Log;
  readonly membership: Membership;
  readonly instance: string;
  /** The service whose members compete. */
  readonly service: string;
  /** Or what else is owned one by one: buckets. */
  readonly partitions: 'all' | 'keyed' | readonly string[];
  open(partition: string): OwnedPartition;
  /** Told of everything that happens to a partition. */
  onChange(partition: string, what: 'taken' | 'running' | 'released' | 'lost' | 'failed', error?: unknown): void;
}

interface Lease {
  readonly owner: string;
  readonly seq: number;
}

interface Held {
  readonly owned: OwnedPartition;
  /** 0 until it has started. */
  leaseSeq: number;
  leaving: boolean;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #partitions: readonly string[];
  readonly #held = new Map<string, Held>();
  readonly #work = new Set<Promise<void>>();
  #closed = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#partitions = namesOf(options.partitions);
  }

  get heldPartitions(): string[] {
    return [...this.#held.keys()].sort();
  }

  /** Looks at members and leases once and starts what has to be done; does not wait for recoveries and drains. */
  async round(): Promise<void> {
    const { service, membership, instance } = this.#options;
    const leases = await this.#leases();
    if (!leases || this.#closed) return;
    const candidates = membership
      .live()
      .filter(({ services }) => services.includes(service))
      .map((member) => member.instance);
    for (const partition of this.#partitions) {
      // The key is the partition alone, so that fused stages get the same partitions and share their feed.
      const desired = desiredOwner(partition, candidates);
      const held = this.#held.get(partition);
      const lease = leases.get(partition);
      if (held) this.#review(partition, held, lease, desired);
      else if (desired === instance && this.#isFree(lease)) this.#spawn(this.#take(partition, lease));
    }
  }

  /** Drains and releases everything. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#held].filter(([, held]) => held.leaseSeq > 0); // the others leave when they have started
    await Promise.all(running.map(([partition, held]) => this.#leave(partition, held)));
    await Promise.all(this.#work);
  }

  #isFree(lease: Lease | undefined): boolean {
    const { instance, membership } = this.#options;
    return lease === undefined || lease.owner === instance || !membership.isLive(lease.owner);
  }

  #review(partition: string, held: Held, lease: Lease | undefined, desired: string | undefined): void {
    const { instance } = this.#options;
    if (held.leaving || held.leaseSeq === 0) return; // on its way out, or in
    const lost = lease !== undefined && lease.seq > held.leaseSeq && lease.owner !== instance;
    if (lost) {
      held.leaving = true;
      this.#spawn(held.owned.stop());
    } else if (desired !== undefined && desired !== instance) this.#spawn(this.#leave(partition, held));
  }

  async #take(partition: string, lease: Lease | undefined): Promise<void> {
    const { instance, onChange } = this.#options;
    const held: Held = { owned: this.#options.open(partition), leaseSeq: 0, leaving: false };
    this.#held.set(partition, held);
    try {
      const value = JSON.stringify({ owner: instance, since: new Date().toISOString() });
      const appended = await this.#options.log.append(this.#key(partition), value, { expectedLast: lease?.seq ?? 0 });
      if (appended.kind === 'conflict') {
        this.#held.delete(partition);
        return;
      }
      onChange(partition, 'taken');
      await held.owned.start();
      held.leaseSeq = appended.seq;
      onChange(partition, 'running');
    } catch (error) {
      this.#held.delete(partition);
      await held.owned.stop();
      onChange(partition, 'failed', error);
      return;
    }
    this.#spawn(this.#watch(partition, held));
    if (this.#closed) await this.#leave(partition, held);
  }

  /** Forgets the partition when its runner ends by itself. */
  async #watch(partition: string, held: Held): Promise<void> {
    const end = await held.owned.ended;
    this.#held.delete(partition);
    if (end.kind === 'fenced') this.#options.onChange(partition, 'lost');
    if (end.kind === 'failed') this.#options.onChange(partition, 'failed', end.error);
  }

  async #leave(partition: string, held: Held): Promise<void> {
    if (held.leaving) return;
    held.leaving = true;
    await held.owned.stop();
    try {
      await this.#options.log.append(this.#key(partition), '', {
        expectedLast: held.leaseSeq,
        headers: { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' },
        ttlMs: 60_000,
      });
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error; // its owner's heartbeat ends, and with it the lease
    }
    this.#options.onChange(partition, 'released');
  }

  /** Undefined while the log is away. */
  async #leases(): Promise<Map<string, Lease> | undefined> {
    const { log, service } = this.#options;
    let found: StoredMessage[];
    try {
      found = await log.lastOfEach(bucketStream(LEASES), [keySubject(LEASES, `${service}.*`)]);
    } catch (error) {
      if (error instanceof LogUnavailableError) return undefined;
      throw error;
    }
    return new Map(found.map((message) => [message.subject.split('.').at(-1) ?? '', parseLease(message)]));
  }

  #key(partition: string): string {
    return keySubject(LEASES, `${this.#options.service}.${partition}`);
  }

  #spawn(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }
}

function namesOf(partitions: OwnershipOptions['partitions']): readonly string[] {
  if (partitions === 'all') return [ALL];
  return partitions === 'keyed' ? PARTITIONS : partitions;
}

/** A released lease has no owner, but its marker's sequence counts for compare-and-set. */
function parseLease(message: StoredMessage): Lease {
  if (isDeleteMarker(message)) return { owner: '', seq: message.seq };
  return { owner: (JSON.parse(entryText(message)) as { owner: string }).owner, seq: message.seq };
}
