/** A validated rules file over the defaults: the options that the stages take. */
import { compareSeverity, SEVERITIES, type Severity } from '../../../shared/alerts/alert.ts';
import { type CepRule, DEFAULT_VOLUME, highOrderVolume, type VolumeOptions } from '../cep-rules.ts';
import { DEFAULT_MAIP, type MaipOptions } from '../maip.ts';
import { DEFAULT_ORDERS, type OrderOptions, type Rule, type StageOptions } from '../rules.ts';
import type { GivenMaip, GivenOrders } from './anomaly-schema.ts';

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

export function completeOrders(given: GivenOrders): OrderOptions {
  const { rules } = DEFAULT_ORDERS;
  const said = given.rules ?? {};
  return {
    ...completeStage(given, DEFAULT_ORDERS),
    rules: {
      orderSpike: completeRule(counting(said.orderSpike), rules.orderSpike),
      rapidOrders: completeRule(counting(said.rapidOrders), rules.rapidOrders),
      largeOrder: completeRule(said.largeOrder, rules.largeOrder),
      statisticalOutlier: completeRule(said.statisticalOutlier, rules.statisticalOutlier),
      fraudAmount: completeRule(said.fraudAmount, rules.fraudAmount),
      fraudVelocity: completeRule(counting(said.fraudVelocity), rules.fraudVelocity),
    },
  };
}

export function completeMaip(given: GivenMaip, patterns: readonly CepRule[]): MaipOptions {
  const { global = {}, perCustomer = {} } = given.highOrderVolume ?? {};
  return {
    ...completeStage(given, DEFAULT_MAIP),
    unusualTransaction: completeRule(given.unusualTransaction, DEFAULT_MAIP.unusualTransaction),
    patterns: [
      ...((global.enabled ?? true) ? [highOrderVolume('global', completeVolume(global))] : []),
      ...((perCustomer.enabled ?? false) ? [highOrderVolume('key', completeVolume(perCustomer))] : []),
      ...patterns,
    ],
  };
}

function completeStage(given: GivenOrders | GivenMaip, defaults: StageOptions): StageOptions {
  return {
    order: given.order ?? defaults.order,
    foldMs: given.fold ?? defaults.foldMs,
    forgetMs: given.forget ?? defaults.forgetMs,
  };
}

function completeVolume({
  orders,
  within,
  severity,
}: NonNullable<NonNullable<GivenMaip['highOrderVolume']>['global']>) {
  const volume: VolumeOptions = {
    orders: orders ?? DEFAULT_VOLUME.orders,
    withinMs: within ?? DEFAULT_VOLUME.withinMs,
    severity: severity ?? DEFAULT_VOLUME.severity,
  };
  return volume;
}

/** `within` is `withinMs` of the rule. */
function counting<T extends { readonly within?: number | undefined }>(given: T | undefined) {
  if (given === undefined) return undefined;
  const { within, ...rest } = given;
  return { ...rest, withinMs: within };
}

interface GivenRule {
  readonly severity?: Severity | undefined;
  readonly escalation?: Loose<Record<Severity, number>> | undefined;
}

/** A default level that is not above the severity given is none. */
function completeRule<R extends Rule>(given: (Loose<Omit<R, 'escalation'>> & GivenRule) | undefined, defaults: R): R {
  if (given === undefined) return defaults;
  const severity = given.severity ?? defaults.severity;
  const levels = given.escalation ?? defaults.escalation;
  const escalation: Partial<Record<Severity, number>> = {};
  for (const level of SEVERITIES) {
    const from = levels[level];
    if (from !== undefined && (given.escalation || compareSeverity(level, severity) > 0)) escalation[level] = from;
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...said, severity, escalation };
}
