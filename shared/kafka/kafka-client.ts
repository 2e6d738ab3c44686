/**
 * The one place where a Kafka client is made: from settings to kafkajs with TLS, login, codecs, quiet logs and patience.
 *
 * 1. Consumers read committed records only; that is kafkajs's default, which nothing here changes.
 * 2. No secret is in a log line or an error, at any level.
 * 3. Calls end, with an error, after some seconds of trying: who calls says what is wrong, and calls again. A consumer
 *    begins again by itself where kafkajs takes the reason for passing; a CRASH event with `restart: false` (a refused
 *    login, a group without coordinator) is for its owner, who opens another.
 */
import { Kafka, type KafkaConfig } from 'kafkajs';
import type { KafkaLogin, KafkaSettings } from '../config/kafka-settings.ts';
import { readSecret } from '../config/secret.ts';
import type { Logger } from '../telemetry/logger.ts';
import { registerCodecs } from './codecs/register-codecs.ts';
import { kafkaLogs } from './kafka-logs.ts';
import { oauthBearer } from './oauth-bearer.ts';
import { calmRequestQueue } from './calm-request-queue.ts';
import { tlsOptions } from './tls-options.ts';
import { createTokenSource } from './token-source.ts';

export interface KafkaClientOptions {
  /** What the broker's logs and quotas know it by. */
  readonly clientId: string;
  readonly settings: KafkaSettings;
  readonly logger: Logger;
  /** How often a call is tried again before it ends with an error. */
  readonly retries?: number;
}

/** kafkajs gives a connection 1 s, which a TLS handshake with a broker far away does not always keep. */
const CONNECT_MS = 10_000;
/** 200 ms, 400 ms and so on: six seconds in all. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 };

/** Reads what the settings name, and connects to nothing. Throws SettingError for files that cannot be used. */
export async function createKafkaClient(options: KafkaClientOptions): Promise<Kafka> {
  const { clientId, logger, retries = RETRY.retries } = options;
  const { brokers, tls, login } = options.settings;
  registerCodecs();
  calmRequestQueue();
  if (tls && !tls.verify)
    logger.warn(
      'KAFKA_SSL_VERIFY is "false": anyone on the way can read and change what is sent to Kafka and what comes',
    );
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    retry: { ...RETRY, retries },
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
