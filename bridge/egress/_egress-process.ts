/**
 * An egress of `sales` in a process of its own, for tests: without a lease, and it stands still for ever inside its
 * transaction number WEIR_TEST_HANG_AT, when all is sent and nothing is committed, until SIGUSR2.
 */
import kafkajs from 'kafkajs';
import { readSettings } from '../../shared/config/settings.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { EgressRunner } from './egress-runner.ts';
import { readEgressSettings } from './settings.ts';

const { natsUrl, kafka, kafkaGroup } = readSettings();
const hangAt = Number(process.env.WEIR_TEST_HANG_AT);
const log = await connectLog({ servers: natsUrl, name: `egress-test-${process.pid}` });
const goOn = new Promise<void>((resolve) => process.once('SIGUSR2', () => resolve()));
let transactions = 0;
const runner = new EgressRunner({
  log,
  kafka: new kafkajs.Kafka({
    clientId: 'egress-test',
    brokers: [...kafka.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }),
  logger: createLogger('egress', 'error'),
  settings: readEgressSettings(),
  group: kafkaGroup,
  service: 'sales',
  beforeCommit: async () => {
    if (++transactions !== hangAt) return;
    process.stdout.write('inside\n');
    await goOn;
  },
});
await runner.start();
const { kind } = await runner.ended;
process.stdout.write(`${kind}\n`);
process.exit();
