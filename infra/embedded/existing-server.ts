/** Checks the servers that the environment names: that they are there and can carry a mesh. Starts nothing. */
import { connect } from 'node:net';
import type { Environment } from '../../shared/config/environment.ts';
import { readKafkaSettings } from '../../shared/config/kafka-settings.ts';
import { explainKafkaError } from '../../shared/kafka/explain-error.ts';
import { createKafkaClient } from '../../shared/kafka/kafka-client.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { redactUrls } from '../../shared/telemetry/redact.ts';
import { isAtLeast } from './semantic-version.ts';
import { never, type RunningServer } from './server-source.ts';
import { NATS_SERVER } from './versions.ts';

const TIMEOUT_MS = 5_000;

export async function useNats(url: string): Promise<RunningServer> {
  const info = await greeting(url).catch((cause: unknown) => {
    const shown = redactUrls(url);
    throw new Error(`Cannot reach NATS_URL="${shown}": start that server, or unset NATS_URL to have one started`, {
      cause,
    });
  });
  const { version, jetstream } = readInfo(info);
  if (!isAtLeast(version, NATS_SERVER.oldest))
    throw new Error(`Cannot use NATS_URL: nats-server is "${version}", and "${NATS_SERVER.oldest}" or newer is needed`);
  if (!jetstream) throw new Error('Cannot use NATS_URL: JetStream is off on that server; start it with `-js`');
  return { url, source: 'environment NATS_URL', version, ended: never, close: async () => undefined };
}

export async function useKafka(brokers: string, env: Environment = process.env): Promise<RunningServer> {
  const settings = readKafkaSettings({ ...env, KAFKA_BOOTSTRAP_SERVERS: brokers });
  const logger = createLogger('launcher', 'error');
  const admin = (await createKafkaClient({ clientId: 'weir-launcher', settings, logger, retries: 0 })).admin();
  try {
    await admin.connect();
    await admin.describeCluster();
  } catch (error) {
    throw new Error(
      `Cannot reach KAFKA_BOOTSTRAP_SERVERS="${brokers}" (${explainKafkaError(error)}): start that broker, or unset the variable to have one started`,
    );
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
  return {
    url: brokers,
    source: 'environment KAFKA_BOOTSTRAP_SERVERS',
    version: 'unknown',
    ended: never,
    close: async () => undefined,
  };
}

/** The first line a nats-server sends, before any authentication: `INFO {...}`; of the first server that answers. */
async function greeting(urls: string): Promise<string> {
  return Promise.any(urls.split(',').map((url) => greetingOf(url.trim())));
}

function greetingOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) });
    const settle = (done: () => void) => {
      socket.destroy();
      done();
    };
    socket.setTimeout(TIMEOUT_MS, () => settle(() => reject(new Error('no answer'))));
    socket.once('error', (error) => settle(() => reject(error)));
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const end = text.indexOf('\r\n');
      if (end >= 0) settle(() => resolve(text.slice(0, end)));
    });
  });
}

export function readInfo(line: string): { version: string; jetstream: boolean } {
  const info: unknown = line.startsWith('INFO ') ? JSON.parse(line.slice(5)) : undefined;
  if (typeof info !== 'object' || info === null || !('version' in info) || typeof info.version !== 'string')
    throw new Error(`Cannot use NATS_URL: what answers there is not a nats-server; it said "${line.slice(0, 60)}"`);
  return { version: info.version, jetstream: 'jetstream' in info && info.jetstream === true };
}
