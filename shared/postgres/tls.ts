/**
 * TLS as PG_SSLMODE asks for it, for postgres.js.
 *
 *     disable       none
 *     prefer        if the server has it, whoever the server is
 *     require       always; with PG_SSL_CA, only to a server whose certificate that authority signed
 *     verify-full   always, signed by a known authority, for this very host name
 */
import { createSecureContext } from 'node:tls';
import { SettingError } from '../config/environment.ts';
import { readSettingFile } from '../config/secret.ts';
import type { PostgresSettings } from './settings.ts';

export async function sslOption({ sslMode, sslCa, host }: Pick<PostgresSettings, 'sslMode' | 'sslCa' | 'host'>) {
  switch (sslMode) {
    case 'disable':
      return false;
    case 'prefer':
      return 'prefer';
    case 'require':
      if (sslCa === undefined) return 'require';
      return { ca: await readAuthority(sslCa), rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      // `host` is what the certificate is held against when the address is an IP, for which there is no server name.
      return { ...(sslCa !== undefined && { ca: await readAuthority(sslCa) }), rejectUnauthorized: true, host };
    default:
      return sslMode satisfies never;
  }
}

async function readAuthority(path: string): Promise<string> {
  const ca = await readSettingFile('PG_SSL_CA', path);
  try {
    if (!ca.includes('-----BEGIN ')) throw new Error('it is no PEM file');
    createSecureContext({ ca });
  } catch (cause) {
    throw new SettingError(`Cannot use PG_SSL_CA="${path}": expected a certificate in PEM form`, { cause });
  }
  return ca;
}
