/**
 * What the routes ask of the registry: questions on the newest state there is, and commands.
 *
 * Invariants (change-log.test.ts):
 * 1. What has an id and is known is answered without asking NATS: it never changes. So clients can go on while NATS is away.
 * 2. While NATS is away, "not found" is never said: somebody else may have stored it.
 */
import { LogRefusedError, LogUnavailableError } from '../../shared/log/log.ts';
import type { ChangeLog } from './change-log.ts';
import type { Decision } from './decide.ts';
import { RegistryError, storeFailed, tooLarge } from './errors.ts';
import { storedSchema } from './queries.ts';
import type { RegistryState, StoredSchema } from './state.ts';

export class Registry {
  readonly #changes: ChangeLog;

  constructor(changes: ChangeLog) {
    this.#changes = changes;
  }

  async schema(id: number): Promise<StoredSchema> {
    return this.#changes.state.schemas.get(id) ?? this.ask((state) => storedSchema(state, id));
  }

  async ask<T>(question: (state: RegistryState) => T): Promise<T> {
    const away = await this.#catchUp();
    try {
      return question(this.#changes.state);
    } catch (error) {
      if (away && error instanceof RegistryError && error.status === 404) throw asStoreError(away);
      throw error;
    }
  }

  async command<T>(decide: (state: RegistryState) => Decision<T>): Promise<T> {
    try {
      return await this.#changes.change(decide);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** The error when NATS is away. */
  async #catchUp(): Promise<LogUnavailableError | undefined> {
    try {
      await this.#changes.catchUp();
    } catch (error) {
      if (error instanceof LogUnavailableError) return error;
      throw error;
    }
    return undefined;
  }
}

function asStoreError(error: unknown): unknown {
  if (error instanceof LogUnavailableError)
    return storeFailed(`NATS does not answer: try again in a moment, which is safe (${error.message})`);
  if (error instanceof LogRefusedError) return tooLarge(error.message);
  return error;
}
