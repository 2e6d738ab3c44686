/**
 * kafkajs's log lines as ours. It logs much that is no news: its info is our debug, and so is what it says of single
 * requests, which it repeats itself; the bridge says when Kafka does not answer at all.
 */
import { type logCreator, logLevel } from 'kafkajs';
import type { Logger } from '../shared/telemetry/logger.ts';

const REPEATED = new Set(['Connection', 'Cluster', 'BrokerPool']);

export function kafkaLogs(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, error } = log;
      const line = `kafkajs ${namespace}: ${message}`;
      const fields = typeof error === 'string' ? { error } : {};
      if (level <= logLevel.WARN && !REPEATED.has(namespace)) logger.warn(line, fields);
      else logger.debug(line, fields);
    };
}
