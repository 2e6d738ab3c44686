/**
 * The connections of one process to one PostgreSQL.
 *
 * Owns: the pool, how many statements run at once, how long one may take, ending them. Does not own: what a failure
 * means to the caller (failure.ts), and trying again.
 *
 * Invariants:
 * 1. No more statements are under way than there are connections: none waits behind another on one of them, so the
 *    time that one takes is its own.
 * 2. Every statement ends: the server gives up after the statement timeout, and when nothing is heard from the server a
 *    while longer (a cable that was pulled says nothing), all connections are thrown away and made anew.
 * 3. A statement whose signal is aborted is cancelled on the server before its promise settles, if the server can be reached.
 */
import postgres from 'postgres';
import { databaseUrl } from '../config/database-address.ts';
import type { PostgresSettings } from './settings.ts';
import { Slots } from './slots.ts';
import { sslOption } from './tls.ts';

export type Parameter = string | number | boolean | null | Date;

const CONNECT_SECONDS = 5;
const SILENCE_MS = 5_000;
/** The caller backs off itself; postgres.js only must not spin. */
const RECONNECT_SECONDS = 0.05;

type Options = postgres.Options<Record<string, never>>;

export class Database implements AsyncDisposable {
  /** Without the password. */
  readonly url: string;
  readonly #options: Options;
  readonly #deadlineMs: number;
  readonly #slots: Slots;
  #client: postgres.Sql;

  private constructor(settings: PostgresSettings, options: Options) {
    this.url = databaseUrl(settings);
    this.#options = options;
    this.#deadlineMs = settings.statementTimeoutMs + CONNECT_SECONDS * 1000 + SILENCE_MS;
    this.#slots = new Slots(settings.pool);
    this.#client = postgres(options);
  }

  /** Connects with the first statement. `as`: shown in pg_stat_activity. */
  static async open(settings: PostgresSettings, as: string): Promise<Database> {
    return new Database(settings, await clientOptions(settings, as));
  }

  /** Rows of a statement that is prepared once a connection. Throws what postgres.js does. */
  async run<Row extends postgres.Row>(
    text: string,
    parameters: readonly Parameter[],
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    const release = await this.#slots.take(signal);
    const client = this.#client;
    const query = client.unsafe<Row[]>(text, [...parameters], { prepare: true });
    const cancel = () => query.cancel();
    const silence = setTimeout(() => this.#renew(client), this.#deadlineMs);
    try {
      signal?.addEventListener('abort', cancel, { once: true });
      return await query;
    } finally {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(silence);
      release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end({ timeout: SILENCE_MS / 1000 });
  }

  /** Ends every statement of the former connections with an error. */
  #renew(silent: postgres.Sql): void {
    if (this.#client !== silent) return; // another statement noticed first
    this.#client = postgres(this.#options);
    void silent.end({ timeout: 0 });
  }
}

/** For postgres.js. */
export async function clientOptions(settings: PostgresSettings, as: string): Promise<Options> {
  const { host, port, database, user, password, statementTimeoutMs, pool } = settings;
  return {
    ...{ host, port, database, username: user, password },
    ssl: await sslOption(settings),
    max: pool,
    connect_timeout: CONNECT_SECONDS,
    backoff: () => RECONNECT_SECONDS,
    keep_alive: 10,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      application_name: as,
      statement_timeout: Math.round(statementTimeoutMs),
      idle_in_transaction_session_timeout: Math.round(statementTimeoutMs),
      TimeZone: 'UTC',
      client_min_messages: 'warning',
    },
  };
}
