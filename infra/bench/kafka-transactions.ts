/**
 * The floor under every exactly-once producer on kafkajs: the messages of the egress in transactions of as many, and
 * nothing read or remembered.
 *
 *   node infra/bench/kafka-transactions.ts <brokers> <topic> <messages>
 *
 * Prints a line when the first transaction is committed and one when the last is, each with the CPU microseconds used so
 * far and the time.
 */
import kafkajs from 'kafkajs';

const [brokers = '', topic = '', count = '0'] = process.argv.slice(2);
const TRANSACTION = 10_000;
const BATCH = 1_000;
const kafka = new kafkajs.Kafka({
  clientId: 'weir-bench-floor',
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.NOTHING,
});
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
await admin.disconnect();
const producer = kafka.producer({
  transactionalId: `bench-${process.pid}`,
  retry: { initialRetryTime: 10, retries: 8 },
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
});
const say = (what: string) => {
  const { user, system } = process.cpuUsage();
  console.log(`${what} ${user + system} ${performance.now()}`);
};
await producer.connect();
for (let from = 0; from < Number(count); ) {
  const transaction = await producer.transaction();
  const end = Math.min(from + TRANSACTION, Number(count));
  for (; from < end; from += BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, end - from) }, (_, n) => messageOf(from + n));
    await transaction.send({ topic, messages });
  }
  await transaction.commit();
  if (end <= TRANSACTION) say(`first-${end}`);
}
say('last');
await producer.disconnect();

function messageOf(n: number): { key: string; value: string } {
  const value = `{"type":"customer_stats","window_start":"2024-06-01T00:00:00","customer_id":${n},"orders":3,"total_spent":450.75}`;
  return { key: String(n), value };
}
