/** Measures the hot paths of this folder: `node shared/event-time/event-time.bench.ts`. Prints ns per operation. */
import { formatTime } from './time-text.ts';
import { Timers } from './timers.ts';
import { PartitionWatermark } from './watermark.ts';
import { WindowOperator } from './window-operator.ts';
import { slidingWindows, tumblingWindows } from './windows.ts';

const DAY = 86_400_000;
const FROM = 1_717_200_000_000;
const ROUNDS = 3;

let sink = 0; // keeps the optimiser from dropping what is measured

/** The best of a few rounds, so that warming up and neighbours count least. */
function measure(name: string, operations: number, run: () => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  }
  process.stdout.write(`${name.padEnd(64)}${((best * 1e6) / operations).toFixed(0).padStart(8)} ns\n`);
}

/** Spread over 90 days, as customers' last orders are; the same on every run. */
function timeOf(n: number): number {
  return FROM + ((n * 7_919_001_013) % (90 * DAY));
}

const N = 500_000;
const times = Array.from({ length: N }, (_, n) => timeOf(n));
const keys = Array.from({ length: 50_000 }, (_, n) => String(n));

measure('Date.toISOString', N, () => {
  for (const t of times) sink += new Date(t).toISOString().length;
});
measure('formatTime', N, () => {
  for (const t of times) sink += formatTime(t).length;
});
measure('formatTime, as UTF-8', N, () => {
  for (const t of times) sink += Buffer.byteLength(formatTime(t));
});
measure('PartitionWatermark.observe', N, () => {
  const watermark = new PartitionWatermark(5_000);
  for (const t of times) watermark.observe(t);
  sink += watermark.current ?? 0;
});

let timers = new Timers<number>();
measure(`Timers.schedule, ${N} timers`, N, () => {
  timers = new Timers();
  for (let n = 0; n < N; n++) timers.schedule(times[n] ?? 0, keys[n % keys.length] ?? '', n);
});
measure(`Timers.schedule and advance over all, ${N} timers`, N, () => {
  const all = new Timers<number>();
  for (let n = 0; n < N; n++) all.schedule(times[n] ?? 0, keys[n % keys.length] ?? '', n);
  all.advance(FROM + 90 * DAY, () => sink++);
});
sink += timers.size;

function windowed(windows: ReturnType<typeof tumblingWindows>): void {
  const operator = new WindowOperator<number, { sum: number }>({
    windows,
    aggregate: {
      create: () => ({ sum: 0 }),
      add: (all, n) => {
        all.sum += n;
        return all;
      },
      merge: (into, from) => {
        into.sum += from.sum;
        return into;
      },
    },
    onResult: () => sink++,
    onLate: () => sink++,
  });
  for (let n = 0; n < N; n++) {
    const t = FROM + n * 20; // 50 events/s
    operator.add(keys[(n * 7919) % 5_000] ?? '', t, 1);
    if (n % 100 === 0) operator.advance(t - 5_001);
  }
}
measure('WindowOperator, 1 h tumbling, 5,000 keys: event', N, () => windowed(tumblingWindows(3_600_000)));
measure('WindowOperator, 1 h by 5 min (12 windows), 5,000 keys: event', N, () =>
  windowed(slidingWindows(3_600_000, 300_000)),
);

if (sink < 0) process.stdout.write('\n');
