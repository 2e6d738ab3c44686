/**
 * Invariants 1 and 2 of bucket-sink.ts under anything: writes, deletes, lifetimes, faults of the store, time that passes,
 * crashes, restarts, a second owner, a bucket that is made anew.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import { bucketStream, keySubject } from '../log/names.ts';
import { createLogger } from '../telemetry/logger.ts';
import { MemoryStore, type MemoryTarget, type SinkCall, type SinkFault } from './_memory-target.ts';
import { BucketSink } from './bucket-sink.ts';
import { firstLife, isSameStream } from './life.ts';

const MINUTE = 60_000;
const SOURCE = { bucket: 'rfm', keys: ['*.customer.>'] };
const STREAM = bucketStream('rfm');
const MARKER_MS = 60 * MINUTE;
const RUNS = 150;

interface Process {
  readonly sink: BucketSink;
  readonly target: MemoryTarget;
  readonly client: MemoryClient;
}

class World {
  readonly log = new MemoryLog();
  readonly store = new MemoryStore();
  readonly processes: Process[] = [];
  readonly faults: SinkFault[] = [];
  /** When a key goes by itself. */
  readonly #ends = new Map<string, number>();
  /** The process dies with the n-th call from now on. */
  dieIn = 0;
  /** What the store had when the bucket was made anew, but for keys that were written or deleted since: it must stay. */
  readonly #history = new Set<string>();
  nowMs = 0;
  #n = 0;

  constructor() {
    this.pass(1_717_200_000_000);
    this.put(0);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.log.nowMs = this.nowMs;
    this.store.nowMs = this.nowMs;
    for (const [key, endMs] of this.#ends) {
      if (endMs > this.nowMs) continue;
      this.log.purge(STREAM, keySubject('rfm', key), Number.MAX_SAFE_INTEGER);
      this.#ends.delete(key);
    }
  }

  put(id: number, ttlMs?: number): void {
    const key = keyOf(id);
    this.#history.delete(key);
    this.#ends.delete(key);
    if (ttlMs !== undefined) this.#ends.set(key, this.nowMs + ttlMs);
    this.log.store(keySubject('rfm', key), JSON.stringify({ n: ++this.#n }), ttlMs === undefined ? {} : { ttlMs });
  }

  remove(id: number): void {
    const key = keyOf(id);
    this.#history.delete(key);
    const headers = { 'KV-Operation': 'PURGE', 'Nats-Rollup': 'sub' };
    this.log.store(keySubject('rfm', key), '', { headers, ttlMs: MARKER_MS });
    this.#ends.set(key, this.nowMs + MARKER_MS);
  }

  remake(): void {
    const { rows } = this.store.bucket('rfm');
    for (const { subject, seq } of this.log.stream(STREAM).messages) {
      const key = subject.slice('$KV.rfm.'.length);
      const row = rows.get(key);
      // With an older one there may be a write under way that is a delete.
      if (row?.value !== undefined && row.life === this.#life && row.revision === seq) this.#history.add(key);
    }
    this.nowMs += 1;
    this.pass(0);
    this.log.deleteStream(STREAM);
    this.#ends.clear();
    this.put(0);
  }

  get #life(): number {
    return firstLife(this.log.stream(STREAM).createdMs);
  }

  begin(): void {
    const client = this.log.client();
    const target: MemoryTarget = this.store.open([SOURCE], {
      batchSize: 3,
      fault: (call) => this.#fault(process, call),
    });
    const pace = { retryMinMs: 0, retryMaxMs: 1, saveMs: 0, idleSaveMs: MINUTE, drainMs: 20, maxWaiting: 4 };
    const logger = createLogger('sink', 'error', () => {});
    const sink = new BucketSink({ log: client, target, source: SOURCE, logger, pace, now: () => this.nowMs });
    const process: Process = { sink, target, client };
    this.processes.push(process);
    void sink.start();
    // As ownership does: what failed is taken again.
    void sink.ended.then((end) => {
      if (end.kind === 'failed' && this.processes.at(-1) === process) this.begin();
    });
  }

  kill(process: Process | undefined): void {
    process?.client.kill();
    process?.target.kill();
  }

  #fault(process: Process, _call: SinkCall): SinkFault | undefined {
    if (this.dieIn > 0 && --this.dieIn === 0) this.kill(process);
    return this.faults.shift();
  }

  /** Nothing up to the saved position is missing, and nothing that only the store has. */
  check(): void {
    const { position, rows } = this.store.bucket('rfm');
    for (const key of this.#history) expect(rows.get(key)?.value, `${key} of the former bucket`).toBeDefined();
    if (position === undefined || !isSameStream(position.life, this.#life)) return;
    const { life } = position;
    for (const { subject, seq, payload } of this.log.stream(STREAM).messages) {
      if (seq > position.seq || payload.length === 0) continue;
      const row = rows.get(subject.slice('$KV.rfm.'.length));
      expect(
        row !== undefined && row.life === life && row.revision >= seq,
        `${subject} at ${seq}, saved ${position.seq}`,
      ).toBe(true);
    }
  }

  /** The row of a value whose lifetime is over may stay, and one of the bucket before this one. */
  #mayStay(key: string): boolean {
    const row = this.store.bucket('rfm').rows.get(key);
    if (row?.expiresAtMs !== undefined && row.expiresAtMs <= this.nowMs) return true;
    const isNamed = this.log.stream(STREAM).messages.some(({ subject }) => subject === keySubject('rfm', key));
    return row !== undefined && row.life < this.#life && !isNamed;
  }

  /** Nothing has been missed up to now: keys were compared, if that was due. */
  get isFresh(): boolean {
    return this.store.bucket('rfm').position?.savedAtMs === this.nowMs;
  }

  difference(): string[] {
    const stored = this.store.values('rfm');
    const wanted = new Map<string, string>();
    for (const { subject, payload } of this.log.stream(STREAM).messages)
      if (payload.length > 0) wanted.set(subject.slice('$KV.rfm.'.length), new TextDecoder().decode(payload));
    const wrong = [...wanted]
      .filter(([key, text]) => JSON.stringify(stored.get(key)) !== text)
      .map(([key]) => `${key} differs`);
    const extra = [...stored.keys()].filter((key) => !wanted.has(key) && !this.#mayStay(key));
    return [...wrong, ...extra.map((key) => `${key} is too much`)];
  }
}

function keyOf(id: number): string {
  return `p0${id % 3}.customer.${id}`;
}

const id = fc.integer({ min: 0, max: 11 });
const fault = fc.constantFrom<SinkFault>('away', 'throttled', 'full', 'unanswered', 'half', 'broken');
type Step = (world: World) => void | Promise<void>;
const step: fc.Arbitrary<{ readonly say: string; readonly run: Step }> = fc.oneof(
  { weight: 8, arbitrary: id.map((n) => ({ say: `put ${n}`, run: (w: World) => w.put(n) })) },
  { weight: 3, arbitrary: id.map((n) => ({ say: `put ${n} for a while`, run: (w: World) => w.put(n, 61 * MINUTE) })) },
  { weight: 4, arbitrary: id.map((n) => ({ say: `remove ${n}`, run: (w: World) => w.remove(n) })) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => ({ say: `${n} turns`, run: () => turns(n) })) },
  {
    weight: 3,
    arbitrary: fc.array(fault, { minLength: 1, maxLength: 6 }).map((list) => {
      return { say: `faults ${list.join(' ')}`, run: (w: World) => void w.faults.push(...list) };
    }),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 90 }).map((n) => ({ say: `${n} min`, run: (w: World) => w.pass(n * MINUTE) })),
  },
  { weight: 2, arbitrary: fc.constant({ say: 'another owner', run: (w: World) => w.begin() }) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 6 }).map((n) => {
      return {
        say: `dies with call ${n}`,
        run: (w: World) => {
          w.dieIn = n;
        },
      };
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constant({
      say: 'crash and restart',
      run: (w: World) => {
        w.kill(w.processes.at(-1));
        w.begin();
      },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      say: 'stop and restart',
      run: async (w: World) => {
        await w.processes.at(-1)?.sink.stop();
        w.begin();
      },
    }),
  },
  { weight: 1, arbitrary: fc.constant({ say: 'bucket made anew', run: (w: World) => w.remake() }) },
);

async function turns(n: number): Promise<void> {
  for (let at = 0; at < n; at++) await new Promise((resolve) => setTimeout(resolve, 0));
}

async function settle(world: World): Promise<void> {
  world.faults.length = 0;
  world.dieIn = 0;
  world.begin();
  await until(world, () => world.difference().length === 0);
  world.pass(70 * MINUTE);
  world.begin(); // after so long it compares keys
  await until(world, () => world.isFresh && world.difference().length === 0);
}

async function until(world: World, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds() && performance.now() < deadline) {
    world.check();
    await turns(1);
  }
}

test('in the end the store holds what the bucket holds and what only the store has, and no position is ever ahead', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = new World();
      world.begin();
      for (const { run } of steps) {
        await run(world);
        world.check();
      }
      await settle(world);
      expect(world.difference(), steps.map(({ say }) => say).join('; ')).toEqual([]);
      expect(world.isFresh).toBe(true);
      world.check();
      expect(world.processes.flatMap(({ target }) => target.overlaps)).toEqual([]);
      for (const process of world.processes) world.kill(process);
    }),
    { numRuns: RUNS },
  );
}, 120_000);
