/** The law at the level of the runtime: real runners on the memory log, with faults and kills, end as a straight run. */
import { describe, expect, test } from 'vitest';
import { rfm } from '../../services/rfm/rfm.ts';
import { rfmSummary } from '../../services/rfm/summary.ts';
import { combineSales } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import { ALL, PARTITIONS } from '../events/partition.ts';
import type { StageDefinition } from '../events/stage.ts';
import { type Fault, type MemoryClient, MemoryLog } from '../log/memory-log.ts';
import {
  bucketStream,
  dataSubject,
  EVENTS,
  keySubject,
  logStream,
  logSubject,
  MESH,
  progressSubject,
} from '../log/names.ts';
import { isDeleteMarker } from '../store/entry.ts';
import { advanceAll, generateOrders, seededRandom, shuffleWithin, TOPIC, toSteps } from '../testing/orders.ts';
import { framesOf, runStages } from '../testing/stage-harness.ts';
import { holdDownstream } from './downstream-hold.ts';
import { Feed } from './feed.ts';
import type { Pace } from './pace.ts';
import { PartitionRunner } from './partition-runner.ts';

const START = Date.parse('2024-06-01T10:00:00Z');
const HOUR = 3_600_000;
const PACE: Pace = { watermarkDelayMs: 1, positionDelayMs: 1, applyIntervalMs: 5, restPerResultMs: 0, restPerMs: 0 };

const SERVICES: Readonly<Record<string, readonly StageDefinition<never>[]>> = {
  sales: [sales(), combineSales()],
  rfm: [rfm, rfmSummary],
};

function input(seed: number) {
  const events = generateOrders({ seed, orders: 120, customers: 15, startMs: START, spanMs: 3 * HOUR, changed: 0.2 });
  const steps = toSteps(shuffleWithin(events, 5_000, seed), { kafkaPartitions: 2, batch: 10, boundMs: 5_000 });
  return [...steps, ...advanceAll(2, START + 8 * HOUR)];
}

/** One life of a stage partition: from recovery to a kill after some appends, or to the end of its input. */
class Life {
  readonly client: MemoryClient;
  readonly runner: PartitionRunner;
  readonly #definition: StageDefinition<never>;
  readonly #partition: string;
  #killed = false;

  constructor(
    log: MemoryLog,
    definition: StageDefinition<never>,
    partition: string,
    faults?: () => Fault | undefined,
    isFirst = definition.input.kind === 'events',
  ) {
    this.client = log.client(faults);
    this.#definition = definition;
    this.#partition = partition;
    const downstream = isFirst ? { downstream: ALL } : {};
    this.runner = new PartitionRunner({ log: this.client, definition, partition, pace: PACE, ...downstream });
  }

