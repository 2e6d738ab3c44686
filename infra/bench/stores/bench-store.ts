/** A store outside the mesh under measurement, with the sink that writes it: what the row `sinks` needs of either. */
import type { WorkerPlan } from '../bench-worker.ts';

export interface Customer {
  /** A whole number. */
  readonly id: string;
  readonly segment: string;
  readonly recencyDays: number;
  readonly frequency: number;
  readonly spent: string;
  readonly firstOrder: string;
  readonly lastOrder: string;
}

export interface BenchStore extends AsyncDisposable {
  /** For people. */
  readonly name: string;
  readonly sink: WorkerPlan;
  /** One in so many orders is looked for: so many questions the store answers beside its work. */
  readonly sampleEvery: number;
  /** What a loop over the driver writes at once, as its manual shows it, and how many such at a time. */
  readonly plain: { readonly batch: number; readonly parallel: number; readonly what: string };
  /** Which of these customers the store shows now. */
  shown(customers: readonly string[]): Promise<readonly string[]>;
  /** Writes customers with the driver alone, into a table of the same columns that nothing guards. */
  writePlainly(customers: readonly Customer[]): Promise<void>;
}
