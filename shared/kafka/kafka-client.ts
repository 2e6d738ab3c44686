/**
 * The one place where a Kafka client is made: from settings to kafkajs with TLS, login, codecs, quiet logs and patience.
 *
 * 1. Consumers read committed records only; that is kafkajs's default, which nothing here changes.
 * 2. No secret is in a log line or an error, at any level.
 * 3. A client of a daemon does not give up: a consumer that kafkajs stops begins again, whatever stopped it. Calls of
 *    an admin or a producer do end, so that their caller can say what is wrong; it calls again.
 */
import { Kafka, type KafkaConfig } from 'kafkajs';
import type { KafkaLogin, KafkaSettings } from '../config/kafka-settings.ts';
import { readSecret } from '../config/secret.ts';
import type { Logger } from '../telemetry/logger.ts';
import { registerCodecs } from './codecs/register-codecs.ts';
import { kafkaLogs } from './kafka-logs.ts';
import { oauthBearer } from './oauth-bearer.ts';
import { quietKafkaTimeouts } from './quiet-timeouts.ts';
import { tlsOptions } from './tls-options.ts';
import { createTokenSource } from './token-source.ts';

export interface KafkaClientOptions {
  /** What the broker's logs and quotas know it by. */
  readonly clientId: string;
  readonly settings: KafkaSettings;
  readonly logger: Logger;
}

/** kafkajs gives a connection 1 s, which a TLS handshake with a broker far away does not always keep. */
const CONNECT_MS = 10_000;
const RETRY = { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5, restartOnFailure: async () => true };

/** Reads what the settings name, and connects to nothing. Throws SettingError for files that cannot be used. */
export async function createKafkaClient({ clientId, settings, logger }: KafkaClientOptions): Promise<Kafka> {
  const { brokers, tls, login } = settings;
  registerCodecs();
  quietKafkaTimeouts();
  if (tls && !tls.verify)
    logger.warn(
      'KAFKA_SSL_VERIFY is "false": anyone on the way can read and change what is sent to Kafka and what comes',
    );
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    retry: RETRY,
    logCreator: kafkaLogs(logger),
    ...(tls && { ssl: await tlsOptions(tls) }),
    ...(login && { sasl: await saslOptions(login) }),
  });
}

async function saslOptions(login: KafkaLogin): Promise<NonNullable<KafkaConfig['sasl']>> {
  if (login.mechanism === 'oauthbearer') return oauthBearer(createTokenSource(login));
  const credentials = { username: login.username, password: await readSecret(login.password) };
  switch (login.mechanism) {
    case 'plain':
      return { mechanism: 'plain', ...credentials };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', ...credentials };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', ...credentials };
    default:
      return login satisfies never;
  }
}
