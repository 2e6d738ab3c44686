/**
 * What each service's commit frames say that leaves the mesh, as records of Kafka.
 *
 *   LOG_sales        all  hourly (final)         ─▶ analytics       hourly_sales
 *                    pNN  customer-hour (final)  ─▶ analytics       customer_stats
 *   LOG_anomaly      pNN  fraud (emitted)        ─▶ analytics       fraud_alert
 *   LOG_anomaly-maip      alert                  ─▶ anomalies
 *   LOG_activity     pNN  window.5m (final)      ─▶ aggregations
 *
 * Invariants (results-of.test.ts):
 * 1. Messages of `analytics` are byte for byte those of the original; decimals are exact.
 * 2. Live values are not sent. A final value is, and again when late events have changed it.
 */
import type { Alert } from '../../shared/alerts/alert.ts';
import type { FraudRecord } from '../../shared/alerts/fraud-record.ts';
import { findEmits, findFinals, findPuts } from './find-lines.ts';
import { decimalLiteral, idLiteral, zonelessTime } from './json-literals.ts';
import type { ResultIdentity, ResultMessage } from './result-message.ts';

/** `partition`: whose commit it is, `p07` or `all`. */
type ReadResults = (payload: Uint8Array, partition: string) => ResultMessage[];

/** By service: whose log is read. */
export const RESULTS_OF: ReadonlyMap<string, ReadResults> = new Map<string, ReadResults>([
  [
    'sales',
    (payload, partition) =>
      partition === 'all'
        ? Array.from(findFinals<HourlyValue>(payload, 'hourly'), hourlySales)
        : Array.from(findFinals<CustomerHourValue>(payload, 'customer-hour'), customerStats),
  ],
  ['anomaly', (payload) => Array.from(findEmits<FraudRecord>(payload, 'fraud'), fraudAlert)],
  ['anomaly-maip', (payload) => Array.from(findPuts<Alert>(payload, 'alert'), detectedAnomaly)],
  ['activity', (payload) => Array.from(findFinals<ActivityValue>(payload, 'window.5m'), aggregation)],
]);

const ALL_CUSTOMERS = 'all';
const HOURLY = /^\{"type":"hourly_sales","window_start":"([^"]+)",(.*)\}$/;
const CUSTOMER = /^\{"type":"customer_stats","window_start":"([^"]+)","customer_id":(.*),("orders":.*)\}$/;

/** Of a message of `analytics` that was sent; undefined: one that is always news. */
export function identityOf(value: string): ResultIdentity | undefined {
  const [, start = '', content = ''] = HOURLY.exec(value) ?? [];
  if (start) return { start, name: ALL_CUSTOMERS, content, isNothing: false };
  const [, hour = '', customer = '', stats = ''] = CUSTOMER.exec(value) ?? [];
  return hour ? { start: hour, name: customerName(customer), content: stats, isNothing: false } : undefined;
}

function customerName(literal: string): string {
  return `customer ${literal}`;
}

/** Of services/sales/README.md, as far as it is sent. */
interface HourlyValue {
  readonly window_start: string;
  readonly total_sales: string;
  readonly average_order_value: string;
}

interface CustomerHourValue {
  readonly customer_id: string;
  readonly window_start: string;
  readonly orders: number;
  readonly total_spent: string;
}

/** Of services/activity/README.md. `times` is the stage's own. */
interface ActivityValue {
  readonly customer_id: string;
  readonly times?: unknown;
}

function hourlySales({ window_start, total_sales, average_order_value }: HourlyValue): ResultMessage {
  const start = zonelessTime(window_start);
  const content = `"total_sales":${decimalLiteral(total_sales)},"average_order_value":${decimalLiteral(average_order_value)}`;
  return {
    topic: 'analytics',
    key: start,
    value: `{"type":"hourly_sales","window_start":"${start}",${content}}`,
    identity: { start, name: ALL_CUSTOMERS, content, isNothing: false },
  };
}

function customerStats({ customer_id, window_start, orders, total_spent }: CustomerHourValue): ResultMessage {
  const start = zonelessTime(window_start);
  const content = `"orders":${orders},"total_spent":${decimalLiteral(total_spent)}`;
  return {
    topic: 'analytics',
    key: customer_id,
    value: `{"type":"customer_stats","window_start":"${start}","customer_id":${idLiteral(customer_id)},${content}}`,
    identity: { start, name: customerName(idLiteral(customer_id)), content, isNothing: orders === 0 },
  };
}

function fraudAlert({ customer_id, order_id, amount, rule }: FraudRecord): ResultMessage {
  return {
    topic: 'analytics',
    key: customer_id,
    value:
      `{"type":"fraud_alert","customer_id":${idLiteral(customer_id)},"reason":${JSON.stringify(reasonOf(rule))},` +
      `"order_id":${idLiteral(order_id)},"amount":${decimalLiteral(amount)}}`,
  };
}

/** The first is the original's; of the second only the rule is known, not its words. */
function reasonOf(rule: FraudRecord['rule']): string {
  if ('over' in rule) return `Order amount > $${rule.over.replace(/\.0+$/, '')}`;
  const { more_than, within_seconds } = rule;
  const span = within_seconds === 60 ? '1 minute' : within_seconds % 60 === 0 ? `${within_seconds / 60} minutes` : '';
  return `More than ${more_than} orders in ${span || `${within_seconds} seconds`}`;
}

function detectedAnomaly({ occurrences: _own, ...alert }: Alert): ResultMessage {
  return {
    topic: 'anomalies',
    key: alert.customer_id ?? alert.region ?? alert.anomaly_type,
    value: JSON.stringify(alert),
  };
}

function aggregation({ times: _own, ...window }: ActivityValue): ResultMessage {
  return { topic: 'aggregations', key: window.customer_id, value: JSON.stringify(window) };
}
