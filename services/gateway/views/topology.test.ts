import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ROUTES } from '../../../shared/config/routes.ts';
import { PARTITIONS } from '../../../shared/events/partition.ts';
import type { MemberRecord, SinkStatus } from '../../../shared/runtime/status.ts';
import { bridgeStatus, HOUR_MS, member, NOON, openFixture, fillStores, stageStatus } from '../_fixture.ts';
import { placeBoxes, topologyPage } from '../topology/picture.ts';
import { streamsOf, topology, type TopologyInput } from './topology.ts';

const RECORDS: readonly MemberRecord[] = [
  member('bridge-1', {
    kind: 'bridge',
    bridge: [
      bridgeStatus({ topic: 'orders', partition: 0, lagRecords: 3, counts: { dead: 0 } }),
      bridgeStatus({ topic: 'orders', partition: 1, lagRecords: 4, lagSeconds: 9, watermark: NOON - HOUR_MS }),
    ],
  }),
  member('bridge-2', { kind: 'bridge', bridge: [bridgeStatus({ topic: 'made-up', watermark: NOON })] }),
  member('sales-1', {
    services: ['sales'],
    reads: [{ kind: 'order', topics: ['orders'] }],
    stages: PARTITIONS.slice(0, 8).map((partition) => stageStatus('sales', partition, { lagFrames: 5 })),
  }),
  member('both-1', {
    services: ['sales', 'activity'],
    reads: [
      { kind: 'order', topics: ['orders'] },
      { kind: 'maip', topics: ['maip.order.*'] },
    ],
    stages: [
      ...PARTITIONS.slice(8).map((partition) => stageStatus('sales', partition, { late: 2, lagFrames: 7 })),
      stageStatus('sales', 'all'),
    ],
  }),
  member('sink-1', {
    kind: 'sink',
    services: [],
    sinks: [sinkStatus('sales'), sinkStatus('rfm')],
    alarms: ['It is full'],
  }),
  member('gateway-1', { kind: 'gateway' }),
];

function sinkStatus(bucket: string): SinkStatus {
  return {
    ...{ sink: 'sink-postgres', bucket, state: 'running', position: 10, lagEntries: 6, lagSeconds: 1.5, waiting: 1 },
    ...{ written: 5, deleted: 0, refused: bucket === 'rfm' ? 1 : 0, retries: 0, throttled: 0 },
  };
}

function build(over: Partial<TopologyInput> = {}) {
  const streams = new Map([['EVENTS', { firstSeq: 1, lastSeq: 9, messages: 8, bytes: 70, createdMs: 0 }]]);
  const input = { records: RECORDS, routes: DEFAULT_ROUTES, streams, shown: ['sales', 'rfm', 'nothing'], nowMs: NOON };
  return topology({ ...input, ...over });
}
const node = (id: string) => build().nodes.find((each) => each.id === id);
const edges = () => build().edges.map(({ from, to, kind, what }) => `${from} ${kind} ${to}${what ? ` (${what})` : ''}`);

