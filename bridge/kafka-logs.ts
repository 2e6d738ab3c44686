/** kafkajs's log lines as ours. It logs much that is no news: its info is our debug, and its retries are warnings. */
import { type logCreator, logLevel } from 'kafkajs';
import type { Logger } from '../shared/telemetry/logger.ts';

export function kafkaLogs(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, error } = log;
      const line = `kafkajs ${namespace}: ${message}`;
      const fields = typeof error === 'string' ? { error } : {};
      if (level <= logLevel.WARN) logger.warn(line, fields);
      else logger.debug(line, fields);
    };
}
