/** Work with a Kafka admin client of its own, which is disconnected whatever happens. */
import type { Admin, Kafka } from 'kafkajs';

export async function withKafkaAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
