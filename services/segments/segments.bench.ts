/**
 * What an event costs the stage alone: fold and commit, without log and KV.
 *
 *     node services/segments/segments.bench.ts [users] [events]
 *
 * Events come at 10,000 a second of event time, a commit of each partition every 1,000 of them.
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
const EVENTS_A_MS = 10;
const utf8 = new TextEncoder();
const NO_PAYLOAD = new Uint8Array(); // the values are decoded already

const [users = 100, total = 1_000_000, windows = 3] = process.argv.slice(2).map(Number);

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

const before = process.cpuUsage();
const started = performance.now();
let bytes = 0;
for (let at = 0; at < total; at += A_COMMIT) {
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
const { user, system } = process.cpuUsage(before);
const lines = [
  `${users} users, ${total} events, ${windows} windows: ${((user + system) / total).toFixed(2)} CPU-us/event`,
  `${Math.round(total / ((performance.now() - started) / 1_000))} events/s, ${Math.round(bytes / total)} commit bytes/event`,
  `${Math.round(process.memoryUsage().heapUsed / 1e6)} MB heap, ${states.reduce((sum, { tables }) => sum + (tables.get('events')?.size ?? 0), 0)} chunks`,
];
process.stdout.write(`${lines.join('\n')}\n`);

function eventAt(number: number): UserEvent {
  const jitter = (number * 7_919) % 5_000; // disorder of up to 5 s
  return {
    t: START + Math.floor(number / EVENTS_A_MS) + jitter,
    k: `user_${(number * 2_654_435_761) % users}`,
    type: USER_EVENT_TYPES[number % 3] ?? 'view',
    value: 10 + (number % 500),
  };
}
