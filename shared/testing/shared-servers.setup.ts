/**
 * vitest's global set-up of the projects `int` and `fault`: one nats-server and one Kafka for the whole run, named in
 * WEIR_TEST_NATS_URL and WEIR_TEST_KAFKA_BROKERS. Servers already named there are used as they are.
 * Both projects call it in one process; the first call starts the servers, the last tear-down ends them.
 */
import { startTestKafka, startTestNats } from './servers.ts';

interface Shared {
  users: number;
  readonly started: Promise<AsyncDisposable>;
}

const KEY = Symbol.for('weir.shared-test-servers');
const holder: typeof globalThis & { [KEY]?: Shared } = globalThis;

export default async function setup(): Promise<() => Promise<void>> {
  const shared = holder[KEY] ?? { users: 0, started: start() };
  holder[KEY] = shared;
  shared.users++;
  await shared.started;
  return async () => {
    shared.users--;
    if (shared.users > 0) return;
    delete holder[KEY];
    await (await shared.started)[Symbol.asyncDispose]();
  };
}

async function start(): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  if (!process.env.WEIR_TEST_NATS_URL) {
    const nats = stack.use(await startTestNats());
    process.env.WEIR_TEST_NATS_URL = nats.url;
    stack.defer(() => void delete process.env.WEIR_TEST_NATS_URL);
  }
  if (!process.env.WEIR_TEST_KAFKA_BROKERS) {
    const kafka = stack.use(await startTestKafka());
    process.env.WEIR_TEST_KAFKA_BROKERS = kafka.brokers.join(',');
    stack.defer(() => void delete process.env.WEIR_TEST_KAFKA_BROKERS);
  }
  return stack;
}
