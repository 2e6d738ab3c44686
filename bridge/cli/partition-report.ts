/** What `verify` says of one Kafka partition. */
import type { Source } from '../../shared/kafka/source.ts';
import { type Finding, Findings, type NotCompared } from './findings.ts';

export interface PartitionReport extends Source {
  readonly kind: 'events' | 'mirror';
  /** Kafka offsets that were compared, both included; undefined: none. */
  readonly compared: { readonly from: number; readonly to: number } | undefined;
  readonly records: number;
  /** Lines of events, or messages of a mirror, that records become. */
  readonly lines: number;
  readonly frames: number;
  readonly letters: number;
  /** Letters that were put back, and so are in DLQ no more. */
  readonly redriven: number;
  /** By what became of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Over the lines in the order of each lane: of what Kafka's records become, and of what the log has. */
  readonly checksums: { readonly kafka: string; readonly log: string };
  readonly findings: readonly Finding[];
  /** Lines, records and letters by kind of finding. */
  readonly totals: Readonly<Record<string, number>>;
  readonly notCompared: readonly NotCompared[];
  /** Records, lines or letters of which nobody can tell, by why. */
  readonly cannotTell: Readonly<Record<string, number>>;
}

/** Everything is where it should be, as far as it can be compared. */
export function isRight(report: PartitionReport): boolean {
  return Object.keys(report.totals).length === 0;
}

export function emptyReport(
  source: Source,
  kind: PartitionReport['kind'],
  notCompared: readonly NotCompared[] = [],
  findings: Findings = new Findings(),
): PartitionReport {
  return {
    ...source,
    kind,
    compared: undefined,
    records: 0,
    lines: 0,
    frames: 0,
    letters: 0,
    redriven: 0,
    outcomes: {},
    checksums: { kafka: '00000000', log: '00000000' },
    findings: findings.list,
    totals: findings.totals,
    notCompared,
    cannotTell: {},
  };
}

/** Only those that are above zero. */
export function counts(all: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
