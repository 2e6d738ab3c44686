/**
 * Customers of a segment, by what they spent, from PostgreSQL: the adapter of CustomerLists where there is a database.
 * All customers together, and what PostgreSQL cannot answer now, come from the bucket, in the order of their changes.
 *
 * Invariants (sorted-customers.test.ts):
 * 1. Pages keep the order that the first one had: a cursor says whose it is.
 * 2. Without PostgreSQL there is a first page all the same; only going on in its order has to wait.
 */
import { failureOf } from '../../../shared/postgres/failure.ts';
import { BadCursorError, type Cursor } from '../../../shared/postgres/queries/page.ts';
import type { ResultsReader } from '../../../shared/postgres/results-reader.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { refuseCursor } from '../http/paging.ts';
import { unavailable } from '../http/problem.ts';
import { RfmCustomer } from '../schemas/rfm.ts';
import type { CustomerListQuery, CustomerLists, CustomerPage } from './customer-lists.ts';

/** Begins our cursors; the bucket's are digits. */
const MARK = 'v';

export interface SortedCustomersOptions {
  readonly results: Pick<ResultsReader, 'customers'>;
  readonly bucket: CustomerLists;
  readonly logger: Logger;
}

export class SortedCustomers implements CustomerLists {
  readonly #options: SortedCustomersOptions;

  constructor(options: SortedCustomersOptions) {
    this.#options = options;
  }

  async page(query: CustomerListQuery): Promise<CustomerPage> {
    const { segment, cursor } = query;
    const isOurs = cursor?.startsWith(MARK) ?? false;
    if (isOurs && segment === undefined) throw refuseCursor();
    if (segment === undefined || (cursor !== undefined && !isOurs)) return this.#options.bucket.page(query);
    try {
      return await this.#sorted({ ...query, segment });
    } catch (error) {
      if (error instanceof BadCursorError) throw refuseCursor();
      const { kind, reason } = failureOf(error);
      if (kind === 'bug' || kind === 'data') throw error;
      this.#options.logger.warn('PostgreSQL does not list customers', { reason });
      if (isOurs) throw unavailable('PostgreSQL does not answer, which this list is sorted by: try again in a moment');
      return this.#options.bucket.page(query);
    }
  }

  async #sorted(query: CustomerListQuery & { readonly segment: string }): Promise<CustomerPage> {
    const { segment, limit, cursor } = query;
    const after = cursor === undefined ? undefined : decode(cursor);
    const { items, next } = await this.#options.results.customers({ segment, limit, after });
    const customers = items.map((item) => RfmCustomer.parse(item));
    return { items: customers, sortedBy: 'value', ...(next && { next: encode(next) }) };
  }
}

function encode(place: Cursor): string {
  return `${MARK}${Buffer.from(JSON.stringify(place)).toString('base64url')}`;
}

function decode(cursor: string): Cursor {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor.slice(MARK.length), 'base64url').toString());
    if (Array.isArray(place) && place.every((part) => typeof part === 'string')) return place;
  } catch {
    // falls through: not one that we made
  }
  throw refuseCursor();
}
