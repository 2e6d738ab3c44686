/**
 * The one classifier of what goes wrong on the way to Kafka. kafkajs's classes are known by name: an error may come from
 * another copy of the library.
 *
 * `fenced`  another producer has our transactional id, or the broker gave our transaction up: what was under way is
 *           aborted. Whether we go on is for the lease to say.
 * `passing` anything else that Kafka or the network says. Refused rights are among them: they are given while we wait,
 *           and the alarm says which.
 * `fault`   ours: to be seen, not repeated in silence.
 */
const INVALID_PRODUCER_EPOCH = 47;
const PRODUCER_FENCED = 90;
/** Topics that are not as they must be; a reader that got no answer. */
const OWN = new Set<unknown>(['egress-topic', 'command']);

export type KafkaFailure = 'fenced' | 'passing' | 'fault';

export function classifyKafkaError(error: unknown): KafkaFailure {
  let isKnown = false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? cause.code : undefined;
    if (code === INVALID_PRODUCER_EPOCH || code === PRODUCER_FENCED) return 'fenced';
    isKnown ||= cause.name.startsWith('KafkaJS') || 'syscall' in cause || OWN.has(code);
  }
  return isKnown ? 'passing' : 'fault';
}
