/**
 * The producer of demo records. Idempotent: right after a topic is made, some of its partitions refuse a request, and
 * kafkajs sends it again whole, to those that took it too.
 */
import { type Kafka, Partitioners, type Producer } from 'kafkajs';

export function demoProducer(kafka: Kafka): Producer {
  return kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
  });
}
