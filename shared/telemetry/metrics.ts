/**
 * The Prometheus registry of one process: its own metrics, named weir_*, and prom-client's process metrics.
 * Every line carries the labels `component` and `instance`.
 *
 * Invariant (metrics.test.ts): asking twice for the same name gives the same metric, so parts of one process that
 * count the same thing (fused stages) need not know of each other.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';

export interface Metrics {
  counter<T extends string>(name: string, help: string, labels?: readonly T[]): Counter<T>;
  /** `collect` is called at each scrape and sets the values. */
  gauge<T extends string>(
    name: string,
    help: string,
    labels?: readonly T[],
    collect?: (gauge: Gauge<T>) => void,
  ): Gauge<T>;
  /** `buckets` in the metric's unit (seconds). */
  histogram<T extends string>(
    name: string,
    help: string,
    labels?: readonly T[],
    buckets?: readonly number[],
  ): Histogram<T>;
  /** The exposition text. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** 1 ms to 10 s: latencies of a stream. */
const LATENCY_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function createMetrics(identity: { readonly component: string; readonly instance: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ component: identity.component, instance: identity.instance });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter: <T extends string>(name: string, help: string, labels: readonly T[] = []) =>
      once(registry, name, Counter<T>, (full) => new Counter<T>({ name: full, help, labelNames: labels, registers })),
    gauge: <T extends string>(
      name: string,
      help: string,
      labels: readonly T[] = [],
      collect?: (gauge: Gauge<T>) => void,
    ) =>
      once(registry, name, Gauge<T>, (full) => {
        const hook = collect && {
          collect(this: Gauge<T>) {
            collect(this);
          },
        };
        return new Gauge<T>({ name: full, help, labelNames: labels, registers, ...hook });
      }),
    histogram: <T extends string>(name: string, help: string, labels: readonly T[] = [], buckets = LATENCY_BUCKETS) =>
      once(registry, name, Histogram<T>, (full) => {
        return new Histogram<T>({ name: full, help, labelNames: labels, buckets: [...buckets], registers });
      }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function once<M extends Metric>(
  registry: Registry,
  name: string,
  kind: abstract new (...args: never[]) => M,
  create: (fullName: string) => M,
): M {
  const fullName = name.startsWith('weir_') ? name : `weir_${name}`;
  const known = registry.getSingleMetric(fullName);
  if (known === undefined) return create(fullName);
  if (known instanceof kind) return known;
  throw new Error(`Cannot create metric "${fullName}": the name is taken by a metric of another type`);
}
