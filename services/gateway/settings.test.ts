import { describe, expect, it } from 'vitest';
import { isLoopback, readGatewaySettings } from './settings.ts';

const TOKENS = { WEIR_JWKS_URL: 'https://x.y/jwks', WEIR_JWT_ISSUER: 'https://x.y', WEIR_JWT_AUDIENCE: 'weir, other' };

describe('the gateway', () => {
  it('is open on the loopback interface, with no limits', () => {
    for (const host of [undefined, '127.0.0.1', 'localhost', '::1', '127.1.2.3'])
      expect(readGatewaySettings({ WEIR_GATEWAY_HOST: host })).toMatchObject({
        isOpen: true,
        isLocal: true,
        readsPerSecond: undefined,
        writesPerSecond: undefined,
        timeoutMs: 15_000,
      });
  });

  it('does not start open where others reach it, and says what to do', () => {
    for (const host of [
      '0.0.0.0',
      '::',
      '192.168.1.5',
      'gateway',
      '127.evil.example',
      '1270.0.0.1',
      'localhost.example',
    ]) {
      expect(() => readGatewaySettings({ WEIR_GATEWAY_HOST: host })).toThrow(/WEIR_API_KEYS_FILE .*yes-i-know/);
      expect(() => readGatewaySettings({ WEIR_GATEWAY_HOST: host, WEIR_GATEWAY_OPEN: 'true' })).toThrow('yes-i-know');
    }
    const open = { WEIR_GATEWAY_HOST: '0.0.0.0', WEIR_GATEWAY_OPEN: 'yes-i-know' };
    expect(readGatewaySettings(open)).toMatchObject({ isOpen: true, isLocal: false });
  });

  it('starts there with keys or tokens, and with limits', () => {
    for (const access of [{ WEIR_API_KEYS_FILE: 'f' }, { WEIR_API_KEY: 'k' }, { WEIR_API_KEY_FILE: 'f' }, TOKENS])
      expect(readGatewaySettings({ WEIR_GATEWAY_HOST: '0.0.0.0', ...access })).toMatchObject({
        isOpen: false,
        readsPerSecond: 1_000,
        writesPerSecond: 20,
      });
    const limits = { WEIR_RATE_READS: '0', WEIR_RATE_WRITES: '2.5' };
    expect(readGatewaySettings({ WEIR_GATEWAY_HOST: '0.0.0.0', WEIR_API_KEY: 'k', ...limits })).toMatchObject({
      readsPerSecond: undefined,
      writesPerSecond: 2.5,
    });
  });

  it('takes tokens only when it is clear whose, and for whom', () => {
    expect(readGatewaySettings(TOKENS).tokens).toEqual({
      url: 'https://x.y/jwks',
      rules: { issuer: 'https://x.y', audiences: ['weir', 'other'], roleClaim: 'roles', rolePrefix: '' },
    });
    for (const name of Object.keys(TOKENS))
      expect(() => readGatewaySettings({ ...TOKENS, [name]: ' ' })).toThrow(/WEIR_JW/);
    for (const url of ['http://x.y/jwks', 'x.y', 'ftp://x.y', 'https://me:secret@x.y/jwks', 'http://localhost.x.y/'])
      expect(messageOf({ ...TOKENS, WEIR_JWKS_URL: url })).toMatch(/^Cannot use WEIR_JWKS_URL: (?!.*secret)/);
    for (const url of ['http://localhost:8/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:9/jwks'])
      expect(readGatewaySettings({ ...TOKENS, WEIR_JWKS_URL: url }).tokens?.url).toBe(url);
  });

  it('names settings that cannot be used', () => {
    for (const [name, value] of [
      ['WEIR_RATE_READS', '-1'],
      ['WEIR_RATE_WRITES', 'many'],
      ['WEIR_TRUSTED_PROXIES', '10.0.0.0/33'],
      ['WEIR_CORS_ORIGINS', 'example.org'],
      ['WEIR_CORS_ORIGINS', 'https://example.org/'],
      ['WEIR_CORS_ORIGINS', 'null'],
      ['WEIR_GATEWAY_TIMEOUT_SECONDS', '0'],
      ['WEIR_GATEWAY_PORT', '70000'],
    ] as const)
      expect(messageOf({ [name]: value })).toContain(name);
  });
});

it('knows what is of this machine alone', () => {
  for (const host of ['LOCALHOST', '[::1]', '127.255.255.255']) expect(isLoopback(host)).toBe(true);
  for (const host of ['', '0.0.0.0', '::', '::ffff:127.0.0.1', '127.0.0.1.example', '10.0.0.1'])
    expect(isLoopback(host)).toBe(false);
});

function messageOf(env: Record<string, string>): string {
  try {
    readGatewaySettings(env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was refused';
}
