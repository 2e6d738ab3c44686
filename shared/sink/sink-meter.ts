/** Told of each write, for histograms (sink-metrics.ts). */
export interface SinkMeter {
  written(bucket: string, entries: number, ms: number): void;
}
