/** Of several runs of a row, the one that other work on the machine disturbed least. Pure. */
import { lagTrend } from './lag-trend.ts';
import type { Result } from './result.ts';

/** One result a row, in the order in which the rows first came. */
export function bestRuns(results: readonly Result[]): Result[] {
  const best = new Map<string, Result>();
  for (const result of results) {
    const name = `${result.kind} ${result.row}`;
    const known = best.get(name);
    if (!known || costOf(result) < costOf(known)) best.set(name, result);
  }
  return [...best.values()];
}

function costOf(result: Result): number {
  switch (result.kind) {
    case 'throughput':
      return result.cpu?.reduce((sum, { usPerEvent }) => sum + usPerEvent, 0) ?? result.seconds;
    case 'latency':
      return result.missing > 0 ? Number.POSITIVE_INFINITY : result.fromAckMs.p99;
    case 'reads':
    case 'query':
      return result.latencyMs.p99;
    case 'memory':
      return result.rssBytes;
    case 'recovery':
      return result.recoveryMs;
    case 'cep':
      return result.usPerEvent;
    case 'mesh':
      return lagTrend(result.lag).late;
    default:
      return result satisfies never;
  }
}
