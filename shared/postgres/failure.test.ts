/** Every failure has a kind. What a real server answers is in services/sink-postgres/failures.int.test.ts. */
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { type FailureKind, failureOf } from './failure.ts';

function ofServer(code: string, message = 'what it says'): Error {
  return Object.assign(new postgres.PostgresError(message), { code, message });
}

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error('what it says'), { code, ...more });
}

describe('of the server', () => {
  const cases: [string, FailureKind][] = [
    ['08006', 'away'],
    ['57P01', 'away'],
    ['57P02', 'away'],
    ['57P03', 'away'],
    ['57P04', 'setup'],
    ['57P05', 'away'],
    ['58030', 'away'],
    ['0A000', 'away'],
    ['26000', 'away'],
    ['25P03', 'away'],
    ['53000', 'full'],
    ['53100', 'full'],
    ['53200', 'full'],
    ['25006', 'full'],
    ['53300', 'throttled'],
    ['57014', 'throttled'],
    ['55P03', 'throttled'],
    ['40001', 'throttled'],
    ['40P01', 'throttled'],
    ['22003', 'data'],
    ['22P02', 'data'],
    ['23502', 'data'],
    ['23505', 'data'],
    ['44000', 'data'],
    ['54000', 'data'],
    ['P0001', 'data'],
    ['28P01', 'setup'],
    ['28000', 'setup'],
    ['3D000', 'setup'],
    ['42501', 'setup'],
    ['42P01', 'bug'],
    ['42703', 'bug'],
    ['21000', 'bug'],
    ['08P01', 'bug'],
    ['XX000', 'bug'],
    ['99999', 'bug'],
  ];
  test.each(cases)('%s is %s', (code, kind) => {
    const failure = failureOf(ofServer(code));
    expect(failure.kind).toBe(kind);
    expect(failure.reason).toContain('what it says');
    expect(failure.reason).toContain(code);
  });

  test('people are told what to do where they must do something', () => {
    for (const [code, kind] of cases) if (kind === 'setup') expect(failureOf(ofServer(code)).reason).toMatch(/; \w+/);
  });

  test('only a session that ended leaves a statement in doubt', () => {
    for (const [code] of cases)
      expect(failureOf(ofServer(code)).isInDoubt, code).toBe(code.startsWith('08') || code.startsWith('57P'));
  });
});

describe('on the way there', () => {
  test.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ERR_SOCKET_CLOSED'])(
    '%s: away, and what was sent is in doubt',
    (code) => {
      expect(failureOf(coded(code))).toMatchObject({ kind: 'away', isInDoubt: true });
    },
  );

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'CONNECT_TIMEOUT'])(
    '%s: away, and nothing was sent',
    (code) => {
      expect(failureOf(coded(code))).toMatchObject({ kind: 'away', isInDoubt: false });
    },
  );

  test('a runtime that names it otherwise says which call failed', () => {
    expect(failureOf(coded('ConnectionRefused', { syscall: 'connect' })).kind).toBe('away');
  });

  test.each(['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'])(
    '%s: a setting',
    (code) => {
      const failure = failureOf(coded(code));
      expect(failure.kind).toBe('setup');
      expect(failure.reason).toContain('PG_SSL_CA');
    },
  );

  test.each([[new TypeError('x is not a function')], ['a text'], [undefined], [coded('UNDEFINED_VALUE')]])(
    '%s is a bug, and never retried in silence',
    (error) => {
      expect(failureOf(error).kind).toBe('bug');
    },
  );
});
