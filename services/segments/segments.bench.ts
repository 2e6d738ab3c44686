/**
 * What an event costs the stage alone: fold and commit, without log and KV.
 *
 *     node services/segments/segments.bench.ts [users] [events] [windows] [events a second of event time]
 *
 * Three segments a window and a derived one; a commit of each partition every 1,000 events. Prints the best and the
 * median of rounds of 50,000 events, the first ones left out.
 */
import { dataSubject, progressSubject, rulesSubject } from '../../shared/log/names.ts';
import { USER_EVENT_TYPES, type UserEvent } from '../../shared/events/user-event.ts';
import { SEGMENT_WINDOWS, type SegmentDefinition } from '../../shared/segments/rule-set.ts';
import { PARTITIONS, partitionOf } from '../../shared/events/partition.ts';
import { PartitionState } from '../../shared/runtime/partition-state.ts';
import { derived, rule, segment, START } from './_rules-and-events.ts';
import { segments } from './segments.ts';

const TOPIC = 'order_events';
const A_COMMIT = 1_000;
const A_ROUND = 50_000;
const utf8 = new TextEncoder();
const NO_PAYLOAD = new Uint8Array(); // the values are decoded already

const [users = 100, total = 1_000_000, windows = 3, rate = 10_000] = process.argv.slice(2).map(Number);

const base = SEGMENT_WINDOWS.slice(0, windows).flatMap((windowMinutes) =>
  USER_EVENT_TYPES.map((eventType): SegmentDefinition => {
    const own = eventType === 'purchase' ? rule({ attribute: 'sum', value: 300 }) : rule({ eventType });
    return segment(`${eventType}-${windowMinutes}`, { windowMinutes, rules: [own] });
  }),
);
const set = { version: 1, segments: [...base, derived('both', ['purchase-5', 'view-5'])] };

const states = PARTITIONS.map((partition) => new PartitionState(segments() as never, partition));
for (const state of states) state.open();
let seq = 0;
const fold = (state: PartitionState, subject: string, values: readonly unknown[]) =>
  state.fold({ subject, seq, payload: NO_PAYLOAD, values });
seq++;
for (const state of states) fold(state, rulesSubject('segments'), [set]);

const rounds: number[] = [];
let before = process.cpuUsage();
let bytes = 0;
for (let at = 0; at < total; at += A_COMMIT) {
  if (at % A_ROUND === 0) {
    const { user, system } = process.cpuUsage(before);
    if (at > 2 * A_ROUND) rounds.push((user + system) / A_ROUND);
    before = process.cpuUsage();
  }
  const events = Array.from({ length: A_COMMIT }, (_, n) => eventAt(at + n));
  const byPartition = Map.groupBy(events, ({ k }) => partitionOf(k));
  for (const [n, state] of states.entries()) {
    seq++;
    fold(state, dataSubject(TOPIC, state.partition, 0), byPartition.get(n) ?? []);
    seq++;
    fold(state, progressSubject(TOPIC, 0), [{ watermark: eventAt(at).t - 30_001 }]);
    const { payload, changes } = state.takeCommit(1, seq);
    bytes += utf8.encode(payload).length;
    for (const { slot } of changes) {
      slot.taken = false; // KV is up to date at once
      slot.table.flushed(slot);
    }
  }
}
rounds.sort((a, b) => a - b);
const cost = `best ${rounds[0]?.toFixed(2)}, median ${rounds[rounds.length >> 1]?.toFixed(2)} CPU-us/event`;
const lines = [
  `${users} users, ${total} events at ${rate}/s, ${windows} windows: ${cost}`,
  `${Math.round(bytes / total)} commit bytes/event`,
  `${Math.round(process.memoryUsage().heapUsed / 1e6)} MB heap, ${states.reduce((sum, { tables }) => sum + (tables.get('events')?.size ?? 0), 0)} chunks`,
];
process.stdout.write(`${lines.join('\n')}\n`);

function eventAt(number: number): UserEvent {
  const jitter = (number * 7_919) % 5_000; // disorder of up to 5 s
  return {
    t: START + Math.floor((number * 1_000) / rate) + jitter,
    k: `user_${(number * 2_654_435_761) % users}`,
    type: USER_EVENT_TYPES[number % 3] ?? 'view',
    value: 10 + (number % 500),
  };
}
