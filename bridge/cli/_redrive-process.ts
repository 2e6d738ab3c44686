/**
 * A redrive in a process of its own that says where it is and stays there, to be killed: for redrive.fault.test.ts.
 *
 *   node _redrive-process.ts <nats url> <brokers> <topic> <mesh> <step>
 */
import { Kafka, logLevel } from 'kafkajs';
import { routeDefaults } from '../../shared/config/routes.ts';
import { connectLog } from '../../shared/log/jetstream-log.ts';
import { topicTokens } from '../../shared/log/names.ts';
import { judgeBy, redriveSettings } from './_redrive-bench.ts';
import { redrive } from '../../shared/dead-letters/redrive.ts';

const [natsUrl = '', brokers = '', topic = '', mesh = '', step = ''] = process.argv.slice(2);
const log = await connectLog({ servers: natsUrl, name: 'redrive-process' });
const kafka = new Kafka({ clientId: 'redrive-process', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const stay = async (at: string) => {
  if (at !== step) return;
  process.stdout.write(`${at}\n`);
  await new Promise(() => setInterval(() => undefined, 60_000));
};
const settings = redriveSettings({ kafka, log }, `process-${process.pid}`, mesh);
let deleted = 0;
await redrive({
  ...settings,
  judge: judgeBy([{ topic, ...routeDefaults('order', 'json'), allowNegativeAmounts: true }]),
  filter: `dlq.${topicTokens(topic)}.*`,
  onStep: stay,
  deleteLetter: async (seq) => {
    if (++deleted === 2) await stay('deleted-one');
    await settings.deleteLetter(seq);
  },
});
await log[Symbol.asyncDispose]();
