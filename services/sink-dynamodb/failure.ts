/**
 * What an error of DynamoDB means: one total classifier, for whole requests and for single statements of a batch.
 *
 *   away       it does not answer, or does not let us in: the same call may succeed later
 *   throttled  it answers, and wants less
 *   full       an item collection is full (a local index that somebody added)
 *   no-table   the table is not there
 *   refused    it will never take this request, or one of its statements
 *   exists     INSERT found an item;  condition: UPDATE found none, or one that is not older
 *   bug        not an answer of DynamoDB at all: a broken invariant, which must not be repeated
 */
import { SinkUnavailableError } from '../../shared/sink/sink-target.ts';

export type FailureKind = 'away' | 'throttled' | 'full' | 'no-table' | 'refused' | 'exists' | 'condition' | 'bug';

export interface Failure {
  readonly kind: FailureKind;
  /** A sentence for people, with what to do. */
  readonly message: string;
}

/** Names of exceptions without `Exception`, which are the codes of statements. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  ProvisionedThroughputExceeded: 'throttled',
  Throttling: 'throttled',
  ThrottlingError: 'throttled',
  RequestLimitExceeded: 'throttled',
  LimitExceeded: 'throttled', // too many changes of tables at a time
  TooManyRequests: 'throttled',
  ItemCollectionSizeLimitExceeded: 'full',
  ResourceNotFound: 'no-table',
  TableNotFound: 'no-table',
  Validation: 'refused',
  ValidationError: 'refused',
  Serialization: 'refused',
  RequestEntityTooLarge: 'refused',
  DuplicateItem: 'exists',
  ConditionalCheckFailed: 'condition',
  // Somebody else's transaction, a table that is being made or changed, a server that failed.
  TransactionConflict: 'away',
  TransactionInProgress: 'away',
  ReplicatedWriteConflict: 'away',
  ResourceInUse: 'away',
  InternalServerError: 'away',
  InternalServer: 'away',
  InternalFailure: 'away',
  ServiceUnavailable: 'away',
};

/** People mend these without a restart: rights, keys, clocks. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: 'allow it the actions that services/sink-dynamodb/README.md lists',
  UnrecognizedClient: 'check the access key, and that it is of this partition of AWS',
  InvalidSignature: "check the secret key, and this machine's clock",
  IncompleteSignature: 'check the credentials',
  MissingAuthenticationToken: 'give it credentials',
  ExpiredToken: 'renew the session',
  InvalidClientTokenId: 'check the access key',
  RequestExpired: "check this machine's clock",
  OptInRequired: 'enable the region for the account',
  CredentialsProviderError: 'give it credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role',
  TokenProviderError: 'log in again (aws sso login)',
};

export function classifyStatement(code: string | undefined, said: string | undefined): Failure {
  const name = code ?? 'InternalServerError';
  const advice = ADVICE[name];
  const kind = advice ? 'away' : (KINDS[name] ?? 'away'); // what is not known is repeated, never dropped
  return { kind, message: sentence(name, said ?? '', advice) };
}

export function classifyError(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'bug', message: String(error) };
  const name = error.name.replace(/Exception$/, '');
  const advice = ADVICE[name];
  const message = sentence(name, error.message, advice);
  if (advice) return { kind: 'away', message };
  const known = KINDS[name];
  if (known) return { kind: known, message };
  const status = statusOf(error);
  if (status !== undefined)
    return { kind: status === 413 ? 'refused' : status === 429 ? 'throttled' : 'away', message };
  return isOfTheNetwork(error)
    ? {
        kind: 'away',
        message: `DynamoDB does not answer (${networkReason(error)}): check the endpoint and the network`,
      }
    : { kind: 'bug', message };
}

/** As the port wants it; undefined: the failure is about the request, not about the store. */
export function unavailable(
  { kind, message }: Failure,
  doing: string,
  cause?: unknown,
): SinkUnavailableError | undefined {
  if (kind !== 'away' && kind !== 'throttled' && kind !== 'full') return undefined;
  return new SinkUnavailableError(`Cannot ${doing}: ${message}`, kind, { cause });
}

function sentence(name: string, said: string, advice: string | undefined): string {
  const told = said === '' || said === name ? name : `${said.replace(/[.\s]+$/, '')} (${name})`;
  return advice ? `${told}: ${advice}` : told;
}

/** An answer that came, whatever it was: also a page of a proxy, which is no JSON. */
function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** Node, Bun and Deno give errors of sockets a `code`; the SDK's own time-outs have a name only. */
function isOfTheNetwork(error: Error): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false;
  return error.name === 'TimeoutError' || '$response' in error || ('code' in error && typeof error.code === 'string');
}

function networkReason(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
