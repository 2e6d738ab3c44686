/** Every way to log in, and every way to be refused, at a real broker. Invariants: see kafka-client.ts. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../config/environment.ts';
import { readKafkaSettings } from '../config/kafka-settings.ts';
import { createLogger } from '../telemetry/logger.ts';
import { withKafkaAdmin } from '../testing/kafka-admin.ts';
import { KEY_PASSWORD, PASSWORD, type SecuredTestKafka, startSecuredKafka, USER } from '../testing/secured-kafka.ts';
import { explainKafkaError } from './explain-error.ts';
import { createKafkaClient } from './kafka-client.ts';

const SECRET = 'a client secret';
const WRONG = 'not the password';

let broker: SecuredTestKafka;
let tokens: Server;
let issued: string[] = [];
const lines: string[] = [];

beforeAll(async () => {
  broker = await startSecuredKafka();
  process.env.KAFKAJS_LOG_LEVEL = 'DEBUG';
  process.env.KAFKAJS_DEBUG_PROTOCOL_BUFFERS = '1';
  tokens = createServer((request, response) => {
    const given = decodeURIComponent(atob(request.headers.authorization?.slice('Basic '.length) ?? ''));
    const isKnown = given === `weir:${SECRET}`;
    const token = broker.token(request.url === '/expired' ? -120 : 300);
    if (isKnown) issued.push(token);
    const refusal = { error: 'invalid_client', error_description: `${given} is not known` };
    const answer = isKnown ? { access_token: token, expires_in: 300 } : refusal;
    response.writeHead(isKnown ? 200 : 401).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  delete process.env.KAFKAJS_LOG_LEVEL;
  delete process.env.KAFKAJS_DEBUG_PROTOCOL_BUFFERS;
  tokens?.close();
  await broker?.[Symbol.asyncDispose]();
});

const user = { KAFKA_USERNAME: USER, KAFKA_PASSWORD: PASSWORD };
const at = (listener: keyof SecuredTestKafka['brokers']) => ({ KAFKA_BOOTSTRAP_SERVERS: broker.brokers[listener] });
const ca = () => ({ KAFKA_SSL_CA: broker.files.ca });
const overTls = () => ({ ...at('saslSsl'), ...ca() });
const withCertificate = () => ({
  KAFKA_SSL_CERT: broker.files.clientCert,
  KAFKA_SSL_KEY: broker.files.clientKey,
  KAFKA_SSL_KEY_PASSWORD: KEY_PASSWORD,
});
const oauth = (path = '/new', secret = SECRET) => ({
  KAFKA_OAUTH_TOKEN_URL: `http://127.0.0.1:${port()}${path}`,
  KAFKA_OAUTH_CLIENT_ID: 'weir',
  KAFKA_OAUTH_CLIENT_SECRET: secret,
});
const by = (mechanism: string) => ({ KAFKA_SASL_MECHANISM: mechanism });

describe('is let in', () => {
  const ways: readonly (readonly [string, () => Environment])[] = [
    ['by PLAIN over TLS', () => ({ ...overTls(), ...user })],
    ['by SCRAM-SHA-256 over TLS', () => ({ ...overTls(), ...user, ...by('SCRAM-SHA-256') })],
    ['by SCRAM-SHA-512 over TLS', () => ({ ...overTls(), ...user, ...by('scram-sha-512') })],
    ['by OAUTHBEARER over TLS', () => ({ ...overTls(), ...oauth() })],
    ['by PLAIN on this machine without TLS', () => ({ ...at('saslPlaintext'), ...user })],
    ['by a certificate', () => ({ ...at('mtls'), ...ca(), ...withCertificate() })],
  ];

  it.each(ways)('%s, and writes and reads', async (_, environment) => {
    expect(await writeAndRead(environment())).toBe('a value');
  });

  it('without a look at the certificate, when that is asked for, and says it aloud', async () => {
    const blind = { ...at('saslSsl'), ...user, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SSL_VERIFY: 'false' };
    expect(await problemOf(blind)).toBeUndefined();
    expect(lines.filter((line) => line.includes('WARN')).join('\n')).toContain('KAFKA_SSL_VERIFY is "false"');
  });

  it('by one token for many connections', async () => {
    issued = [];
    await writeAndRead({ ...overTls(), ...oauth() });
    expect(issued).toHaveLength(1);
  });
});

describe('is refused, with words that name what to check', () => {
  const passwords = 'check KAFKA_USERNAME and KAFKA_PASSWORD';
  const wrong = { KAFKA_USERNAME: USER, KAFKA_PASSWORD: WRONG };
  const cases: readonly (readonly [string, string, () => Environment])[] = [
    ['PLAIN with a wrong password', passwords, () => ({ ...overTls(), ...wrong })],
    ['SCRAM-SHA-256 with a wrong password', passwords, () => ({ ...overTls(), ...wrong, ...by('scram-sha-256') })],
    ['SCRAM-SHA-512 with a wrong password', passwords, () => ({ ...overTls(), ...wrong, ...by('scram-sha-512') })],
    ['an unknown user', passwords, () => ({ ...overTls(), ...user, KAFKA_USERNAME: 'eve' })],
    [
      'a mechanism that is not offered',
      'set KAFKA_SASL_MECHANISM',
      () => ({ ...at('saslPlaintext'), ...user, ...by('scram-sha-256') }),
    ],
    ['an expired token', '(invalid_token)', () => ({ ...overTls(), ...oauth('/expired') })],
    ['a wrong client secret', 'check KAFKA_OAUTH_CLIENT_ID', () => ({ ...overTls(), ...oauth('/new', WRONG) })],
    ['another CA', 'set KAFKA_SSL_CA', () => ({ ...at('saslSsl'), ...user, KAFKA_SSL_CA: broker.files.otherCa })],
    ['no CA', 'set KAFKA_SSL_CA', () => ({ ...at('saslSsl'), ...user, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' })],
    ['no certificate', 'set KAFKA_SSL_CERT and KAFKA_SSL_KEY', () => ({ ...at('mtls'), ...ca() })],
    [
      'a host name that the certificate does not have',
      'that its certificate names',
      () => ({
        ...overTls(),
        ...user,
        KAFKA_BOOTSTRAP_SERVERS: broker.brokers.saslSsl.replace('127.0.0.1', 'localhost'),
      }),
    ],
    ['TLS to a port without', 'speaks no TLS', () => ({ ...at('plaintext'), ...ca() })],
    ['no TLS to a port with', 'may want TLS or a login', () => at('mtls')],
    ['no login to a port that wants one', 'may want TLS or a login', () => at('saslPlaintext')],
    ['a login to a port that takes none', 'takes no login', () => ({ ...at('plaintext'), ...user })],
    [
      'a port where nobody listens',
      'check KAFKA_BOOTSTRAP_SERVERS',
      () => ({ KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' }),
    ],
  ];

  it.each(cases)('%s', async (_, words, environment) => {
    expect(await problemOf(environment())).toContain(words);
  });
});

it('reads committed records only (1)', async () => {
  const topic = `committed-${randomUUID()}`;
  const kafka = await clientOf({ ...overTls(), ...user });
  await makeTopic(kafka, topic);
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const [value, isKept] of [
    ['aborted', false],
    ['committed', true],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value }] });
    await (isKept ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
  expect(await firstOf(await clientOf({ ...overTls(), ...user }), topic)).toBe('committed');
});

it('shows no secret, whatever is logged at debug (2)', () => {
  const all = lines.join('\n');
  expect(all).toContain('SASL PLAIN authentication failed');
  expect(all).toContain('SaslAuthenticate');
  for (const secret of [PASSWORD, WRONG, SECRET, KEY_PASSWORD, ...issued].flatMap(encoded))
    expect(all.includes(secret), 'a secret in the log').toBe(false);
});

function encoded(secret: string): string[] {
  return [secret, encodeURIComponent(secret), btoa(secret), JSON.stringify([...Buffer.from(secret)]).slice(1, -1)];
}

function port(): number {
  return (tokens.address() as AddressInfo).port;
}

function clientOf(environment: Environment, retries = 5) {
  const logger = createLogger('test', 'debug', (line) => void lines.push(line));
  return createKafkaClient({ clientId: 'weir-test', settings: readKafkaSettings(environment), logger, retries });
}

/** What there is to say when the broker does not list its topics. */
async function problemOf(environment: Environment): Promise<string | undefined> {
  const admin: Admin = (await clientOf(environment, 0)).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return undefined;
  } catch (error) {
    const problem = explainKafkaError(error);
    lines.push(problem, String(error instanceof Error && error.stack));
    return problem;
  } finally {
    await admin.disconnect();
  }
}

async function writeAndRead(environment: Environment): Promise<string | undefined> {
  const topic = `secured-${randomUUID()}`;
  const kafka = await clientOf(environment);
  await makeTopic(kafka, topic);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'a value' }] });
  await producer.disconnect();
  return firstOf(kafka, topic);
}

function makeTopic(kafka: Kafka, topic: string): Promise<boolean> {
  return withKafkaAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }),
  );
}

async function firstOf(kafka: Kafka, topic: string): Promise<string | undefined> {
  const consumer = kafka.consumer({ groupId: topic });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    return await new Promise<string | undefined>((resolve, reject) => {
      consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}
