/**
 * The floor under every bridge that reads by kafkajs: consumes a topic to its end and does nothing with it.
 *
 *   node infra/bench/kafka-floor.ts <brokers> <topic> <records>
 *
 * Prints a line when the first record has come and one when the last has, each with the CPU microseconds used so far.
 */
import { Kafka, logLevel } from 'kafkajs';

const [brokers = '', topic = '', count = '0'] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'weir-bench-floor', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({
  groupId: `bench-floor-${process.pid}`,
  maxWaitTimeInMs: 500,
  maxBytesPerPartition: 1024 * 1024,
});
let seen = 0;
const say = (what: string) => {
  const { user, system } = process.cpuUsage();
  console.log(`${what} ${user + system} ${performance.now()}`);
};
const done = Promise.withResolvers<void>();
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: 4,
  eachBatch: async ({ batch }) => {
    if (seen === 0) say('first');
    seen += batch.messages.length;
    if (seen >= Number(count)) done.resolve();
  },
});
await done.promise;
say('last');
await consumer.disconnect();
