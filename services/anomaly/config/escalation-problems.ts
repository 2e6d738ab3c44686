/** Levels of severity that could never be reached, or that would make an alert less severe. */
import { compareSeverity, SEVERITIES } from '../../../shared/alerts/alert.ts';
import type { MaipOptions } from '../maip.ts';
import type { OrderOptions, Rule } from '../rules.ts';
import type { GivenAnomaly } from './anomaly-schema.ts';

export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** Only of rules that the file speaks of. */
export function escalationProblems(given: GivenAnomaly, { rules }: OrderOptions, maip: MaipOptions): Problem[] {
  const problems: Problem[] = [];
  const said = Object.keys(given.orders?.rules ?? {});
  const check = (path: readonly string[], rule: Rule, from: number) => {
    if (path[0] === 'maip' || said.includes(path.at(-1) ?? '')) problems.push(...problemsOf(path, rule, from));
  };
  const { orderSpike, rapidOrders, largeOrder, statisticalOutlier, fraudAmount, fraudVelocity } = rules;
  check(['orders', 'rules', 'orderSpike'], orderSpike, orderSpike.orders);
  check(['orders', 'rules', 'rapidOrders'], rapidOrders, rapidOrders.orders);
  check(['orders', 'rules', 'fraudVelocity'], fraudVelocity, fraudVelocity.orders);
  check(['orders', 'rules', 'largeOrder'], largeOrder, largeOrder.over);
  check(['orders', 'rules', 'fraudAmount'], fraudAmount, fraudAmount.over);
  check(['orders', 'rules', 'statisticalOutlier'], statisticalOutlier, statisticalOutlier.overDeviations);
  check(['maip', 'unusualTransaction'], maip.unusualTransaction, maip.unusualTransaction.overDeviations);
  return problems;
}

function problemsOf(path: readonly string[], { severity, escalation }: Rule, from: number): Problem[] {
  const problems: Problem[] = [];
  let lowest = from;
  for (const level of SEVERITIES) {
    const value = escalation[level];
    if (value === undefined) continue;
    const at = [...path, 'escalation', level];
    if (compareSeverity(level, severity) <= 0)
      problems.push({
        path: at,
        text: `is not above the rule's severity "${severity}"; leave it out, or lower the severity`,
      });
    else if (value < lowest)
      problems.push({
        path: at,
        text: 'is reached before what it escalates from; raise it above the rule and the levels below',
      });
    else lowest = value;
  }
  return problems;
}
