/**
 * Certificates for tests of TLS, made here: X.509 version 3 in DER (RFC 5280), signed with ECDSA on P-256. No tool needed.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  readonly name: string;
  readonly key: KeyObject;
}

export interface Identity {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const COMMON_NAME = oid(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 0x11);
const TRUE = tagged(0x01, Buffer.from([0xff]));

export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = newKeys();
  const isAuthority = extension(BASIC_CONSTRAINTS, sequence(TRUE), TRUE);
  return { name, key: privateKey, certificate: certify(name, publicKey, { name, key: privateKey }, [isAuthority]) };
}

/** For a server at these names and IPv4 addresses. */
export function makeIdentity(authority: Authority, hosts: readonly string[]): Identity {
  const { publicKey, privateKey } = newKeys();
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host) ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host)),
  );
  const certificate = certify('server', publicKey, authority, [extension(SUBJECT_ALT_NAME, sequence(...names))]);
  return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function certify(
  subject: string,
  publicKey: KeyObject,
  issuer: Pick<Authority, 'name' | 'key'>,
  extensions: readonly Buffer[],
): string {
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, issuer.key)]));
  const der = sequence(content, ECDSA_WITH_SHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(id: Buffer, value: Buffer, ...critical: Buffer[]): Buffer {
  return sequence(id, ...critical, tagged(0x04, value));
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(commonName)))));
}

/** YYMMDDHHMMSSZ. */
function utcTime(ms: number): Buffer {
  return tagged(
    0x17,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replace(/[-:T]|\..*/g, '')
        .slice(2)}Z`,
    ),
  );
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function oid(...bytes: number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
