/**
 * Writes items of one table, guarded, up to 25 a request.
 *
 *            UPDATE ──done──▶ written
 *              │  ▲
 *     no item  ▼  │ there is one by now        item that is not older ──▶ nothing to do
 *            INSERT ──done──▶ written          item of another bucket ──▶ refused
 *
 * Owns: these rounds, repeating what single statements were throttled on, and finding the statement that a whole request
 * is refused for. Does not own: waiting for a store that is away (the core of the sinks).
 *
 * Invariants (batch-writer.test.ts, dynamodb-target.int.test.ts):
 * 1. What is refused is refused alone.
 * 2. When it resolves, every item is at its version or a later one, or refused.
 */
import {
  type BatchStatementResponse,
  BatchExecuteStatementCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RefusedEntry, SinkUnavailableError } from '../../shared/sink/sink-target.ts';
import { classifyError, classifyStatement, type Failure, unavailable } from './failure.ts';
import type { Attributes, Item } from './items.ts';
import type { Statements } from './statements.ts';

export interface PendingItem {
  readonly key: string;
  readonly revision: number;
  readonly item: Item;
}

/** The table is not there. */
export class NoTableError extends Error {
  readonly code = 'no-table';
}

interface Attempt {
  readonly pending: PendingItem;
  readonly isInsert: boolean;
}

type Verdict =
  | { readonly kind: 'written' | 'superseded' }
  | { readonly kind: 'again'; readonly isInsert: boolean; readonly failure?: Failure }
  | { readonly kind: 'refused'; readonly reason: string };

/** Items may come and go between two statements; a store that says neither of them twice in a row is broken. */
const MOST_TURNS = 12;
/** Then the core is told, which slows down. */
const MOST_REPEATS = 4;
const FIRST_PAUSE_MS = 25;

export class BatchWriter {
  readonly #client: DynamoDBClient;
  readonly #statements: Statements;
  /** Of the last batch, most items were new: INSERT is tried first then, which saves a request. */
  #areMostNew = false;

  constructor(client: DynamoDBClient, statements: Statements) {
    this.#client = client;
    this.#statements = statements;
  }

  async write(items: readonly PendingItem[], signal: AbortSignal): Promise<RefusedEntry[]> {
    const refused: RefusedEntry[] = [];
    const isInsert = this.#areMostNew;
    let attempts: Attempt[] = items.map((pending) => ({ pending, isInsert }));
    let inserted = 0;
    let repeats = 0;
    for (let turn = 1; attempts.length > 0; turn++) {
      signal.throwIfAborted();
      if (turn > MOST_TURNS) throw new SinkUnavailableError('Cannot write: items come and go all the time', 'away');
      const verdicts = await this.#send(attempts, signal);
      const left: Attempt[] = [];
      let failure: Failure | undefined;
      for (const [at, attempt] of attempts.entries()) {
        const verdict = verdicts[at];
        if (!verdict) throw new Error(`Cannot tell what became of ${attempts.length} statements: fewer were answered`);
        if (verdict.kind === 'written' && attempt.isInsert) inserted++;
        if (verdict.kind === 'refused') refused.push({ ...entryOf(attempt), reason: verdict.reason });
        if (verdict.kind !== 'again') continue;
        failure ??= verdict.failure;
        left.push({ pending: attempt.pending, isInsert: verdict.isInsert });
      }
      if (failure) await pauseFor(failure, ++repeats, signal);
      attempts = left;
    }
    this.#areMostNew = inserted * 2 > items.length;
    return refused;
  }

  async #send(attempts: readonly Attempt[], signal: AbortSignal): Promise<Verdict[]> {
    const Statements = attempts.map(({ pending: { item }, isInsert }) =>
      isInsert ? this.#statements.insert(item) : this.#statements.update(item),
    );
    let answers: readonly BatchStatementResponse[];
    try {
      const command = new BatchExecuteStatementCommand({ Statements });
      ({ Responses: answers = [] } = await this.#client.send(command, { abortSignal: signal }));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = classifyError(error);
      if (failure.kind === 'refused') return this.#sendApart(attempts, failure, signal);
      if (failure.kind === 'no-table') throw new NoTableError(failure.message, { cause: error });
      throw unavailable(failure, 'write to DynamoDB', error) ?? error;
    }
    return answers.map((answer, at) => judge(answer, attempts[at]));
  }

  /** A request is refused whole for one bad statement, for two of one item, or for its size. */
  async #sendApart(attempts: readonly Attempt[], failure: Failure, signal: AbortSignal): Promise<Verdict[]> {
    if (attempts.length === 1) return [{ kind: 'refused', reason: `DynamoDB refuses it: ${failure.message}` }];
    const half = Math.ceil(attempts.length / 2);
    const first = await this.#send(attempts.slice(0, half), signal);
    return [...first, ...(await this.#send(attempts.slice(half), signal))];
  }
}

function judge({ Error: error }: BatchStatementResponse, attempt: Attempt | undefined): Verdict {
  if (!error) return { kind: 'written' };
  if (!attempt) throw new Error('Cannot tell what became of the statements: more were answered than sent');
  const failure = classifyStatement(error.Code, error.Message);
  switch (failure.kind) {
    case 'exists':
      return { kind: 'again', isInsert: false };
    case 'condition':
      return error.Item ? judgeExisting(error.Item, attempt.pending.item) : { kind: 'again', isInsert: true };
    case 'no-table':
      throw new NoTableError(failure.message);
    case 'away':
    case 'throttled':
    case 'full':
      return { kind: 'again', isInsert: attempt.isInsert, failure };
    case 'refused':
    case 'bug':
      return { kind: 'refused', reason: `DynamoDB refuses it: ${failure.message}` };
  }
}

/** An item stands in the way that is not older, or not ours. */
function judgeExisting(existing: Attributes, { source, attributes }: Item): Verdict {
  const other = existing.source?.S;
  if (!source || other === undefined || other === source.S || attributes.deleted) return { kind: 'superseded' };
  return { kind: 'refused', reason: `Its id is that of another alert, "${other}": one item cannot hold both` };
}

/** Jittered, so that lanes that were throttled together do not come back together. */
async function pauseFor(failure: Failure, repeats: number, signal: AbortSignal): Promise<void> {
  if (repeats > MOST_REPEATS) throw unavailable(failure, 'write to DynamoDB') ?? new Error(failure.message);
  const longest = FIRST_PAUSE_MS * 2 ** repeats;
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal });
}

function entryOf({ pending: { key, revision } }: Attempt): { readonly key: string; readonly revision: number } {
  return { key, revision };
}
