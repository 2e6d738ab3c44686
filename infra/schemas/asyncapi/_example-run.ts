/**
 * For asyncapi.test.ts: the mesh without servers. Demo records go through the bridge's decoders and through every stage of
 * every service; what comes out is what NATS would hold.
 */
import type { ResultTopic } from '../../../bridge/egress/result-message.ts';
import { RESULTS_OF } from '../../../bridge/egress/results-of.ts';
import { recordDecoder } from '../../../bridge/decode/decoder.ts';
import { DEFAULT_ROUTES, type EventKind, type EventRoute, routeOf } from '../../../shared/config/routes.ts';
import { GENERATED_TOPICS, generateRecords } from '../../../shared/demo/generate.ts';
import type { MeshEvent } from '../../../shared/events/event.ts';
import { ALL, PARTITIONS } from '../../../shared/events/partition.ts';
import type { StageDefinition } from '../../../shared/events/stage.ts';
import { keySubject, lateSubject, logSubject } from '../../../shared/log/names.ts';
import { parseCommit } from '../../../shared/runtime/commit.ts';
import { type InputMessage, PartitionState } from '../../../shared/runtime/partition-state.ts';
import type { Service } from '../../../shared/runtime/worker.ts';
import { framesOf, type Step } from '../../../shared/testing/stage-harness.ts';

/** A message of NATS, or of Kafka: then its topic stands for the subject. */
export interface Written {
  readonly subject: string;
  /** Of a frame: each line; else the one value. */
  readonly values: readonly unknown[];
}

export const SERVICES = ['sales', 'rfm', 'anomaly', 'inventory', 'region-health', 'segments', 'activity'] as const;
const NOW = Date.UTC(2026, 0, 1, 12, 30);
const HOUR = 3_600_000;
const RECORDS = 150;
const RULES = {
  version: 1,
  segments: [
    {
      ...{ id: 'buyers', name: 'Buyers', type: 'INDEPENDENT', windowMinutes: 30, baseSegmentIds: [], revision: 1 },
      rules: [{ id: 'r1', eventType: 'purchase', attribute: 'count', operator: 'GTE', value: 1 }],
      ...{ createdAt: new Date(NOW).toISOString(), updatedAt: new Date(NOW).toISOString() },
    },
  ],
} as const;

type AnyEvent = MeshEvent & Readonly<Record<string, unknown>>;

/** By kind of event, with the topic they come from. */
export function decodeDemo(): Map<EventKind, { readonly topic: string; readonly events: AnyEvent[] }[]> {
  const found = new Map<EventKind, { topic: string; events: AnyEvent[] }[]>();
  for (const topic of GENERATED_TOPICS) {
    const route = routeOf(DEFAULT_ROUTES, topic);
    if (!route || route.decoder === 'raw') throw new Error(`Cannot decode "${topic}": no route takes it`);
    const events = decodeTopic(topic, route.decoder === 'avro' ? { ...route, decoder: 'json' } : route);
    found.set(route.kind, [...(found.get(route.kind) ?? []), { topic, events }]);
  }
  return found;
}

function decodeTopic(topic: string, route: EventRoute): AnyEvent[] {
  const decoder = recordDecoder(route, topic);
  return generateRecords({ topic, count: RECORDS, seed: 7, nowMs: NOW }).flatMap(({ key, value }, offset) => {
    const record = { offset, timestampMs: NOW, key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)) };
    return decoder.decode(record, NOW).events as readonly unknown[] as AnyEvent[];
  });
}

/** Everything that is written: frames, progress, rules, commits, values of buckets, late events. */
export async function runMesh(): Promise<Written[]> {
  const kinds = decodeDemo();
  const written: Written[] = [];
  for (const name of SERVICES) {
    const { service } = (await import(`../../../services/${name}/main.ts`)) as { readonly service: Service };
    const commits: InputMessage[] = [];
    for (const stage of service.stages) runStage(stage, kinds, commits, written);
  }
  return written;
}

