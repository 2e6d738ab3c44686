/** Settings of the egress, beside those that every worker has. */
import { type Environment, numberSetting, SettingError, textSetting } from '../../shared/config/environment.ts';
import { RESULTS_OF } from './results-of.ts';
import type { ResultTopic } from './result-message.ts';

const DAY_MS = 86_400_000;

export interface EgressSettings {
  /** Whose results are sent. */
  readonly services: readonly string[];
  readonly topics: Readonly<Record<ResultTopic | 'positions', string>>;
  /** How long the services keep for the egress what it has not sent, ms. */
  readonly holdMs: number;
  /** Not ready when it has stood still for so long with something to send, ms. */
  readonly stallMs: number;
}

export function readEgressSettings(env: Environment = process.env): EgressSettings {
  return {
    services: readServices(env),
    topics: {
      analytics: topicSetting(env, 'WEIR_EGRESS_TOPIC_ANALYTICS', 'analytics'),
      aggregations: topicSetting(env, 'WEIR_EGRESS_TOPIC_AGGREGATIONS', 'maip.analytics.aggregations'),
      anomalies: topicSetting(env, 'WEIR_EGRESS_TOPIC_ANOMALIES', 'maip.anomaly.detected'),
      positions: topicSetting(env, 'WEIR_EGRESS_TOPIC_POSITIONS', 'weir.egress.positions'),
    },
    holdMs: numberSetting(env, 'WEIR_EGRESS_HOLD_DAYS', 7, { least: 0.01, most: 365 }) * DAY_MS,
    stallMs: numberSetting(env, 'WEIR_EGRESS_STALL_SECONDS', 60, { least: 1, most: 86_400 }) * 1000,
  };
}

function readServices(env: Environment): string[] {
  const all = [...RESULTS_OF.keys()];
  const text = textSetting(env, 'WEIR_EGRESS_SERVICES');
  if (text === undefined) return all;
  const asked = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = asked.find((name) => !RESULTS_OF.has(name));
  if (unknown !== undefined)
    throw new SettingError(`Cannot use WEIR_EGRESS_SERVICES="${text}": "${unknown}" is none of ${all.join(', ')}`);
  return asked;
}

function topicSetting(env: Environment, name: string, fallback: string): string {
  const topic = textSetting(env, name) ?? fallback;
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic) || topic === '.' || topic === '..')
    throw new SettingError(`Cannot use ${name}="${topic}": a topic's name has letters, digits, ".", "_" and "-" only`);
  return topic;
}
