/** What the mesh is made of and how it is joined, as its members tell it. */
import { z } from '@hono/zod-openapi';
import { Count, Time } from './common.ts';

export const NODE_KINDS = ['topic', 'process', 'stream', 'stage', 'bucket'] as const;
export const EDGE_KINDS = ['reads', 'writes', 'runs'] as const;

const Seconds = z.number().min(0);

const Node = z
  .object({
    id: z.string().openapi({ example: 'stage:sales' }),
    kind: z.enum(NODE_KINDS).openapi({
      description:
        'topic: of Kafka. process: a member. stream: of JetStream. stage: what folds events, by its service; ' +
        '`/all` is the one that combines its partitions. bucket: of results',
      example: 'stage',
    }),
    name: z.string().openapi({ example: 'sales' }),
    role: z.string().optional().openapi({ description: 'Of a process', example: 'worker' }),
    event_kind: z.string().optional().openapi({ description: 'Of a topic: what its records become', example: 'order' }),
    partitions: Count.optional().openapi({ description: 'That somebody owns', example: 16 }),
    watermark: Time.optional().openapi({ description: 'The lowest of its partitions; absent: nothing is complete' }),
    lag: Count.optional().openapi({
      description:
        'Of a topic: records not taken in. Of a stage: frames not folded. Of a process that is a sink: entries',
      example: 0,
    }),
    lag_seconds: Seconds.optional().openapi({ description: 'Age of the oldest of these', example: 0.2 }),
    messages: Count.optional().openapi({ description: 'In a stream, or keys in a bucket', example: 120_000 }),
    bytes: Count.optional().openapi({ example: 38_000_000 }),
    last_seq: Count.optional().openapi({ description: 'Newest sequence of a stream', example: 120_455 }),
    alarms: z.array(z.string()).optional().openapi({ description: 'Of a process', example: [] }),
  })
  .openapi('TopologyNode');
export type TopologyNode = z.infer<typeof Node>;

const Edge = z
  .object({
    from: z.string().openapi({ example: 'stream:EVENTS' }),
    to: z.string().openapi({ example: 'stage:sales' }),
    kind: z.enum(EDGE_KINDS).openapi({
      description:
        'In the direction in which data goes: `to` reads `from`, `from` writes `to`; or process `from` runs `to`',
      example: 'reads',
    }),
    what: z.string().optional().openapi({ description: 'What goes along it', example: 'order' }),
  })
  .openapi('TopologyEdge');
export type TopologyEdge = z.infer<typeof Edge>;

export const Topology = z
  .object({ as_of: Time, nodes: z.array(Node), edges: z.array(Edge) })
  .openapi('Topology', { description: 'Every edge joins two of the nodes' });
export type Topology = z.infer<typeof Topology>;
