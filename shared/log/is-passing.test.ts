import { JetStreamApiError, JetStreamStatusError, jserrors } from '@nats-io/jetstream/internal';
import { errors } from '@nats-io/nats-core';
import { describe, expect, test } from 'vitest';
import { isPassing } from './is-passing.ts';

function apiError(code: number, err_code: number): Error {
  return new JetStreamApiError({ code, err_code, description: 'as the server said' });
}

const denied = new errors.PermissionViolationError('denied', 'publish', 'a');

/** Every error class of the library, so that a renamed or new one is noticed. */
const CASES: Readonly<Record<string, readonly (readonly [what: string, error: Error, passes: boolean])[]>> = {
  AuthorizationError: [['wrong password', new errors.AuthorizationError('no'), false]],
  ClosedConnectionError: [['the client was closed', new errors.ClosedConnectionError(), true]],
  ConnectionError: [['refused', new errors.ConnectionError('refused'), true]],
  ConsumerNotFoundError: [
    ['no consumer', new jserrors.ConsumerNotFoundError({ code: 404, err_code: 10014, description: 'x' }), false],
  ],
  DrainingConnectionError: [['shutting down', new errors.DrainingConnectionError(), true]],
  InvalidArgumentError: [['our fault', new errors.InvalidArgumentError('x'), false]],
  InvalidNameError: [['our fault', new jserrors.InvalidNameError('x'), false]],
  InvalidOperationError: [['our fault', new errors.InvalidOperationError('x'), false]],
  InvalidSubjectError: [['our fault', new errors.InvalidSubjectError('x'), false]],
  JetStreamApiError: [
    ['no leader', apiError(503, 10008), true],
    ['stream offline', apiError(500, 10118), true],
    ['bad request', apiError(400, 10003), false],
    ['not found', apiError(404, 10037), false],
  ],
  JetStreamError: [['of no known kind', new jserrors.JetStreamError('x'), false]],
  JetStreamNotEnabled: [['starting', new jserrors.JetStreamNotEnabled('x'), true]],
  JetStreamStatusError: [
    ['no responders', new JetStreamStatusError('no responders', 503), true],
    ['expired', new JetStreamStatusError('request timeout', 408), true],
    ['bad request', new JetStreamStatusError('bad request', 400), false],
    ['too many subjects', new JetStreamStatusError('too many results', 413), false],
  ],
  NoRespondersError: [['nobody serves it', new errors.NoRespondersError('a'), true]],
  PermissionViolationError: [['denied', denied, false]],
  ProtocolError: [['nonsense', new errors.ProtocolError('x'), false]],
  RequestError: [
    ['connection lost', new errors.RequestError('connection disconnected'), true],
    ['nobody serves it', new errors.RequestError('x', { cause: new errors.NoRespondersError('a') }), true],
    ['denied', new errors.RequestError('x', { cause: denied }), false],
  ],
  StreamNotFoundError: [
    ['no stream', new jserrors.StreamNotFoundError({ code: 404, err_code: 10059, description: 'x' }), false],
  ],
  TimeoutError: [['no answer in time', new errors.TimeoutError(), true]],
  UserAuthenticationExpiredError: [['expired', new errors.UserAuthenticationExpiredError('x'), false]],
};

describe.each(Object.entries(CASES))('%s', (_name, cases) => {
  test.each(cases)('%s', (_what, error, passes) => {
    expect(isPassing(error)).toBe(passes);
  });
});

test('every error class of the library is judged', () => {
  const known = [...Object.keys(errors), ...Object.keys(jserrors), 'JetStreamStatusError'];
  expect(Object.keys(CASES).sort()).toEqual([...new Set(known)].sort());
});

test('what is no error of the library does not pass', () => {
  for (const error of [new Error('x'), new TypeError('x'), 'TimeoutError', undefined, null, { name: 'TimeoutError' }])
    expect(isPassing(error)).toBe(false);
});
