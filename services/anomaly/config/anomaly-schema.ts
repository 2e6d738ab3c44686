/**
 * The shape of a rules file (WEIR_ANOMALY), with what each member means. Every member may be left out: its default
 * stands (rules.ts, maip.ts, cep-rules.ts). Amounts become cents, spans of time ms.
 */
import { z } from 'zod';
import { SEVERITIES } from '../../../shared/alerts/alert.ts';
import { parseDuration } from '../../../shared/cep/json/duration.ts';
import { moneyFromNumber, parseMoney } from '../../../shared/events/money.ts';
import { MAX_RECENT } from '../customer-history.ts';

/** Longer ones would keep too much. */
const MAX_WITHIN_MS = 7 * 86_400_000;

const severity = z.enum(SEVERITIES).describe('Of what just fires the rule.');
const enabled = z.boolean().describe('false: the rule is off.');

/** What is thrown becomes the text of the issue. */
function reading<I, O>(input: z.ZodType<I>, read: (value: I) => O): z.ZodType<O> {
  return input.transform((value, context) => {
    try {
      return read(value);
    } catch (error) {
      context.issues.push({
        code: 'custom',
        input: value,
        message: error instanceof Error ? error.message : String(error),
      });
      return z.NEVER;
    }
  });
}

const textOrNumber = z.union([z.string(), z.number()], { error: 'is neither text nor number; write one of them' });

const money = reading(textOrNumber, (value) => {
  const minor = typeof value === 'number' ? moneyFromNumber(value) : parseMoney(value);
  if (minor < 0) throw new RangeError('an amount below zero; raise it');
  return minor;
});

function duration(lowest: number, highest: number): z.ZodType<number> {
  return reading(textOrNumber, (value) => {
    const ms = typeof value === 'number' ? value : parseDuration(value);
    if (ms === undefined || !Number.isSafeInteger(ms))
      throw new RangeError('no span of time; write whole ms, or a text such as "30s", "5m", "1h", "7d"');
    if (ms < lowest || ms > highest) throw new RangeError(`a span outside ${lowest} to ${highest} ms; change it`);
    return ms;
  });
}

const within = duration(1, MAX_WITHIN_MS);
const count = z.int().min(2).max(MAX_RECENT);

function escalation<T extends z.ZodType>(value: T) {
  return z
    .strictObject({ low: value, medium: value, high: value, critical: value })
    .partial()
    .describe('From which value on it is more severe; levels above the severity only.');
}

const countRule = z
  .strictObject({
    enabled,
    orders: count.describe('That many orders or more.'),
    within: within.describe('Less than this apart.'),
    severity,
    escalation: escalation(count),
  })
  .partial();

const amountRule = z
  .strictObject({ enabled, over: money.describe('Orders of more than this.'), severity, escalation: escalation(money) })
  .partial();

const outlierMembers = {
  enabled,
  overDeviations: z.number().min(0).describe("Standard deviations above the customer's mean."),
  minOrders: z.int().min(2).describe('Fewer earlier ones say nothing.'),
  minDeviation: money.describe('The least that counts as a standard deviation.'),
  severity,
  escalation: escalation(z.number().min(0)),
};

const stage = {
  order: z
    .enum(['event-time', 'arrival'])
    .describe('event-time: counts and statistics wait for the watermark. arrival: they act at once.'),
  fold: z
    .union([z.literal(0), duration(1, MAX_WITHIN_MS)], { error: 'is neither 0 nor a span of time such as "1h"' })
    .describe('The window in which alerts of one type about one subject are one; 0: each is one of its own.'),
  forget: duration(3_600_000, 3_650 * 86_400_000).describe('A customer without an event for this long is forgotten.'),
};

const volumeRule = z.strictObject({ enabled, orders: z.int().min(2).max(1_000), within, severity }).partial();

const names = z.array(z.string().min(1)).min(1);

const orders = z
  .strictObject({
    ...stage,
    rules: z
      .strictObject({
        orderSpike: countRule,
        rapidOrders: countRule,
        largeOrder: amountRule,
        statisticalOutlier: z.strictObject(outlierMembers).partial(),
        fraudAmount: amountRule,
        fraudVelocity: countRule,
      })
      .partial(),
  })
  .partial();

const maip = z
  .strictObject({
    ...stage,
    unusualTransaction: z
      .strictObject({
        ...outlierMembers,
        types: names.describe('Types of event that are transactions; a * at the end stands for any rest.'),
        amountFields: names.describe('Paths in the payload where an amount may be; the first that is there.'),
      })
      .partial(),
    highOrderVolume: z
      .strictObject({
        global: volumeRule.describe('Over all customers together; on unless it is switched off.'),
        perCustomer: volumeRule.describe('Each customer by itself; off unless it is switched on.'),
      })
      .partial(),
    patterns: z
      .array(z.record(z.string(), z.unknown()))
      .describe('More patterns over maip events, as shared/cep/json describes them, with an alert.'),
  })
  .partial();

export const anomalySchema = z.strictObject({ orders, maip }).partial();
export type GivenAnomaly = z.infer<typeof anomalySchema>;
export type GivenOrders = z.infer<typeof orders>;
export type GivenMaip = z.infer<typeof maip>;
