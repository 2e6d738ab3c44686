/**
 * What the mesh is made of and how it is joined: a pure function of what its members say of themselves, the routes, and
 * how much the streams hold. A service that is new appears here by its member records.
 *
 * Invariants (topology.test.ts):
 * 1. Every edge joins two nodes, nodes have different ids, and no edge is there twice.
 * 2. Lag is the sum or the largest over partitions as in the status (mesh-status.ts); the watermark is the lowest, and
 *    absent when a partition has none.
 */
import { type Route, routeOf } from '../../../shared/config/routes.ts';
import { formatTime } from '../../../shared/event-time/time-text.ts';
import { ALL } from '../../../shared/events/partition.ts';
import type { StreamState } from '../../../shared/log/log.ts';
import { bucketStream, DLQ, EVENTS, LATE, logStream, mirrorSubject, streamOf } from '../../../shared/log/names.ts';
import type { BridgeStatus, MemberRecord, SinkStatus, StageStatus } from '../../../shared/runtime/status.ts';
import type { Topology, TopologyEdge, TopologyNode } from '../schemas/topology.ts';

export interface TopologyInput {
  readonly records: readonly MemberRecord[];
  readonly routes: readonly Route[];
  /** By name; those that are not there, or did not answer, are absent. */
  readonly streams: ReadonlyMap<string, StreamState>;
  /** Buckets that gateways show. */
  readonly shown: readonly string[];
  readonly nowMs: number;
}

export function topology({ records, routes, streams, shown, nowMs }: TopologyInput): Topology {
  const graph = new Graph(streams);
  for (const record of records) addProcess(graph, record);
  for (const [topic, statuses] of Map.groupBy(
    records.flatMap(({ bridge = [] }) => bridge),
    ({ topic }) => topic,
  ))
    addTopic(graph, topic, statuses, routeOf(routes, topic));
  for (const [service, statuses] of Map.groupBy(
    records.flatMap(({ stages = [] }) => stages),
    ({ service }) => service,
  ))
    addStages(graph, service, statuses, kindsOf(service, records));
  for (const record of records) {
    addBridge(graph, record, routes);
    addRuns(graph, record);
    addSinks(graph, record);
    if (record.kind === 'gateway')
      for (const bucket of shown)
        if (graph.has(bucketId(bucket))) graph.join(bucketId(bucket), processId(record), 'reads');
  }
  return { as_of: formatTime(nowMs), nodes: graph.nodes(), edges: graph.edges() };
}

/** Streams and buckets that a topology of these records shows: what is to be asked for. */
export function streamsOf(records: readonly MemberRecord[], routes: readonly Route[]): string[] {
  const { nodes } = topology({ records, routes, streams: new Map(), shown: [], nowMs: 0 });
  return nodes.flatMap(({ kind, name }) =>
    kind === 'stream' ? [name] : kind === 'bucket' ? [bucketStream(name)] : [],
  );
}

class Graph {
  readonly #streams: ReadonlyMap<string, StreamState>;
  readonly #nodes = new Map<string, TopologyNode>();
  readonly #edges = new Map<string, TopologyEdge>();

  constructor(streams: ReadonlyMap<string, StreamState>) {
    this.#streams = streams;
  }

  has(id: string): boolean {
    return this.#nodes.has(id);
  }

  add(node: TopologyNode): string {
    this.#nodes.set(node.id, node);
    return node.id;
  }

