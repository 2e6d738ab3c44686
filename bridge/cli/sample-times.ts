/** What a sample tells of event times: how far behind its record an event is, and how far out of order. Pure. */

export interface SampledTime {
  readonly partition: number;
  /** Of the event, ms. */
  readonly eventMs: number;
  /** Of its record in Kafka, ms. */
  readonly recordMs: number;
}

export interface SampleTimes {
  /** Record time minus event time, ms. Below zero: the event is ahead of its record. */
  readonly lagMs: { readonly least: number; readonly median: number; readonly most: number };
  /** How far an event is behind the newest one before it in its partition, ms. */
  readonly outOfOrderMs: number;
  /** What outOfOrdernessMs should be at least, by this sample; undefined: the route's is enough. */
  readonly suggestedMs?: number;
}

/** In the order of the partitions' offsets. undefined: there is none to tell from. */
export function sampleTimes(times: readonly SampledTime[], outOfOrdernessMs: number): SampleTimes | undefined {
  if (times.length === 0) return undefined;
  const lags = times.map(({ eventMs, recordMs }) => recordMs - eventMs).sort((a, b) => a - b);
  const newest = new Map<number, number>();
  let outOfOrderMs = 0;
  for (const { partition, eventMs } of times) {
    const before = newest.get(partition) ?? eventMs;
    outOfOrderMs = Math.max(outOfOrderMs, before - eventMs);
    newest.set(partition, Math.max(before, eventMs));
  }
  return {
    lagMs: { least: lags[0] ?? 0, median: lags[lags.length >> 1] ?? 0, most: lags.at(-1) ?? 0 },
    outOfOrderMs,
    ...(outOfOrderMs > outOfOrdernessMs && { suggestedMs: roundUp(outOfOrderMs) }),
  };
}

/** A bound that people write: 1 s, 2 s, 5 s, 10 s and so on, with half as much again to spare. */
function roundUp(ms: number): number {
  const wanted = Math.max(1_000, ms * 1.5);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 5, 10].find((step) => step * unit >= wanted) ?? 10) * unit;
}
