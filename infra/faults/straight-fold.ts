/**
 * What a mesh must have written for a load: the straight in-memory fold of its order events, and the comparison.
 * The fold never sees Debezium records, frames, logs or processes.
 */
import type { StageDefinition } from '../../shared/events/stage.ts';
import type { OrderEvent } from '../../shared/events/order.ts';
import { partitionName, partitionOf } from '../../shared/events/partition.ts';
import { dataSubject } from '../../shared/log/names.ts';
import { runStages } from '../../shared/testing/stage-harness.ts';
import { type CustomerValue, rfm } from '../../services/rfm/rfm.ts';
import { rfmSummary } from '../../services/rfm/summary.ts';
import { combineSales } from '../../services/sales/combine.ts';
import { sales } from '../../services/sales/sales.ts';
import { eventsOf, type OrderLoad, stepsOf } from './order-load.ts';
import { lateText, readBucket, readDeadLetters, readEvents, readLate } from './read-back.ts';
import { SERVICES, type TestMesh } from './test-mesh.ts';

const STAGES: Readonly<Record<(typeof SERVICES)[number], readonly StageDefinition<never>[]>> = {
  rfm: [rfm, rfmSummary],
  sales: [sales(), combineSales()],
};

/** Up to so many orders of a customer, rfm remembers all their times; of more, which ones depends on their arrival. */
const REMEMBERED_TIMES = 5;

const SHOWN = 6;

/** The first differences between what the mesh wrote and what it should have, a sentence each; [] when there are none. */
export async function differences(mesh: TestMesh, load: OrderLoad): Promise<string[]> {
  const found = [
    ...(await compareEvents(mesh, load)),
    ...(await compareDeadLetters(mesh, load)),
    ...(await compareCounts(mesh, load)),
  ];
  for (const service of SERVICES) {
    const straight = runStages(STAGES[service], stepsOf(load));
    const expected = new Map([...straight.state, ...straight.results]);
    const actual = await readBucket(mesh.log, service);
    if (service === 'rfm') for (const entries of [expected, actual]) forgetTimes(entries, load);
    for (const entries of [expected, actual]) sortMembers(entries);
    found.push(...compareMaps(service, expected, actual));
    const late = straight.late.map(lateText).sort();
    found.push(...compareLists(`late records of ${service}`, late, await readLate(mesh.log, service)));
  }
  return found.length > SHOWN ? [...found.slice(0, SHOWN), `and ${found.length - SHOWN} more`] : found;
}

/** Each record's events are in EVENTS once, in its Kafka partition's order. */
async function compareEvents({ log, topic }: TestMesh, { changes, options }: OrderLoad): Promise<string[]> {
  const expected = new Map<string, string[]>();
  for (let kafkaPartition = 0; kafkaPartition < options.kafkaPartitions; kafkaPartition++)
    for (const event of eventsOf(changes.filter((change) => change.kafkaPartition === kafkaPartition))) {
      const subject = dataSubject(topic.name, partitionName(partitionOf(event.k)), kafkaPartition);
      expected.set(subject, [...(expected.get(subject) ?? []), lineOf(event)]);
    }
  const actual = await readEvents(log, topic.name);
  const subjects = new Set([...expected.keys(), ...actual.keys()]);
  return [...subjects].flatMap((subject) =>
    compareLists(subject, expected.get(subject) ?? [], (actual.get(subject) ?? []).map(normalLine)),
  );
}

async function compareDeadLetters({ log, topic }: TestMesh, load: OrderLoad): Promise<string[]> {
  const expected: string[] = [];
  const next = new Map<number, number>();
  for (const { kafkaPartition, before, after } of load.changes) {
    const offset = next.get(kafkaPartition) ?? 0;
    next.set(kafkaPartition, offset + 1);
    if (!before && !after) expected.push(`${kafkaPartition}/${offset}`);
  }
  const actual = (await readDeadLetters(log, topic.name)).map(({ partition, offset }) => `${partition}/${offset}`);
  return compareLists('dead letters', expected.sort(), actual.sort());
}

/** The bridge's own running counts, which every restart takes over. */
async function compareCounts(mesh: TestMesh, { changes }: OrderLoad): Promise<string[]> {
  const total: Record<string, number> = {};
  for (const { counts = {} } of (await mesh.progress()) ?? [])
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  const dead = changes.filter(({ before, after }) => !before && !after).length;
  const expected = { counted: changes.length - dead, dead, events: eventsOf(changes).length };
  return Object.entries(expected).flatMap(([name, count]) =>
    (total[name] ?? 0) === count ? [] : [`count "${name}" is ${total[name] ?? 0} instead of ${count}`],
  );
}

function compareMaps(what: string, expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>) {
  const found: string[] = [];
  for (const [key, text] of expected)
    if (actual.get(key) !== text) found.push(`${what} ${key} is ${actual.get(key)} instead of ${text}`);
  for (const [key, text] of actual) if (!expected.has(key)) found.push(`${what} ${key} is ${text} instead of nothing`);
  return found;
}

function compareLists(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  const at = Array.from({ length: Math.max(expected.length, actual.length) }).findIndex(
    (_, index) => expected[index] !== actual[index],
  );
  if (at < 0) return [];
  return [
    `${what}: ${actual.length} instead of ${expected.length}; [${at}] is ${actual[at]} instead of ${expected[at]}`,
  ];
}

function lineOf({ t, k, id, amount, retract }: OrderEvent): string {
  return JSON.stringify([t, k, id, amount, retract === true]);
}

function normalLine(line: string): string {
  return lineOf(JSON.parse(line) as OrderEvent);
}

/** Keeps of a customer's value what does not depend on how Kafka's partitions interleaved (see rfm.ts). */
function forgetTimes(entries: Map<string, string>, load: OrderLoad): void {
  const placed = new Map<string, number>();
  const takenBack = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { before, after } of load.changes) {
    if (after) count(placed, after.k);
    if (before) count(takenBack, before.k);
  }
  for (const [key, text] of entries) {
    if (!key.includes('.customer.')) continue;
    const value = JSON.parse(text) as CustomerValue;
    if ((placed.get(value.customer_id) ?? 0) <= REMEMBERED_TIMES) continue;
    const { customer_id, segment, recency_days, frequency, monetary_value, first_order, last_order } = value;
    const isExact = (takenBack.get(customer_id) ?? 0) < 2;
    const times = isExact ? [first_order, last_order] : [];
    entries.set(key, JSON.stringify([customer_id, segment, recency_days, frequency, monetary_value, ...times]));
  }
}

/** The shares of a window are listed in the order in which partitions told them. */
function sortMembers(entries: Map<string, string>): void {
  for (const [key, text] of entries) {
    if (!key.includes('.shares.')) continue;
    const { shares, ...rest } = JSON.parse(text) as { shares: object };
    entries.set(key, JSON.stringify({ ...rest, shares: Object.fromEntries(Object.entries(shares).sort()) }));
  }
}
