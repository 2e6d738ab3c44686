/** What a replay found, for people and as JSON. Pure. */
import { formatTime } from '../../shared/event-time/time-text.ts';
import { durationText } from '../../shared/cep/json/duration.ts';
import type { MeshEvent } from '../../shared/events/event.ts';
import type { BacktestReport, FoundMatch } from './backtest.ts';
import { MOST_KEYS, type ReplayTotals } from './replay.ts';

const LONGEST_EVENT = 100;
/** Events shown of a stage: the first ones, and the last. */
const SHOWN = 3;

export function reportText(report: BacktestReport): string {
  const { pattern, matches, totals } = report;
  const lines = matches.flatMap((found, at) => [...matchLines(report, found, at + 1), '']);
  const more = totals.matches - matches.length;
  if (more > 0) lines.push(`... and ${grouped(more)} more (--limit ${totals.matches} shows all)`, '');
  return [...lines, `${pattern.name}: ${counted(totals.matches, 'match', 'matches')}`, ...totalLines(report)].join(
    '\n',
  );
}

export function reportJson({ pattern, matches, totals, watermark }: BacktestReport): string {
  const { name, kind, per, compat, alert } = pattern;
  const shown = matches.map(({ key, match }) => ({
    ...(per === 'key' ? { key } : {}),
    first: formatTime(match.first),
    last: formatTime(match.last),
    at: formatTime(match.t),
    ...(alert
      ? { alert: { type: alert.type, severity: alert.severity, description: alert.describe(match, key) } }
      : {}),
    events: match.events,
  }));
  return JSON.stringify(
    {
      ...{ pattern: name, kind, per, compat },
      ...(watermark === undefined ? {} : { watermark: formatTime(watermark) }),
      totals,
      matches: shown,
    },
    null,
    2,
  );
}

function matchLines({ pattern }: BacktestReport, { key, match }: FoundMatch, number: number): string[] {
  const { first, last, t } = match;
  const span = `${formatTime(first)} to ${formatTime(last)} (${durationText(last - first)})`;
  const known = t === last ? '' : `, known at ${formatTime(t)}`;
  const head = `${number}. ${span}${known}${pattern.per === 'key' ? `  key ${key}` : ''}`;
  const { alert } = pattern;
  return [
    head,
    ...(alert ? [`   ${alert.severity} ${alert.type}: ${alert.describe(match, key)}`] : []),
    ...Object.entries(match.events).flatMap(([stage, events]) => stageLines(stage, events)),
  ];
}

function stageLines(stage: string, events: readonly MeshEvent[]): string[] {
  const title = `   ${stage}${events.length > 1 ? ` (${events.length})` : ''}`;
  const hidden = events.length - SHOWN - 1;
  const shown = hidden > 0 ? [...events.slice(0, SHOWN), ...events.slice(-1)] : events;
  const lines = shown.map((event) => `     ${eventText(event)}`);
  if (hidden > 0) lines.splice(SHOWN, 0, `     ... ${hidden} more`);
  return [title, ...lines];
}

function eventText({ t, ...values }: MeshEvent): string {
  const text = JSON.stringify(values);
  return `${formatTime(t)} ${text.length > LONGEST_EVENT ? `${text.slice(0, LONGEST_EVENT)}…` : text}`;
}

function totalLines({ totals, watermark, pattern }: BacktestReport): string[] {
  const { read, matched, keys, timedOut, open } = totals;
  const ofKeys = keys >= MOST_KEYS ? `${grouped(MOST_KEYS)} keys or more` : counted(keys, 'key', 'keys');
  const ran = [
    ...(pattern.pattern.withinMs === undefined
      ? []
      : [`${counted(timedOut, 'partial match', 'partial matches')} ran out of time`]),
    `${grouped(open)} still open`,
  ];
  return [
    `  read ${counted(read, 'event', 'events')}, matched against ${grouped(matched)} of ${ofKeys}`,
    `  ${ran.join(', ')}`,
    ...skippedLines(totals),
    `  watermark ${watermark === undefined ? 'not known yet' : formatTime(watermark)}`,
  ];
}

function skippedLines(totals: ReplayTotals): string[] {
  const reasons: readonly (readonly [number, string])[] = [
    [totals.passedOver, "are not of the pattern's input (topic, where) or of another key"],
    [totals.outsideTime, 'are outside --from and --to'],
    [totals.late, 'came behind the watermark (late)'],
    [totals.withdrawn, 'were taken back before they were matched, or took them back'],
    [totals.corrections, 'correct what was matched already'],
  ];
  return reasons
    .filter(([count]) => count > 0)
    .map(([count, why]) => `  ${counted(count, 'event', 'events')} skipped: ${why}`);
}

function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