  async start(): Promise<void> {
    await this.runner.recover();
    const isFirst = this.#definition.input.kind === 'events';
    const subjects = isFirst
      ? [dataSubject(TOPIC, this.#partition, '*'), progressSubject(TOPIC, '*')]
      : PARTITIONS.map((partition) => logSubject(this.#definition.service, partition));
    const stream = isFirst ? EVENTS : logStream(this.#definition.service);
    const input = { stream, subjects: () => subjects, partitionOf: () => undefined };
    new Feed(this.client, input, () => {}, 0).join(this.runner);
  }

  kill(): void {
    this.#killed = true;
    this.client.kill();
  }

  /** Resolves when everything up to this position is folded, or this life is over. */
  async reach(position: number): Promise<void> {
    while (this.runner.position < position && !this.#killed) await turn();
  }

  /** Dies when the log has grown to this many appends. */
  async dieAt(log: MemoryLog, appends: number): Promise<void> {
    while (log.appends < appends && !this.#killed) await turn();
    this.kill();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

function lastInput(log: MemoryLog, definition: StageDefinition<never>, partition: string): number {
  const isFirst = definition.input.kind === 'events';
  const stream = log.stream(isFirst ? EVENTS : logStream(definition.service));
  const matches = (subject: string) =>
    isFirst ? subject.includes(`.${partition}.`) || subject.includes('.progress.') : !subject.endsWith(`.${ALL}`);
  return stream.messages.findLast(({ subject }) => matches(subject))?.seq ?? 0;
}

async function runToTheEnd(
  log: MemoryLog,
  definition: StageDefinition<never>,
  partition: string,
  random: () => number,
): Promise<void> {
  const target = lastInput(log, definition, partition);
  for (let life = 0; life < 4; life++) {
    const doomed = new Life(log, definition, partition, () => fault(random));
    const dying = doomed.dieAt(log, log.appends + Math.floor(random() * 40));
    const living = doomed.start().then(
      () => doomed.reach(target),
      () => {}, // hit by a fault in its fence: the next life goes on
    );
    await Promise.race([living, dying]);
    doomed.kill();
  }
  const last = new Life(log, definition, partition);
  await last.start();
  await last.reach(target);
  await last.runner.stop();
}

function fault(random: () => number): Fault | undefined {
  const dice = random();
  if (dice < 0.02) return 'lost';
  return dice < 0.04 ? 'unacked' : undefined;
}

function valuesOf(log: MemoryLog, service: string, kept: (key: string) => boolean): Map<string, string> {
  const values = new Map<string, string>();
  for (const message of log.stream(bucketStream(service)).messages) {
    const key = message.subject.slice(`$KV.${service}.`.length);
    const text = new TextDecoder().decode(message.payload);
    if (!isDeleteMarker(message) && kept(key) && !text.includes('"final":false')) values.set(key, text);
  }
  return values;
}

describe.each(Object.keys(SERVICES))('%s on the runtime', (service) => {
  test.each([1, 2, 3])(
    'killed and hit by faults at random, ends as a straight run (seed %i)',
    async (seed) => {
      const stages = SERVICES[service] ?? [];
      const steps = input(seed);
      const log = new MemoryLog();
      for (const { subject, payload } of framesOf(steps, 4)) log.store(subject, payload, {});
      const random = seededRandom(seed);
      for (const stage of stages)
        for (const partition of stage.input.kind === 'events' ? PARTITIONS : [ALL])
          await runToTheEnd(log, stage, partition, random);

      const straight = runStages(stages, steps);
      const results = new Map([...straight.results].filter(([, text]) => !text.includes('"final":false')));
      const actual = valuesOf(
        log,
        service,
        (key) => straight.results.has(key) || /window|hourly|customer|summary/.test(key),
      );
      expect(new Map([...actual].sort())).toEqual(new Map([...results].sort()));
    },
    60_000,
  );
});

describe('ownership of a partition', () => {
  test('of two owners the former is fenced, and nothing it does afterwards has an effect', async () => {
    const log = new MemoryLog();
    const frames = framesOf(input(9), 4);
    const half = Math.floor(frames.length / 2);
    for (const { subject, payload } of frames.slice(0, half)) log.store(subject, payload, {});
    const first = new Life(log, rfm, 'p03');
    await first.start();
    await first.reach(lastInput(log, rfm, 'p03'));
    const second = new Life(log, rfm, 'p03');
    await second.start();
    for (const { subject, payload } of frames.slice(half)) log.store(subject, payload, {});
    expect(await first.runner.ended).toEqual({ kind: 'fenced' });
    await second.reach(lastInput(log, rfm, 'p03'));
    await second.runner.stop();
    const straight = runStages([rfm], input(9)).results;
    const own = new Map([...straight].filter(([key]) => key.startsWith('p03.')));
    expect(valuesOf(log, 'rfm', (key) => key.startsWith('p03.customer'))).toEqual(own);
  });
});

describe('commits that somebody outside has not read', () => {
  /** What is left of `log.rfm.p03` after everything was folded and applied. */
  async function leftWith(hold: (log: MemoryLog) => Promise<void>): Promise<number[]> {
    const log = new MemoryLog();
    const frames = framesOf(input(5), 4);
    for (const { subject, payload } of frames) log.store(subject, payload, {});
    await hold(log);
    const isFirst = false; // there is no stage behind it that could hold commits, too
    const life = new Life(log, rfm, 'p03', undefined, isFirst);
    await life.start();
    await life.reach(lastInput(log, rfm, 'p03'));
    await life.runner.stop();
    return log.stream(logStream('rfm')).messages.map(({ seq }) => seq);
  }

  test('are not purged; those behind are, and all but the last when nobody holds them', async () => {
    const free = await leftWith(() => Promise.resolve());
    expect(free.length).toBeLessThan(3);
    const held = await leftWith((log) => holdDownstream(log.client(), 'rfm', 'egress', { seq: 1, lifetimeMs: 60_000 }));
    expect(held.slice(0, 2)).toEqual([2, 3]);
    const slowest = await leftWith(async (log) => {
      await holdDownstream(log.client(), 'rfm', 'egress', { seq: 2, lifetimeMs: 60_000 });
      await holdDownstream(log.client(), 'rfm', 'other', { seq: 0, lifetimeMs: 60_000 });
      await holdDownstream(log.client(), 'sales', 'egress', { seq: 99, lifetimeMs: 60_000 });
    });
    expect(slowest[0]).toBe(1);
  });

  test('a hold that cannot be read holds everything; one that has expired holds nothing', async () => {
    const unreadable = await leftWith(async (log) => {
      await log.client().append(keySubject(MESH, 'downstream.rfm.other'), '{}');
    });
    expect(unreadable[0]).toBe(1);
    const expired = await leftWith(async (log) => {
      const headers = { 'Nats-Marker-Reason': 'MaxAge' };
      await log.client().append(keySubject(MESH, 'downstream.rfm.egress'), '', { headers });
    });
    expect(expired.length).toBeLessThan(3);
  });
});
