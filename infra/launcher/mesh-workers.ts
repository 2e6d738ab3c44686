/**
 * All workers of the mesh, by group. Owns how many there are and in which order they stop; a worker keeps itself running.
 * 1. Workers of a group are numbered from 1 without gaps; scaling down stops the highest numbers.
 * 2. Changes of the mesh are made one after the other.
 */
import { ArgumentError } from './arguments.ts';
import { findGroup, type WorkerGroup } from './plan.ts';
import type { Worker } from './worker.ts';

export type StartWorker = (group: WorkerGroup, name: string) => Worker;
export type UntilReady = (worker: Worker) => Promise<unknown>;

export class MeshWorkers {
  readonly #groups: readonly WorkerGroup[];
  readonly #start: StartWorker;
  readonly #untilReady: UntilReady;
  readonly #workers = new Map<string, Worker[]>();
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(groups: readonly WorkerGroup[], start: StartWorker, untilReady: UntilReady) {
    this.#groups = groups;
    this.#start = start;
    this.#untilReady = untilReady;
    for (const group of groups) this.#grow(group, group.count);
  }

  get all(): readonly Worker[] {
    return [...this.#workers.values()].flat();
  }

  scale(name: string, count: number): Promise<string> {
    const group = findGroup(this.#groups, name);
    if (count > 0 && group.blocked !== undefined)
      return Promise.reject(new ArgumentError(`Cannot scale "${name}": ${group.blocked}`));
    return this.#oneByOne(async () => {
      const workers = this.#of(group);
      const before = workers.length;
      this.#grow(group, count);
      await Promise.all(workers.splice(count).map((worker) => worker.stop()));
      return before === count ? `${name} has ${count} already` : `${name}: ${before} -> ${count}`;
    });
  }

  /** A worker, or all of a group, each once the one before is ready again. */
  restart(target: string): Promise<string> {
    const one = this.all.find((worker) => worker.name === target);
    const workers = one ? [one] : this.#of(findGroup(this.#groups, target));
    return this.#oneByOne(async () => {
      for (const worker of workers) {
        await worker.restart();
        await this.#untilReady(worker);
      }
      return workers.length === 0
        ? `${target} does not run`
        : `Restarted ${workers.map(({ name }) => name).join(', ')}`;
    });
  }

  async stopAll(say: (line: string) => void): Promise<void> {
    this.#closed = true;
    await this.#tail.catch(() => undefined);
    for (const stopOrder of new Set(this.#groups.map((group) => group.stopOrder).sort((a, b) => a - b))) {
      const workers = this.#groups.filter((group) => group.stopOrder === stopOrder).flatMap((group) => this.#of(group));
      if (workers.length > 0) say(`stopping ${workers.map((worker) => worker.name).join(', ')} ...`);
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }

  #of(group: WorkerGroup): Worker[] {
    const found = this.#workers.get(group.name);
    if (found) return found;
    const workers: Worker[] = [];
    this.#workers.set(group.name, workers);
    return workers;
  }

  #grow(group: WorkerGroup, count: number): void {
    const workers = this.#of(group);
    for (let number = workers.length + 1; number <= count; number++)
      workers.push(this.#start(group, `${group.name}-${number}`));
  }

  #oneByOne<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(() => {
      if (this.#closed) throw new Error('Cannot change the mesh: it is stopping');
      return change();
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
