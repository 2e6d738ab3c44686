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
const PASSING = [
  /coordinator is loading/i,
  /coordinator is not available/i,
  /not the correct coordinator/i,
  /no leader for this topic-partition/i,
  /not the leader for that topic-partition/i,
  /group is rebalancing/i,
  /not aware of this member/i,
  /concurrent operation on the same transaction/i,
  /^Restarting the consumer in/,
  /^KafkaJS v2\.0\.0 switched default partitioner/,
];

export function kafkaLogs(logger: Logger): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      const { message, error } = log;
      const line = namespace ? `kafkajs ${namespace}: ${message}` : `kafkajs: ${message}`;
      const why = typeof error === 'string' ? { error } : {};
      const said = `${message} ${why.error ?? ''}`;
      const isNews = level <= logLevel.WARN && !REPEATED.has(namespace) && !PASSING.some((known) => known.test(said));
      if (isNews) logger.warn(line, { ...why, advice: adviceFor(said) });
      else logger.debug(line, why);
    };
}