describe('the topology', () => {
  it('has lag and watermarks of topics and stages, and what streams hold', () => {
    expect(node('topic:orders')).toEqual({
      ...{ id: 'topic:orders', kind: 'topic', name: 'orders', event_kind: 'order', partitions: 2 },
      ...{ watermark: '2024-06-01T11:00:00Z', lag: 7, lag_seconds: 9 },
    });
    expect(node('topic:made-up')).not.toHaveProperty('event_kind'); // no route takes it any more
    expect(node('stage:sales')).toMatchObject({
      partitions: 16,
      lag: 7,
      lag_seconds: 0.5,
      watermark: '2024-06-01T12:00:00Z',
    });
    expect(node('stage:sales/all')).toMatchObject({ partitions: 1 });
    expect(node('stream:EVENTS')).toMatchObject({ messages: 8, bytes: 70, last_seq: 9 });
    expect(node('bucket:sales')).toEqual({ id: 'bucket:sales', kind: 'bucket', name: 'sales' });
    expect(node('process:sink-1')).toMatchObject({ role: 'sink', lag: 12, lag_seconds: 1.5, alarms: ['It is full'] });
    const half = RECORDS.map((record) => ({
      ...record,
      stages: record.stages?.map(({ watermark: _, ...rest }) => rest) ?? [],
    }));
    expect(build({ records: half }).nodes.find(({ id }) => id === 'stage:sales')).not.toHaveProperty('watermark');
  });

  it('joins them as data goes', () => {
    expect(edges()).toEqual(
      expect.arrayContaining([
        'topic:orders reads process:bridge-1 (order)',
        'process:bridge-1 writes stream:EVENTS',
        'process:bridge-1 writes stream:DLQ (dead letters)',
        'stream:EVENTS reads stage:sales (order)', // what both processes that run it have in common
        'process:sales-1 runs stage:sales (8 partitions)',
        'process:both-1 runs stage:sales/all (1 partition)',
        'stage:sales writes stream:LOG_sales (commits)',
        'stream:LOG_sales reads stage:sales/all (partials)',
        'stage:sales/all writes bucket:sales (results)',
        'stage:sales writes stream:LATE (late events)',
        'bucket:sales reads process:sink-1 (results)',
        'bucket:rfm reads process:sink-1 (results)',
        'process:sink-1 writes stream:DLQ (refused values)',
        'bucket:sales reads process:gateway-1',
      ]),
    );
    expect(edges().join()).not.toMatch(/stage:activity|bucket:nothing/);
    const quiet = RECORDS.map((r) => ({ ...r, bridge: r.bridge?.map((b) => ({ ...b, counts: {} })) ?? [], sinks: [] }));
    expect(JSON.stringify(build({ records: quiet }))).not.toContain('DLQ');
  });

  it('shows a mirrored topic by its own streams', () => {
    const routes = [{ topic: 'orders', decoder: 'raw', maxRecordBytes: 1 } as const];
    const mirrored = build({ routes }).edges.filter(
      ({ from, kind }) => from === 'process:bridge-1' && kind === 'writes',
    );
    expect(mirrored.map(({ to }) => to)).toEqual(
      expect.arrayContaining(['stream:MIRROR_orders_k0', 'stream:MIRROR_orders_k1']),
    );
  });

  it('joins two of its nodes by each edge, each once, whatever the members are', () => {
    fc.assert(
      fc.property(fc.subarray([...RECORDS]), (records) => {
        const graph = build({ records });
        const ids = graph.nodes.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { from, to } of graph.edges) expect(ids).toEqual(expect.arrayContaining([from, to]));
        expect(new Set(graph.edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`)).size).toBe(graph.edges.length);
      }),
    );
  });

  it('names the streams to be asked for', () => {
    expect(streamsOf(RECORDS, DEFAULT_ROUTES).sort()).toEqual([
      'DLQ',
      'EVENTS',
      'KV_rfm',
      'KV_sales',
      'LATE',
      'LOG_sales',
    ]);
  });
});

describe('the picture', () => {
  it('has a box for every node but processes that only run stages, and none over another', () => {
    const graph = build();
    const boxes = [...placeBoxes(graph).values()];
    const left = graph.nodes.filter(({ id }) => !boxes.some((box) => box.node.id === id)).map(({ id }) => id);
    expect(left).toEqual(['process:both-1', 'process:sales-1']);
    for (const a of boxes)
      for (const b of boxes) if (a !== b) expect(a.x === b.x && Math.abs(a.y - b.y) < 60).toBe(false);
    const page = String(topologyPage(graph));
    expect(page).toContain('both-1, sales-1'); // in the box of the stage that they run
    expect(page.match(/<rect/g)).toHaveLength(boxes.length);
    for (const edge of graph.edges.filter(({ kind }) => kind !== 'runs'))
      expect(page).toContain(`${edge.from} to ${edge.to}`);
  });

  it('takes names for text, and loads nothing', () => {
    const hostile = '<script>alert(1)</script>"\'&';
    const records = [
      member(hostile, { kind: 'bridge', bridge: [bridgeStatus({ topic: hostile })], alarms: [hostile] }),
    ];
    const page = String(topologyPage(build({ records })));
    expect(page).not.toMatch(/<script|<link|<img|src=|https?:\/\//);
    expect(page).toContain('&lt;script&gt;');
  });

  it('of an empty mesh is a page all the same', () => {
    expect(String(topologyPage(build({ records: [] })))).toContain('<svg');
  });
});

describe('/topology', () => {
  it('and /api/v1/topology are made of the members in the store', async () => {
    await using fixture = await openFixture();
    await fillStores(fixture);
    const graph = (await (await fixture.get('/api/v1/topology')).json()) as ReturnType<typeof topology>;
    expect(graph.nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['process:bridge-1', 'stage:rfm', 'bucket:sales']),
    );
    expect(graph.nodes.find(({ id }) => id === 'bucket:sales')?.messages).toBeGreaterThan(20);
    const page = await fixture.get('/topology');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('rfm-1');
    fixture.connected = false;
    expect((await fixture.get('/topology')).status).toBe(503);
  });
});
