/** The configuration of an embedded Kafka: one KRaft node that is broker and controller. Pure. */

export interface KafkaConfig {
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
  /** Besides the plain one, which the brokers' own traffic and the launcher use. */
  readonly listeners?: readonly KafkaListener[];
  /** Settings of the broker that are not named here, such as where its certificate is. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface KafkaListener {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** Of this listener alone: `ssl.client.auth`, `sasl.enabled.mechanisms`. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * What differs from Kafka's defaults and why. `message.max.bytes` stays Kafka's (1 MiB): a broker that takes more here
 * than in production hides the commonest trap, a produce batch over the limit that fails whole.
 */
export function kafkaConfig(config: KafkaConfig): string {
  const { port, controllerPort, logDir, listeners = [] } = config;
  const more = listeners.map(({ name, port }) => `,${name}://127.0.0.1:${port}`).join('');
  const protocols = listeners.map(({ name, protocol }) => `,${name}:${protocol}`).join('');
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${more}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${more}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    'log.dirs': logDir,
    'auto.create.topics.enable': 'true',
    'num.partitions': 4,
    // One broker: the internal topics cannot have the three replicas they ask for, and need not their fifty partitions.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 4,
    // The first consumer of a group need not wait three seconds for a second.
    'group.initial.rebalance.delay.ms': 0,
    ...config.settings,
    ...Object.fromEntries(listeners.flatMap(listenerSettings)),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');
}

function listenerSettings({ name, settings }: KafkaListener): (readonly [string, string])[] {
  return Object.entries(settings).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]);
}
