/**
 * What the messages of the egress are, as schemas: for tests, and for those who read the topics. Published as JSON
 * Schema (draft 2020-12) in schemas/, which a test keeps up to date:
 *
 *   node bridge/egress/message-schemas.ts
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SEVERITIES } from '../../shared/alerts/alert.ts';

const id = (what: string) =>
  z
    .union([z.int(), z.string()])
    .describe(`${what}: a number when the id is a whole number up to 2^53 - 1 without leading zeros, else text.`);
const money = (what: string) => z.number().describe(`${what}, exact to the cent: read it as a decimal.`);
const decimalText = (what: string) =>
  z
    .string()
    .regex(/^-?\d+\.\d\d$/)
    .describe(`${what}, decimal text.`);
const hourStart = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
  .describe('Start of the hour, event time, UTC, without a zone.');
const time = (what: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)
    .describe(`${what}, ISO 8601, UTC.`);
const count = (what: string) => z.int().nonnegative().describe(what);

const hourlySales = z
  .strictObject({
    type: z.literal('hourly_sales'),
    window_start: hourStart,
    total_sales: money('Revenue of the hour'),
    average_order_value: money('Revenue by orders, rounded, halves away from zero'),
  })
  .describe('Final sales of an hour. Again, with its new values, when late orders have changed it. Key: window_start.');

const customerStats = z
  .strictObject({
    type: z.literal('customer_stats'),
    window_start: hourStart,
    customer_id: id('The customer'),
    orders: count('Orders of the customer in the hour; 0 when all were taken back after it was sent.'),
    total_spent: money('What they come to'),
  })
  .describe(
    'Final hour of a customer. Again, with its new values, when late orders have changed it. Key: customer id.',
  );

const fraudAlert = z
  .strictObject({
    type: z.literal('fraud_alert'),
    customer_id: id('The customer'),
    reason: z.string().describe('`Order amount > $1000`, or `More than 5 orders in 1 minute`; numbers as configured.'),
    order_id: id('The order that is suspicious'),
    amount: money('What the order came to'),
  })
  .describe('A suspicious order, once for each rule that it breaks. Key: customer id.');

const amounts = z
  .record(z.string(), z.strictObject({ count: count('Events with an amount.'), sum: decimalText('Their sum') }))
  .describe('By type, of types with amounts.');

const aggregation = z
  .strictObject({
    customer_id: z.string().describe('The customer.'),
    window_start: time('Start of the window, event time'),
    window_end: time('End of the window, not in it'),
    total_events: count('Events of the customer in the window.'),
    event_counts: z.record(z.string(), z.int().nonnegative()).describe('By type of event.'),
    total_amount: decimalText('Sum over all types; null: no event had an amount').nullable(),
    amounts,
    unusable_amounts: z.int().positive().optional().describe('Events with an amount that cannot be used: in no sum.'),
    first_event: time('Event time of the first event; null: all were taken back').nullable(),
    last_event: time('Event time of the last event; null: all were taken back').nullable(),
    revision: count('Events taken (or taken back) after the window was final for the first time.'),
    final: z.literal(true).describe('Only final windows are sent.'),
  })
  .describe(
    'What a customer did in 5 minutes. Again, with a higher revision, when late events have changed it. Key: customer id.',
  );

const detectedAnomaly = z
  .strictObject({
    alert_id: z
      .string()
      .describe('The same for the same events. An alert is sent again when it counts more or is worse.'),
    anomaly_type: z.string().describe('`unusual_transaction`, `HIGH_ORDER_VOLUME`, or a pattern of your own.'),
    severity: z.enum(SEVERITIES).describe('In rising order.'),
    customer_id: z.string().optional().describe('Whom it is about; absent: all customers.'),
    region: z.string().optional().describe('The region that it is about.'),
    description: z.string().describe('A sentence for people.'),
    timestamp: time('Event time of the occurrence that is described'),
    count: z.int().positive().describe('Occurrences in this alert so far.'),
    first: time('Event time of the first one'),
    last: time('Event time of the last one'),
    resolved: time('Event time at which it was over').optional(),
    details: z.record(z.string(), z.unknown()).describe('The evidence of the occurrence that is described, by type.'),
  })
  .describe('An alert about MAIP events. Key: customer id, or the type of an alert about all.');

/** By the names of their files. */
export const MESSAGE_SCHEMAS = {
  analytics: z.discriminatedUnion('type', [hourlySales, customerStats, fraudAlert]),
  'maip.analytics.aggregations': aggregation,
  'maip.anomaly.detected': detectedAnomaly,
} as const;

export type MessageTopic = keyof typeof MESSAGE_SCHEMAS;
export const MESSAGE_TOPICS: readonly MessageTopic[] = [
  'analytics',
  'maip.analytics.aggregations',
  'maip.anomaly.detected',
];

export function schemaFile(topic: MessageTopic): URL {
  return new URL(`schemas/${topic}.schema.json`, import.meta.url);
}

export function messageJsonSchema(topic: MessageTopic): z.core.JSONSchema.BaseSchema {
  const { $schema, ...schema } = z.toJSONSchema(MESSAGE_SCHEMAS[topic], { target: 'draft-2020-12' });
  return { ...($schema !== undefined && { $schema }), title: `Messages of the topic ${topic}`, ...schema };
}

if (import.meta.main)
  for (const topic of MESSAGE_TOPICS)
    writeFileSync(schemaFile(topic), `${JSON.stringify(messageJsonSchema(topic), null, 2)}\n`);
