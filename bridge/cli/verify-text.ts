/** What `verify` says, in words. Pure. */
import type { Finding, FindingKind, NotCompared } from './findings.ts';
import { isRight, type PartitionReport } from './partition-report.ts';
import { grouped, textTable } from './table.ts';

const WORDS: Readonly<Record<FindingKind, string>> = {
  missing: 'missing',
  duplicate: 'there twice',
  different: 'not what the record becomes',
  unexpected: 'there, but no record becomes it',
  'out-of-order': 'out of order',
  lost: 'lost',
  replaced: 'of another topic',
  'letter-missing': 'dead letter missing',
  'letter-extra': 'dead letter of a record that becomes none',
  'letter-different': 'dead letter is not what the record becomes',
  'letter-duplicate': 'dead letter there twice',
};
const MAX_SHOWN = 20;

export function verifyText(reports: readonly PartitionReport[]): string {
  const parts = [summary(reports)];
  for (const report of reports) {
    const told = details(report);
    if (told.length > 0) parts.push([`${report.topic}, partition ${report.partition}`, ...told].join('\n'));
  }
  return [...parts, verdict(reports)].join('\n\n');
}

function summary(reports: readonly PartitionReport[]): string {
  return textTable(
    ['topic', 'k', 'offsets', 'records', 'lines', 'letters', 'Kafka', 'log', ''],
    reports.map((report) => [
      report.topic,
      report.partition,
      report.compared ? rangeText(report.compared) : '-',
      report.records,
      report.lines,
      report.letters,
      report.checksums.kafka,
      report.checksums.log,
      isRight(report) ? (report.compared ? 'right' : 'not compared') : 'WRONG',
    ]),
  );
}

function details(report: PartitionReport): string[] {
  const { findings, totals, notCompared, cannotTell, redriven } = report;
  const shown = findings.slice(0, MAX_SHOWN).map((finding) => `  ${findingText(finding, report.kind)}`);
  const all = Object.entries(totals).map(([kind, count]) => `${grouped(count)} ${kind}`);
  return [
    ...shown,
    ...(findings.length > MAX_SHOWN ? [`  and more; in all: ${all.join(', ')} (--json lists more of them)`] : []),
    ...notCompared.map((part) => `  not compared: ${notComparedText(part)}`),
    ...Object.entries(cannotTell).map(([why, count]) => `  cannot tell: ${grouped(count)} ${why}`),
    ...(redriven > 0 ? [`  ${grouped(redriven)} dead letters were put back by redrive`] : []),
  ];
}

function findingText({ kind, lane, from, to, count, seq, detail }: Finding, of: PartitionReport['kind']): string {
  const unit = kind.startsWith('letter') ? '' : of === 'events' && kind !== 'lost' ? ' lines' : ' records';
  const where = [lane && `lane ${lane}`, seq !== undefined && `sequence ${seq}`].filter(Boolean).join(', ');
  const howMany = unit === '' ? '' : ` (${grouped(count)}${count === 1 ? unit.slice(0, -1) : unit})`;
  return `offset ${rangeText({ from, to })}${howMany}: ${WORDS[kind]}${where && `, ${where}`}${detail ? `: ${detail}` : ''}`;
}

function notComparedText({ from, to, why }: NotCompared): string {
  return `offset ${rangeText({ from, to })}: ${why}`;
}

function rangeText({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function verdict(reports: readonly PartitionReport[]): string {
  const wrong = reports.filter((report) => !isRight(report)).length;
  const left = reports.filter(({ notCompared }) => notCompared.length > 0).length;
  const records = reports.reduce((sum, report) => sum + report.records, 0);
  const note = left > 0 ? ` Not all could be compared in ${left} of them.` : '';
  if (wrong > 0) return `WRONG: ${wrong} of ${reports.length} partitions are not what Kafka's records become.${note}`;
  return `Right: ${grouped(records)} records of ${reports.length} partitions are in the log, once and in order.${note}`;
}
