/**
 * What a failure of PostgreSQL means, for every failure there is: try again, refuse the row, or tell people.
 * The one place that knows SQLSTATE codes and the codes of sockets.
 *
 * Invariants (failure.test.ts):
 * 1. Every error has a kind; one that is not known is a `bug`, which is never retried in silence.
 * 2. No message has a password or a row in it, but for the value PostgreSQL itself quotes.
 */
import postgres from 'postgres';

export type FailureKind =
  /** It cannot be reached, or ended our session: the same statement may succeed when it is back. */
  | 'away'
  /** It answers, and wants less, or others were in the way: later, and slower. */
  | 'throttled'
  /** It takes no writes: its disk or memory is full, or it was made read-only. */
  | 'full'
  /** This row can never be stored; others can. */
  | 'data'
  /** Somebody must change a setting or a right before it can work. */
  | 'setup'
  /** Neither we nor PostgreSQL should have come here. */
  | 'bug';

export interface Failure {
  readonly kind: FailureKind;
  /** A sentence for people. */
  readonly reason: string;
  /** The statement may have been carried out all the same, now or later. */
  readonly isInDoubt: boolean;
}

interface Rule {
  readonly kind: FailureKind;
  readonly advice?: string;
}

/** By code or by class (the first two characters); a code beats its class. */
const SQLSTATES: Readonly<Record<string, Rule>> = {
  // 08 connection exception: the session is gone, and PostgreSQL says so itself.
  '08': { kind: 'away' },
  // A protocol violation comes of us or of a proxy between; it would come again.
  '08P01': { kind: 'bug', advice: 'if a connection pooler is between, let it pool sessions, not statements' },
  // 57P operator intervention: shutting down, crashed, starting up. It comes back.
  '57P': { kind: 'away' },
  '57P04': { kind: 'setup', advice: 'the database was dropped; create it, or change PG_DATABASE' },
  // Cancelled by statement_timeout or by an administrator: what is slow now may be quick later.
  '57014': {
    kind: 'throttled',
    advice: 'if it stays, look for locks and slow disks, or raise PG_STATEMENT_TIMEOUT_SECONDS',
  },
  // An idle transaction or session was ended.
  '25P03': { kind: 'away' },
  // 53 insufficient resources: disk or memory; someone may free some.
  '53': { kind: 'full' },
  '53100': { kind: 'full', advice: 'the disk of the server is full; free some space' },
  '53200': { kind: 'full', advice: 'the server is out of memory' },
  '53300': { kind: 'throttled', advice: 'lower PG_POOL, or raise max_connections of the server' },
  // Read-only: a standby, or somebody keeps a database from growing; it may take writes again.
  '25006': { kind: 'full', advice: 'the server takes no writes: a standby, or default_transaction_read_only is on' },
  // 40 transaction rollback: serialization failures and deadlocks go away when tried again.
  '40': { kind: 'throttled' },
  // Somebody holds a lock.
  '55P03': { kind: 'throttled' },
  '55006': { kind: 'throttled' },
  // 58 system error: the disk of the server failed to read or write. It may be mounted again.
  '58': { kind: 'away', advice: 'the server cannot read or write its files; look at its log' },
  // 22 and 23: the value does not fit a type or a constraint, whoever sends it.
  '22': { kind: 'data' },
  '23': { kind: 'data' },
  '44': { kind: 'data' },
  // 54 program limit: a key that is too long for an index, JSON too deep. It is this row's fault.
  '54': { kind: 'data' },
  // P0: a trigger of the database's owner refuses the row.
  P0: { kind: 'data' },
  // 21 cardinality: two rows of one statement had one key, which the caller excludes.
  '21': { kind: 'bug' },
  // 28 and 3D: who we are, and where.
  '28': { kind: 'setup', advice: 'check PG_USER and PG_PASSWORD, and pg_hba.conf of the server' },
  '3D': { kind: 'setup', advice: 'create the database, or change PG_DATABASE' },
  '3F': { kind: 'setup', advice: 'create the schema, or change search_path of the user' },
  '42501': { kind: 'setup', advice: 'grant the user what shared/postgres/README.md lists' },
  // The tables are not as this version made them.
  '42': { kind: 'bug', advice: 'if tables were changed by hand, undo it; a restart makes those that are missing' },
  // A prepared statement whose table was altered meanwhile, or that a pooler forgot: a new session prepares it anew.
  '0A000': { kind: 'away' },
  '26': { kind: 'away', advice: 'if a connection pooler is between, let it pool sessions, not statements' },
};

/** Before the connection could be used; what postgres.js and the runtimes call them. */
const SETUP_CODES = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SASL_SIGNATURE_MISMATCH',
  'AUTH_TYPE_NOT_IMPLEMENTED',
]);
const CERTIFICATE_ADVICE = 'name the authority in PG_SSL_CA, or choose another PG_SSLMODE';
/** A server that goes away at this moment says the same as one that has no TLS. */
const IN_HANDSHAKE = /before secure TLS connection|wrong version number|packet length too long/i;
const HANDSHAKE_ADVICE = 'if the server has no TLS, set PG_SSLMODE=disable';
const AWAY_CODES = new Set(['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT']);
/** It never got as far as a statement. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
]);

export function failureOf(error: unknown): Failure {
  if (error instanceof postgres.PostgresError) return ofServer(error);
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const reason = code === '' || message.includes(code) ? message : `${message} (${code})`;
  if (SETUP_CODES.has(code)) return { kind: 'setup', reason: `${reason}; ${CERTIFICATE_ADVICE}`, isInDoubt: false };
  if (IN_HANDSHAKE.test(message)) return { kind: 'away', reason: `${reason}; ${HANDSHAKE_ADVICE}`, isInDoubt: false };
  if (AWAY_CODES.has(code) || isOfSocket(error, code))
    return { kind: 'away', reason, isInDoubt: !NEVER_SENT.has(code) };
  return { kind: 'bug', reason, isInDoubt: true };
}

function ofServer(error: postgres.PostgresError): Failure {
  const { code, message, constraint_name: constraint } = error;
  const { kind, advice } = ruleOf(code);
  const named = constraint === undefined || message.includes(constraint) ? '' : `, constraint "${constraint}"`;
  return {
    kind,
    reason: `${message} (SQLSTATE ${code}${named})${advice === undefined ? '' : `; ${advice}`}`,
    // A session that ended may have been in the middle of a commit; any other error is the statement's own end.
    isInDoubt: code.startsWith('08') || code.startsWith('57P'),
  };
}

function ruleOf(code: string): Rule {
  return SQLSTATES[code] ?? SQLSTATES[code.slice(0, 3)] ?? SQLSTATES[code.slice(0, 2)] ?? { kind: 'bug' };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Node, Bun and Deno name them differently; all of them say which system call failed, or begin with the same words. */
function isOfSocket(error: unknown, code: string): boolean {
  return (
    (error instanceof Error && 'syscall' in error) || /^(E[A-Z0-9]+$|EAI_|ERR_SOCKET|ERR_STREAM|ERR_SSL)/.test(code)
  );
}
