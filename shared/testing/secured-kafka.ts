/**
 * A Kafka for tests that asks who you are: one broker with a listener for each way, and certificates made by openssl
 * for the occasion. Tokens are signed by a key whose public half the broker has as a file.
 */
import { execFile } from 'node:child_process';
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { randomFreePort } from '../../infra/embedded/free-port.ts';
import { findJava, findKafkaJars } from '../../infra/embedded/kafka-jars.ts';
import { type SecuredKafka, startKafka } from '../../infra/embedded/kafka-server.ts';
import { ProcessGuard } from '../../infra/embedded/process-guard.ts';
import { cacheFolder } from '../../infra/embedded/versions.ts';

export const USER = 'ada';
export const PASSWORD = 'correct horse=battery';
export const KEY_PASSWORD = 'a key of its own';
export const AUDIENCE = 'weir-test';

export interface SecuredTestKafka extends AsyncDisposable {
  /** By listener. `saslPlaintext` takes PLAIN only. */
  readonly brokers: Readonly<Record<'plaintext' | 'saslSsl' | 'saslPlaintext' | 'mtls', string>>;
  /** Paths of PEM files. */
  readonly files: Readonly<Record<'ca' | 'otherCa' | 'clientCert' | 'clientKey', string>>;
  /** A signed token that expires so many seconds from now. */
  token(lifeSeconds: number): string;
}

export async function startSecuredKafka(): Promise<SecuredTestKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-secured-'));
  const guard = new ProcessGuard();
  try {
    const files = await makeCertificates(folder);
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const taken = new Set<number>();
    const [port, controllerPort, saslSsl, saslPlaintext, mtls] = [
      await randomFreePort(taken),
      await randomFreePort(taken),
      await randomFreePort(taken),
      await randomFreePort(taken),
      await randomFreePort(taken),
    ];
    const secured = securedBy(files, await writeKeySet(folder, keys.publicKey), { saslSsl, saslPlaintext, mtls });
    const jars = await findKafkaJars(cacheFolder(), (line) => void process.stderr.write(`[test servers] ${line}\n`));
    const dataDir = join(folder, 'kafka');
    const server = await startKafka({ java: await findJava(), jars, dataDir, port, controllerPort, guard, secured });
    const at = (listener: number) => `127.0.0.1:${listener}`;
    return {
      brokers: { plaintext: at(port), saslSsl: at(saslSsl), saslPlaintext: at(saslPlaintext), mtls: at(mtls) },
      files,
      token: (lifeSeconds) => signToken(keys.privateKey, lifeSeconds),
      async [Symbol.asyncDispose]() {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

type Files = SecuredTestKafka['files'] & { readonly brokerStore: string };

async function makeCertificates(folder: string): Promise<Files> {
  const at = (name: string) => join(folder, name);
  const make = (name: string, ...more: string[]) =>
    promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), ...more],
    ]);
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-addext', 'basicConstraints=CA:false'];
  await make('ca', '-nodes');
  await make('other-ca', '-nodes');
  await make('broker', '-nodes', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1');
  await make('client', ...signed, '-passout', `pass:${KEY_PASSWORD}`);
  const store = await Promise.all([readFile(at('broker.key'), 'utf8'), readFile(at('broker.pem'), 'utf8')]);
  await writeFile(at('broker-store.pem'), store.join(''));
  return {
    ca: at('ca.pem'),
    otherCa: at('other-ca.pem'),
    clientCert: at('client.pem'),
    clientKey: at('client.key'),
    brokerStore: at('broker-store.pem'),
  };
}

function securedBy(
  { ca, brokerStore }: Files,
  keySet: string,
  ports: Readonly<Record<'saslSsl' | 'saslPlaintext' | 'mtls', number>>,
): SecuredKafka {
  const security = 'org.apache.kafka.common.security';
  const plain = {
    'plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
  };
  const scram = { 'sasl.jaas.config': `${security}.scram.ScramLoginModule required;` };
  const sasl = {
    ...plain,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'scram-sha-256.sasl.jaas.config': scram['sasl.jaas.config'],
    'scram-sha-512.sasl.jaas.config': scram['sasl.jaas.config'],
    'oauthbearer.sasl.jaas.config': `${security}.oauthbearer.OAuthBearerLoginModule required;`,
    'oauthbearer.sasl.server.callback.handler.class': `${security}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    'oauthbearer.sasl.oauthbearer.jwks.endpoint.url': keySet,
    'oauthbearer.sasl.oauthbearer.expected.audience': AUDIENCE,
  };
  return {
    listeners: [
      { name: 'SASLSSL', port: ports.saslSsl, protocol: 'SASL_SSL', settings: sasl },
      {
        name: 'SASLPLAIN',
        port: ports.saslPlaintext,
        protocol: 'SASL_PLAINTEXT',
        settings: { ...plain, 'sasl.enabled.mechanisms': 'PLAIN' },
      },
      { name: 'MTLS', port: ports.mtls, protocol: 'SSL', settings: { 'ssl.client.auth': 'required' } },
    ],
    settings: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': brokerStore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': ca,
    },
    scramUsers: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
      (mechanism) => `${mechanism}=[name="${USER}",password="${PASSWORD}"]`,
    ),
    jvmArgs: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keySet}`],
  };
}

/** The URL of a JSON Web Key Set with the public key. */
async function writeKeySet(folder: string, publicKey: KeyObject): Promise<string> {
  const path = join(folder, 'keys.json');
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };
  await writeFile(path, JSON.stringify({ keys: [key] }));
  return pathToFileURL(path).href;
}

function signToken(privateKey: KeyObject, lifeSeconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: USER, aud: AUDIENCE, scope: 'kafka', iat: now - 3_600, exp: now + lifeSeconds };
  const content = `${part({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${part(claims)}`;
  return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey, 'base64url')}`;
}
