/** What `redrive` says, in words. Pure. */
import type { RedriveResult } from '../../shared/dead-letters/redrive.ts';
import { grouped } from './table.ts';

const MAX_SHOWN = 50;
const MAX_LINE = 200;
const WORDS: Readonly<Record<RedriveResult['status'], string>> = {
  sent: 'put back',
  'would-send': 'would be put back',
  kept: 'kept',
  settled: 'finished: an interrupted redrive had sent it',
};

export function redriveText(results: readonly RedriveResult[]): string {
  const shown = results.slice(0, MAX_SHOWN).flatMap(resultText);
  const more = results.length > MAX_SHOWN ? [`and ${grouped(results.length - MAX_SHOWN)} more (--json lists all)`] : [];
  return [...shown, ...more, summary(results)].join('\n');
}

function resultText({ seq, from, to, status, why, outlook }: RedriveResult): string[] {
  const place = from ? ` ${from.topic}, partition ${from.partition}, offset ${from.offset}` : '';
  const moved = to && from && to.topic !== from.topic ? ` to ${to.topic}` : '';
  const becomes = outlook ? ` (${outlook.outcome})` : '';
  return [
    `${seq}${place}: ${WORDS[status]}${moved}${becomes}${why === undefined ? '' : `: ${why}`}`,
    ...(outlook?.lines ?? []).map((line) => `    ${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line}`),
  ];
}

function summary(results: readonly RedriveResult[]): string {
  if (results.length === 0) return 'No dead letter is chosen: nothing to put back.';
  const counts = Object.keys(WORDS)
    .map((status) => ({ status, count: results.filter((result) => result.status === status).length }))
    .filter(({ count }) => count > 0);
  return `${counts.map(({ status, count }) => `${grouped(count)} ${status === 'would-send' ? 'would be put back' : status}`).join(', ')}.`;
}
