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
  /** The current values, for those who carry them elsewhere; of a histogram its sum and count. */
  samples(): Promise<readonly MetricSample[]>;
}

export interface MetricSample {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
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
    samples: () => readSamples(registry),
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

async function readSamples(registry: Registry): Promise<MetricSample[]> {
  const samples: MetricSample[] = [];
  for (const { name, help, type, values } of await registry.getMetricsAsJSON()) {
    const kind = String(type) === 'gauge' ? 'gauge' : 'counter'; // at run time the type is its name
    for (const { value, labels, ...rest } of values) {
      const own = 'metricName' in rest && typeof rest.metricName === 'string' ? rest.metricName : name;
      if (!own.endsWith('_bucket')) samples.push({ name: own, help, kind, labels: definedLabels(labels), value });
    }
  }
  return samples;
}

function definedLabels(labels: Partial<Record<string, string | number>>): Record<string, string | number> {
  const defined: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(labels)) if (value !== undefined) defined[name] = value;
  return defined;
}
