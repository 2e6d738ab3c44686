/** What `npm run mesh -- status` prints. Pure: `now` and the gateway's answer are given. */
import type { LauncherReport } from './control-protocol.ts';
import { type MeshSummary, REFUSED } from './mesh-summary.ts';
import { shownUrl } from './shown-url.ts';

/** Instead of a summary. */
const NO_SUMMARY = {
  refused: 'The gateway wants a key: set WEIR_API_KEY to one that may read (npm run gateway -- key <name> makes one).',
  away: 'The gateway does not answer.',
} as const;

export function statusText(
  report: LauncherReport,
  answer: MeshSummary | typeof REFUSED | undefined,
  now: number,
): string {
  const mesh = answer === REFUSED ? undefined : answer;
  const uptime = duration(now - Date.parse(report.startedAt));
  const looks = report.servers.flatMap(({ look }) => look ?? []);
  const parts = [
    `Weir has run for ${uptime} (pid ${report.pid}), data in ${report.dataDir}`,
    table([
      ['server', 'url', 'version', 'from', 'pid'],
      ...report.servers.map((server) => [
        server.name,
        shownUrl(server.url),
        server.version,
        server.source,
        String(server.pid ?? '-'),
      ]),
      ['Gateway', report.gatewayUrl, '', '', ''],
    ]),
    ...(looks.length === 0 ? [] : [`Look into it\n${looks.map((look) => `  ${look}`).join('\n')}`]),
    table([
      ['worker', 'state', 'pid', 'restarts', 'uptime', 'memory', 'partitions', 'why not ready'],
      ...report.workers.map((worker) => [
        worker.name,
        worker.state,
        String(worker.pid ?? '-'),
        String(worker.restarts),
        worker.pid === undefined ? '-' : duration(worker.uptimeMs),
        megabytes(mesh?.workers.get(worker.name)?.rssBytes),
        String(mesh?.workers.get(worker.name)?.partitions ?? '-'),
        worker.reasons.join('; '),
      ]),
    ]),
    mesh ? meshText(mesh) : NO_SUMMARY[answer === REFUSED ? 'refused' : 'away'],
  ];
  return parts.join('\n\n');
}

function meshText(mesh: MeshSummary): string {
  const health = mesh.alarms.length === 0 ? 'healthy' : `alarms: ${mesh.alarms.join('; ')}`;
  const lag = `Kafka lag ${mesh.lagRecords} records, ${mesh.lagSeconds.toFixed(1)} s`;
  const services = table([
    ['service', 'events', 'lag frames', 'lag s', 'late', 'watermark'],
    ...mesh.services.map((service) => [
      service.name,
      String(service.events),
      String(service.lagFrames),
      service.lagSeconds.toFixed(1),
      String(service.late),
      service.watermark ?? '-',
    ]),
  ]);
  const tables = mesh.sinks.length === 0 ? services : `${services}\n\n${sinkTable(mesh)}`;
  return `${tables}\n\nMesh: ${health}; ${lag}`;
}

function sinkTable({ sinks }: MeshSummary): string {
  return table([
    ['sink', 'bucket', 'state', 'written', 'deleted', 'refused', 'retries', 'lag entries', 'lag s'],
    ...sinks.map((sink) => [
      sink.sink,
      sink.bucket,
      sink.state,
      String(sink.written),
      String(sink.deleted),
      String(sink.refused),
      String(sink.retries),
      String(sink.lagEntries),
      sink.lagSeconds.toFixed(1),
    ]),
  ]);
}

/** Columns two spaces apart; a column whose cells are all numbers is aligned to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const cells = (at: number) => rows.map((row) => row[at] ?? '');
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...cells(at).map((cell) => cell.length)));
  const numeric = widths.map((_, at) =>
    cells(at)
      .slice(1)
      .every((cell) => /^(-?|[\d.]+( MB)?)$/.test(cell)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) => (numeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `9s`, `4m05s`, `3h04m`, `2d03h` */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${two(Math.floor((seconds % 3_600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d${two(Math.floor((seconds % 86_400) / 3_600))}h`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${Math.round(bytes / 1_048_576)} MB`;
}
