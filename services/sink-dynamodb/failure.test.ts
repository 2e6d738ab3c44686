import { describe, expect, test } from 'vitest';
import { classifyError, classifyStatement, type FailureKind, unavailable } from './failure.ts';

function answered(name: string, status: number, message = 'said so'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

describe('whole requests', () => {
  test.each<[string, number, FailureKind]>([
    ['ProvisionedThroughputExceededException', 400, 'throttled'],
    ['ThrottlingException', 400, 'throttled'],
    ['RequestLimitExceeded', 400, 'throttled'],
    ['ItemCollectionSizeLimitExceededException', 400, 'full'],
    ['ResourceNotFoundException', 400, 'no-table'],
    ['ValidationException', 400, 'refused'],
    ['SerializationException', 400, 'refused'],
    ['ConditionalCheckFailedException', 400, 'condition'],
    ['AccessDeniedException', 400, 'away'],
    ['UnrecognizedClientException', 400, 'away'],
    ['ExpiredTokenException', 400, 'away'],
    ['InternalServerError', 500, 'away'],
    ['ServiceUnavailable', 503, 'away'],
    ['SomethingOfTomorrow', 418, 'away'],
    ['Unknown', 413, 'refused'],
    ['Unknown', 429, 'throttled'],
    ['Unknown', 502, 'away'],
  ])('%s with status %i is %s', (name, status, kind) => expect(classifyError(answered(name, status)).kind).toBe(kind));

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE'])('%s is a store that is away', (code) => {
    const failure = classifyError(Object.assign(new Error('x'), { code, $metadata: { attempts: 1 } }));
    expect(failure).toEqual({
      kind: 'away',
      message: `DynamoDB does not answer (${code}): check the endpoint and the network`,
    });
  });

  test('a broken invariant is no store that is away', () => {
    expect(classifyError(new TypeError('x is not a function')).kind).toBe('bug');
    expect(classifyError(new Error('Cannot tell')).kind).toBe('bug');
    expect(classifyError('text').kind).toBe('bug');
  });

  test('a login that is not let in is told what to do', () => {
    const { message } = classifyError(answered('AccessDeniedException', 400, 'User x may not dynamodb:Scan.'));
    expect(message).toBe(
      'User x may not dynamodb:Scan (AccessDenied): allow it the actions that services/sink-dynamodb/README.md lists',
    );
  });
});

describe('statements of a batch', () => {
  test.each<[string | undefined, FailureKind]>([
    ['ConditionalCheckFailed', 'condition'],
    ['DuplicateItem', 'exists'],
    ['ValidationError', 'refused'],
    ['ThrottlingError', 'throttled'],
    ['ProvisionedThroughputExceeded', 'throttled'],
    ['RequestLimitExceeded', 'throttled'],
    ['InternalServerError', 'away'],
    ['TransactionConflict', 'away'],
    ['AccessDenied', 'away'],
    ['ResourceNotFound', 'no-table'],
    ['ItemCollectionSizeLimitExceeded', 'full'],
    [undefined, 'away'],
  ])('%s is %s', (code, kind) => expect(classifyStatement(code, 'said so').kind).toBe(kind));

  test('a code of tomorrow is not a reason to drop the value', () => {
    expect(classifyStatement('SomethingOfTomorrow', 'said so').kind).toBe('away');
  });
});

test('only what may pass is told to the core as unavailable', () => {
  const kinds: FailureKind[] = ['away', 'throttled', 'full', 'no-table', 'refused', 'exists', 'condition', 'bug'];
  const told = kinds.filter((kind) => unavailable({ kind, message: 'x' }, 'write') !== undefined);
  expect(told).toEqual(['away', 'throttled', 'full']);
});
