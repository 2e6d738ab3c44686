/**
 * The topology as one HTML page with a picture: no script, nothing from elsewhere; it loads itself anew every few seconds.
 * From left to right as data goes: topics, bridges, streams of events, stages, their logs, what combines, results, and
 * who takes them further. Which process runs a stage stands in its box.
 *
 * Invariants (topology.test.ts):
 * 1. Every node but those that only run stages has a box, in the column of its kind, and boxes do not overlap.
 * 2. Whatever names are made of, they are text.
 */
import { html } from 'hono/html';
import type { Topology, TopologyEdge, TopologyNode } from '../schemas/topology.ts';

type Html = ReturnType<typeof html>;

const BOX = { width: 176, height: 50, gapX: 70, gapY: 14, margin: 16 };
const COLUMNS = [
  'Kafka topics',
  'bridges',
  'events',
  'stages',
  'commits',
  'combining',
  'results',
  'taken further',
] as const;
const LONGEST = 25;
const REFRESH_S = 10;
const HEAD = 30;

interface Box {
  readonly node: TopologyNode;
  readonly x: number;
  readonly y: number;
}

export function topologyPage(graph: Topology): Html {
  const boxes = placeBoxes(graph);
  const width = BOX.margin * 2 + COLUMNS.length * (BOX.width + BOX.gapX) - BOX.gapX;
  const height = Math.max(...boxes.values().map(({ y }) => y + BOX.height), HEAD) + BOX.margin;
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_S}"><title>Weir: topology</title><style>${STYLE}</style></head>
<body><h1>Topology</h1>
<p>As of ${graph.as_of}, every ${REFRESH_S} s. As data: <a href="/api/v1/topology">/api/v1/topology</a>;
in figures: <a href="/api/v1/status">/api/v1/status</a>.</p>
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The mesh">
${COLUMNS.map((name, column) => html`<text class="head" x="${columnX(column)}" y="20">${name}</text>`)}
${graph.edges.map((edge) => line(edge, boxes))}
${[...boxes.values()].map((box) => boxPart(box, runnersOf(box.node, graph)))}
</svg></body></html>`;
}

/** By id. */
export function placeBoxes({ nodes, edges }: Topology): Map<string, Box> {
  const boxes = new Map<string, Box>();
  const rows = COLUMNS.map(() => 0);
  for (const node of nodes) {
    const column = columnOf(node, edges);
    if (column === undefined) continue;
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    boxes.set(node.id, { node, x: columnX(column), y: HEAD + row * (BOX.height + BOX.gapY) });
  }
  return boxes;
}

/** undefined: a process that only runs stages. */
function columnOf({ id, kind, role }: TopologyNode, edges: readonly TopologyEdge[]): number | undefined {
  switch (kind) {
    case 'topic':
      return 0;
    case 'process':
      if (role === 'bridge') return 1;
      return edges.some(({ from }) => from === id) && !edges.some(({ to }) => to === id) ? undefined : 7;
    case 'stream':
      return edges.some(({ from, to }) => to === id && from.startsWith('stage:')) ? 4 : 2;
    case 'stage':
      return id.endsWith('/all') ? 5 : 3;
    case 'bucket':
      return 6;
    default:
      return kind satisfies never;
  }
}

function columnX(column: number): number {
  return BOX.margin + column * (BOX.width + BOX.gapX);
}

function line({ from, to, kind, what }: TopologyEdge, boxes: ReadonlyMap<string, Box>): Html | '' {
  const [a, b] = [boxes.get(from), boxes.get(to)];
  if (!a || !b || kind === 'runs') return '';
  const isForward = a.x < b.x;
  const [x1, x2] = isForward ? [a.x + BOX.width, b.x] : [a.x, b.x + BOX.width];
  const [y1, y2] = [a.y + BOX.height / 2, b.y + BOX.height / 2];
  const bend = ((isForward ? 1 : -1) * BOX.gapX) / 1.4;
  const path = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  return html`<path d="${path}"><title>${from} to ${to}${what === undefined ? '' : `: ${what}`}</title></path>`;
}

function boxPart({ node, x, y }: Box, runners: readonly string[]): Html {
  const trouble = (node.alarms?.length ?? 0) > 0 || (node.lag_seconds ?? 0) > 10 ? ' trouble' : '';
  const lines = [shorten(node.name), shorten(figuresOf(node)), shorten(runners.join(', '))];
  return html`<g class="${node.kind}${trouble}"><title>${[node.name, figuresOf(node), ...runners, ...(node.alarms ?? [])].join(' | ')}</title>
<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/>
${lines.map((text, at) => html`<text class="line${at}" x="${x + 8}" y="${y + 16 + at * 14}">${text}</text>`)}</g>`;
}

function runnersOf({ id }: TopologyNode, { edges }: Topology): string[] {
  return edges.flatMap(({ from, to, kind }) => (to === id && kind === 'runs' ? [from.slice('process:'.length)] : []));
}

function figuresOf({ lag, lag_seconds, watermark, messages, partitions, event_kind, role }: TopologyNode): string {
  return [
    event_kind ?? role,
    partitions === undefined ? undefined : `${partitions} p`,
    lag === undefined ? undefined : `lag ${lag}${lag_seconds ? `, ${lag_seconds.toFixed(1)} s` : ''}`,
    messages === undefined ? undefined : `${messages} messages`,
    watermark === undefined ? undefined : `to ${watermark.slice(11, 19)}`,
  ]
    .filter((text) => text !== undefined)
    .join(' · ');
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem; }
svg { font: 11px ui-monospace, monospace; }
text { fill: currentColor; } .head, .line1, .line2 { opacity: .7; } .line0 { font-weight: 600; }
rect { fill: #8881; stroke: #8888; } path { fill: none; stroke: #0b728588; stroke-width: 1.4; }
.topic rect { fill: #f59f0022; } .process rect { fill: #7048e822; } .stage rect { fill: #0b728522; } .bucket rect { fill: #2b8a3e22; }
.trouble rect { stroke: #e03131; stroke-width: 2; }
`;
