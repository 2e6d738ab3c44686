import { describe, expect, it } from 'vitest';
import { clientAddress, isTrusted, readProxies } from './client-address.ts';

const NONE = readProxies([], 'X');
const INNER = readProxies(['10.0.0.0/8', '192.168.1.1', 'fd00::/8', '::1'], 'X');

describe('the client', () => {
  it('is the other end of the connection when that is no trusted proxy', () => {
    for (const forged of [undefined, '1.2.3.4', '10.0.0.1, 1.2.3.4', 'x'])
      for (const [address, expected] of [
        ['8.8.8.8', '8.8.8.8'],
        ['::ffff:8.8.8.8', '8.8.8.8'],
        ['192.168.1.2', '192.168.1.2'],
        ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
        ['2001:db8::1', '2001:db8:0:0::/64'],
        ['fe80::1%eth0', 'fe80:0:0:0::/64'],
      ] as const)
        expect([forged, clientAddress({ address }, forged, INNER)]).toEqual([forged, expected]);
    expect(clientAddress({ address: '10.0.0.1' }, '1.2.3.4', NONE)).toBe('10.0.0.1');
  });

  it('is the last that trusted proxies name, whatever the client wrote before', () => {
    for (const [forwarded, expected] of [
      ['1.2.3.4', '1.2.3.4'],
      ['9.9.9.9, 1.2.3.4', '1.2.3.4'],
      ['9.9.9.9, 1.2.3.4, 10.1.1.1,192.168.1.1', '1.2.3.4'],
      ['1.2.3.4:5678', '1.2.3.4'],
      ['[2001:db8::7]:443', '2001:db8:0:0::/64'],
      ['::ffff:1.2.3.4', '1.2.3.4'],
      ['10.2.2.2', '10.2.2.2'],
      ['x, 10.2.2.2', '10.2.2.2'],
      ['1.2.3.4, x', '10.0.0.1'],
      ['', '10.0.0.1'],
      [undefined, '10.0.0.1'],
      [`${'1.1.1.1,'.repeat(2_000)}1.2.3.4`, '1.2.3.4'],
    ] as const)
      expect([forwarded, clientAddress({ address: '10.0.0.1' }, forwarded, INNER)]).toEqual([forwarded, expected]);
  });

  it('is one of those who cannot be told apart when there is no connection', () => {
    for (const address of [undefined, '', 'x', '1.2.3'])
      expect(clientAddress({ address }, '1.2.3.4', INNER)).toBe('unknown');
  });
});

it('is a proxy when its address is in the list', () => {
  for (const address of ['10.255.0.1', '::ffff:10.0.0.1', 'fd12::1', '::1'])
    expect(isTrusted(INNER, { address })).toBe(true);
  for (const address of ['11.0.0.1', '192.168.1.2', 'fe80::1', undefined])
    expect(isTrusted(INNER, { address })).toBe(false);
});

it('is not a list of what are no addresses', () => {
  for (const entry of ['x', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1', ''])
    expect(() => readProxies([entry], 'WEIR_TRUSTED_PROXIES')).toThrow('WEIR_TRUSTED_PROXIES');
});
