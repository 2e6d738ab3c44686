/** What `check` says, in words. Pure. */
import type { CheckReport } from './check.ts';
import { hasProblems } from './check.ts';
import type { Preview, TopicCheck } from './check-topic.ts';
import type { RouteMatch } from './match-topics.ts';
import { grouped, textTable } from './table.ts';

const MAX_PREVIEWS = 5;
const MAX_LINE = 200;

export function checkText(report: CheckReport): string {
  const { routes, unrouted, topics } = report;
  const parts = [routesText(routes)];
  if (unrouted.length > 0) {
    const names = unrouted.map(
      ({ topic, near }) => `  ${topic}${near === undefined ? '' : ` (near: route "${near}")`}`,
    );
    parts.push(['Topics that no route takes', ...names].join('\n'));
  }
  parts.push(...topics.map(topicText));
  return [...parts, verdict(report)].join('\n\n');
}

function routesText(routes: readonly RouteMatch[]): string {
  const table = textTable(
    ['route', 'decoder', 'kind', 'topics'],
    routes.map(({ topic, decoder, kind = '-', topics }) => [topic, decoder, kind, topics.join(', ') || '-']),
  );
  const told = routes.flatMap(({ topic, problems, notes }) => [
    ...problems.map((problem) => `PROBLEM: route "${topic}": ${problem}`),
    ...notes.map((note) => `note: route "${topic}": ${note}`),
  ]);
  return [table, ...told].join('\n');
}

function topicText(topic: TopicCheck): string {
  const { outcomes, deadShare, times, previews } = topic;
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
  const dead = previews.filter((preview) => preview.dead);
  const others = previews.filter((preview) => !preview.dead);
  return [
    `${topic.topic}: route "${topic.route}", ${topic.kind}, ${topic.partitions} partitions, ${grouped(topic.inKafka)} offsets`,
    `  sample of ${previews.length}: ${counts.join(', ') || 'nothing'}; dead letters ${(deadShare * 100).toFixed(1)} %`,
    ...(times
      ? [
          `  event time behind record time: ${times.lagMs.least} to ${times.lagMs.most} ms, median ${times.lagMs.median}; ` +
            `out of order by up to ${times.outOfOrderMs} ms (the route allows ${topic.outOfOrdernessMs})`,
        ]
      : []),
    ...topic.problems.map((problem) => `  PROBLEM: ${problem}`),
    ...topic.notes.map((note) => `  note: ${note}`),
    ...[...dead.slice(0, MAX_PREVIEWS), ...others.slice(0, MAX_PREVIEWS)].flatMap(previewText),
  ].join('\n');
}

function previewText({ partition, offset, outcome, events, dead }: Preview): string[] {
  const place = `  k${partition} ${offset}: ${outcome}`;
  return [
    dead ? `${place} (${dead.reason}): ${dead.text}` : place,
    ...events.map(({ lane, line }) => `    ${lane} ${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line}`),
  ];
}

function verdict(report: CheckReport): string {
  const sampled = report.topics.reduce((sum, { previews }) => sum + previews.length, 0);
  return hasProblems(report)
    ? `Problems found in the routes or a sample of ${grouped(sampled)} records: see the lines marked PROBLEM.`
    : `Fine: ${report.routes.length} routes take ${report.topics.length} topics; ${grouped(sampled)} records sampled.`;
}
