/**
 * kafkajs's log lines as ours. It logs much that is no news: its info is our debug, and so is what it says of single
 * requests, which it repeats itself, and of states of a cluster that pass; who uses the client says when Kafka does
 * not answer at all.
 *
 * 1. Only the message and the error's text are shown: among the other fields are requests and answers of a login.
 */
import { type logCreator, logLevel } from 'kafkajs';
import type { Logger } from '../telemetry/logger.ts';
import { adviceFor } from './explain-error.ts';

const REPEATED = new Set(['Connection', 'Cluster', 'BrokerPool']);
/** What a broker that starts, or a group that rebalances, says for a while. kafkajs calls it a crash and goes on. */
const PASSING =
  /coordinator is loading|coordinator is not available|not the correct coordinator|no leader for this topic-partition|not the leader for that topic-partition|group is rebalancing|not aware of this member|Restarting the consumer in/i;

export function kafkaLogs(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, error } = log;
      const line = `kafkajs ${namespace}: ${message}`;
      const why = typeof error === 'string' ? error : '';
      const fields = { ...(why && { error: why }), advice: adviceFor(`${message} ${why}`) };
      const isNews = level <= logLevel.WARN && !REPEATED.has(namespace) && !PASSING.test(`${message} ${why}`);
      if (isNews) logger.warn(line, fields);
      else logger.debug(line, fields);
    };
}