  stream(name: string): string {
    return this.add({ id: `stream:${name}`, kind: 'stream', name, ...this.#stored(name) });
  }

  bucket(name: string): string {
    return this.add({ id: bucketId(name), kind: 'bucket', name, ...this.#stored(bucketStream(name)) });
  }

  join(from: string, to: string, kind: TopologyEdge['kind'], what?: string): void {
    this.#edges.set(`${from} ${kind} ${to}`, { from, to, kind, ...(what !== undefined && { what }) });
  }

  nodes(): TopologyNode[] {
    return [...this.#nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  edges(): TopologyEdge[] {
    return [...this.#edges.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
  }

  #stored(stream: string): Pick<TopologyNode, 'messages' | 'bytes' | 'last_seq'> {
    const state = this.#streams.get(stream);
    return state ? { messages: state.messages, bytes: state.bytes, last_seq: state.lastSeq } : {};
  }
}

function addProcess(graph: Graph, record: MemberRecord): void {
  const { instance, kind, alarms, sinks } = record;
  const lag = sinks ? { lag: sum(sinks, lagEntries), lag_seconds: most(sinks) } : {};
  graph.add({ id: processId(record), kind: 'process', name: instance, role: kind, alarms: [...alarms], ...lag });
}

function addTopic(graph: Graph, topic: string, statuses: readonly BridgeStatus[], route: Route | undefined): void {
  graph.add({
    ...{ id: topicId(topic), kind: 'topic', name: topic, partitions: statuses.length },
    ...(route && { event_kind: eventKind(route) }),
    ...watermark(statuses),
    lag: sum(statuses, ({ lagRecords }) => lagRecords),
    lag_seconds: most(statuses),
  });
}

function addBridge(graph: Graph, record: MemberRecord, routes: readonly Route[]): void {
  for (const { topic, partition, counts } of record.bridge ?? []) {
    const route = routeOf(routes, topic);
    const kind = route && eventKind(route);
    graph.join(topicId(topic), processId(record), 'reads', kind);
    const stream = route?.decoder === 'raw' ? streamOf(mirrorSubject(topic, partition)) : EVENTS;
    graph.join(processId(record), graph.stream(stream), 'writes');
    if ((counts.dead ?? 0) > 0) graph.join(processId(record), graph.stream(DLQ), 'writes', 'dead letters');
  }
}

function addStages(graph: Graph, service: string, all: readonly StageStatus[], kinds: readonly string[]): void {
  const [keyed, combined] = [
    all.filter(({ partition }) => partition !== ALL),
    all.filter(({ partition }) => partition === ALL),
  ];
  const log = graph.stream(logStream(service));
  const bucket = graph.bucket(service);
  for (const [name, statuses] of [
    [service, keyed],
    [`${service}/${ALL}`, combined],
  ] as const) {
    if (statuses.length === 0) continue;
    const id = graph.add(stageNode(name, statuses));
    if (statuses === keyed) graph.join(graph.stream(EVENTS), id, 'reads', kinds.join(', '));
    else graph.join(log, id, 'reads', 'partials');
    graph.join(id, log, 'writes', 'commits');
    graph.join(id, bucket, 'writes', 'results');
    if (statuses.some(({ late }) => late > 0)) graph.join(id, graph.stream(LATE), 'writes', 'late events');
  }
}

function stageNode(name: string, statuses: readonly StageStatus[]): TopologyNode {
  return {
    ...{ id: stageId(name), kind: 'stage', name, partitions: new Set(statuses.map(({ partition }) => partition)).size },
    ...watermark(statuses),
    lag: Math.max(0, ...statuses.map(({ lagFrames }) => lagFrames)),
    lag_seconds: most(statuses),
  };
}

function addRuns(graph: Graph, record: MemberRecord): void {
  const names = (record.stages ?? []).map(({ service, partition }) =>
    partition === ALL ? `${service}/${ALL}` : service,
  );
  for (const [name, some] of Map.groupBy(names, (name) => name))
    graph.join(
      processId(record),
      stageId(name),
      'runs',
      `${some.length} ${some.length === 1 ? 'partition' : 'partitions'}`,
    );
}

function addSinks(graph: Graph, record: MemberRecord): void {
  for (const { bucket, refused } of record.sinks ?? []) {
    const id = graph.has(bucketId(bucket)) ? bucketId(bucket) : graph.bucket(bucket);
    graph.join(id, processId(record), 'reads', 'results');
    if (refused > 0) graph.join(processId(record), graph.stream(DLQ), 'writes', 'refused values');
  }
}

/** A process tells what all its stages read together: a service reads what all processes that run it have in common. */
function kindsOf(service: string, records: readonly MemberRecord[]): string[] {
  const each = records
    .filter(({ services, reads }) => reads && services.includes(service))
    .map(({ reads = [] }) => reads.map(({ kind }) => kind));
  const [first = [], ...others] = each;
  return first.filter((kind) => others.every((kinds) => kinds.includes(kind)));
}

function eventKind(route: Route): string {
  return route.decoder === 'raw' ? 'mirror' : route.kind;
}

const processId = ({ instance }: MemberRecord) => `process:${instance}`;
const topicId = (topic: string) => `topic:${topic}`;
const stageId = (name: string) => `stage:${name}`;
const bucketId = (name: string) => `bucket:${name}`;
const lagEntries = ({ lagEntries: entries }: SinkStatus) => entries;

function watermark(statuses: readonly { readonly watermark?: number }[]): { watermark?: string } {
  const times = statuses.map((status) => status.watermark ?? Number.NaN);
  const lowest = Math.min(...times); // NaN when one has none
  return Number.isNaN(new Date(lowest).getTime()) ? {} : { watermark: formatTime(lowest) };
}

function most(statuses: readonly { readonly lagSeconds: number }[]): number {
  return Math.max(0, ...statuses.map(({ lagSeconds }) => lagSeconds));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