function runStage(
  stage: StageDefinition<never>,
  kinds: ReturnType<typeof decodeDemo>,
  commits: InputMessage[],
  written: Written[],
): void {
  const { input } = stage;
  const isFirst = input.kind === 'events';
  const messages =
    input.kind === 'events'
      ? framesOf(stepsOf(input.events, input.rules, kinds), 50)
      : commits.filter(({ subject }) => subject.startsWith(logSubject(input.service, '')));
  if (isFirst) written.push(...messages.map(({ subject, payload }) => ({ subject, values: linesOf(payload) })));
  for (const partition of isFirst ? PARTITIONS : [ALL]) {
    const state = new PartitionState(stage, partition);
    state.open();
    let n = 0;
    for (const message of messages) {
      if (isFirst && !isFor(message.subject, partition)) continue;
      state.fold(message);
      if (++n % 5 === 0 || message === messages.at(-1)) takeCommit(state, n, commits, written);
    }
    takeCommit(state, n + 1, commits, written);
  }
}

function isFor(subject: string, partition: string): boolean {
  return subject.includes(`.${partition}.`) || subject.includes('.progress.') || subject.startsWith('rules.');
}

/** What a stage reads: the rules, half of each topic, a watermark, the rest, the hours after, and what comes too late. */
function stepsOf(
  events: readonly string[],
  rules: string | undefined,
  kinds: ReturnType<typeof decodeDemo>,
): Step<AnyEvent>[] {
  const topics = [...kinds].filter(([kind]) => events.includes(kind)).flatMap(([, of]) => of);
  const all = (step: (topic: string, events: readonly AnyEvent[]) => Step<AnyEvent>) =>
    topics.map(({ topic, events: each }) => step(topic, each));
  const progress = (watermark: number) =>
    all((topic) => ({ topic, kafkaPartition: 0, progress: { offset: RECORDS - 1, watermark, counts: { events: 1 } } }));
  const part = (from: number, to: number) =>
    all((topic, each) => ({ topic, kafkaPartition: 0, events: each.slice(from, to).map(remarkable) }));
  return [
    ...(rules === undefined ? [] : [{ rules: RULES, name: rules }]),
    ...part(0, RECORDS / 2),
    ...progress(NOW - 120_000),
    ...part(RECORDS / 2, RECORDS * 4),
    ...progress(NOW),
    ...progress(NOW + 26 * HOUR),
    ...part(0, 3),
  ];
}

/** Some of the demo's events, as they are when something is wrong. */
function remarkable(event: AnyEvent, at: number): AnyEvent {
  if ('amount' in event && at % 10 === 0) return { ...event, amount: 250_000 };
  if (event.type === 'maip.order.created')
    return { ...event, k: 'cust-7', payload: { amount: at % 40 === 39 ? 5_000 : 10 + (at % 3) } };
  if ('status' in event) return { ...event, region: 'eu-west', status: at % 2 === 0 ? 'FAILED' : 'SUCCESS' };
  return event;
}

function takeCommit(state: PartitionState, n: number, commits: InputMessage[], written: Written[]): void {
  const { service } = state.definition;
  const payload = new TextEncoder().encode(state.takeCommit(1, n).payload);
  const subject = logSubject(service, state.partition);
  commits.push({ subject, seq: commits.length + 1, payload });
  written.push({ subject, values: linesOf(payload) }, ...resultsOf(service, payload, state.partition));
  for (const line of parseCommit(payload).lines) {
    if (line.kind === 'late')
      written.push({ subject: lateSubject(service, state.partition), values: [JSON.parse(line.text)] });
    if (line.kind === 'put' && state.tableOf(line.key)?.kind !== 'state')
      written.push({ subject: keySubject(service, `${state.partition}.${line.key}`), values: [JSON.parse(line.text)] });
  }
}

const TOPICS: Readonly<Record<ResultTopic, string>> = {
  analytics: 'analytics',
  aggregations: 'maip.analytics.aggregations',
  anomalies: 'maip.anomaly.detected',
};

function resultsOf(service: string, payload: Uint8Array, partition: string): Written[] {
  const results = RESULTS_OF.get(service)?.(payload, partition) ?? [];
  return results.map(({ topic, value }) => ({ subject: TOPICS[topic], values: [JSON.parse(value)] }));
}

function linesOf(payload: Uint8Array): unknown[] {
  return new TextDecoder()
    .decode(payload)
    .split('\n')
    .map((line) => JSON.parse(line));
}
