/** TLS as settings ask for it: reads the PEM files once, and checks that they can be used before anyone connects. */
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { SettingError } from '../config/environment.ts';
import type { KafkaTls } from '../config/kafka-settings.ts';
import { readSecret, readSettingFile } from '../config/secret.ts';

export async function tlsOptions({ ca, client, verify }: KafkaTls): Promise<ConnectionOptions> {
  const authority = ca === undefined ? {} : { ca: await readPem('KAFKA_SSL_CA', ca) };
  const own = client === undefined ? {} : await readClient(client);
  check({ ...authority, ...own });
  return { ...authority, ...own, rejectUnauthorized: verify };
}

async function readClient({ cert, key, keyPassword }: NonNullable<KafkaTls['client']>): Promise<ConnectionOptions> {
  return {
    cert: await readPem('KAFKA_SSL_CERT', cert),
    key: await readPem('KAFKA_SSL_KEY', key),
    ...(keyPassword === undefined ? {} : { passphrase: await readSecret(keyPassword) }),
  };
}

async function readPem(setting: string, path: string): Promise<string> {
  const text = await readSettingFile(setting, path);
  if (!text.includes('-----BEGIN '))
    throw new SettingError(
      `Cannot use ${setting}="${path}": it is no PEM file; convert a keystore with openssl pkcs12`,
    );
  return text;
}

function check(options: ConnectionOptions): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new SettingError(
      'Cannot use KAFKA_SSL_CA, KAFKA_SSL_CERT and KAFKA_SSL_KEY: check that the key belongs to the certificate, and KAFKA_SSL_KEY_PASSWORD',
      { cause },
    );
  }
}
