/** What is printed when the mesh is ready: every URL, where each server came from, what to try next. Pure. */
import type { LauncherReport } from './control-protocol.ts';
import { shownUrl } from './shown-url.ts';

export function banner(report: LauncherReport, shownDataDir: string): string {
  const { gatewayUrl, servers, workers } = report;
  const rows: [string, string, string][] = [
    ['Gateway', gatewayUrl, 'reference at /docs, OpenAPI at /openapi.json'],
    ...servers.map((server): [string, string, string] => [
      server.name,
      shownUrl(server.url),
      server.source === '' ? '' : `${server.version === 'unknown' ? '' : `${server.version}, `}from ${server.source}`,
    ]),
    ['Data, logs', shownDataDir, 'kept between runs; `npm run reset` deletes it'],
    ['Workers', workers.map((worker) => worker.name).join(', '), ''],
  ];
  const looks = servers.flatMap((server) => (server.look === undefined ? [] : [`  ${server.look}\n`])).join('');
  const natsUrl = servers.find((server) => server.name === 'NATS')?.url ?? '';
  return `
Weir is ready.

${columns(rows)}

Try next
  curl -s ${gatewayUrl}/api/v1/status
  curl -s ${gatewayUrl}/api/v1/sales/live
  curl -s ${gatewayUrl}/api/v1/rfm/summary
  nats -s ${shownUrl(natsUrl)} sub 'kafka.>'
${looks}  npm run mesh -- status
  npm run mesh -- scale rfm=3

Ctrl-C stops everything.
`;
}

/** Left-aligned columns, two spaces in front. */
function columns(rows: readonly (readonly string[])[]): string {
  const width = (at: number) => Math.max(...rows.map((row) => (row[at] ?? '').length));
  const [first, second] = [width(0), Math.min(width(1), 30)];
  return rows.map(([a = '', b = '', c = '']) => `  ${a.padEnd(first)}  ${b.padEnd(second)}  ${c}`.trimEnd()).join('\n');
}
