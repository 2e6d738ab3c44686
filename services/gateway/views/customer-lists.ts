/**
 * Customers by segment, page by page: the port, and its adapter on bucket `rfm`. There may be a million customers, so
 * none is kept in memory, and a page is read from the bucket's stream, a piece at a time, from the place where the page
 * before ended. The order is that of the last change; only a store with an index can sort by value (sorted-customers.ts).
 *
 * Invariants (customer-lists.test.ts):
 * 1. A customer that is not changed meanwhile comes exactly once over all pages; one that is comes again, at its new place.
 * 2. A request reads at most `MOST_READ` values, whatever it asks for: then its page is short, and has a cursor.
 */
import type { Log, StoredMessage } from '../../../shared/log/log.ts';
import { bucketStream, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import { refuseCursor } from '../http/paging.ts';
import { RfmCustomer, type RfmSegment } from '../schemas/rfm.ts';
import type { Page } from './newest-list.ts';

export interface CustomerListQuery {
  /** undefined: all. */
  readonly segment: RfmSegment | undefined;
  readonly limit: number;
  /** `next` of the page before, as this store made it. */
  readonly cursor: string | undefined;
}

/** `value`: who spent most comes first. `change`: who changed last comes last. */
export interface CustomerPage extends Page<RfmCustomer> {
  readonly sortedBy: 'value' | 'change';
}

export interface CustomerLists {
  /** `next` matches /^[A-Za-z0-9_-]{1,2000}$/. Throws ProblemError on a cursor that it cannot have made. */
  page(query: CustomerListQuery): Promise<CustomerPage>;
}

export const RFM = 'rfm';
/** Values of one request: about 150 ms of CPU. */
const MOST_READ = 20_000;
/** Of one question to the server. */
const PIECE = { messages: 2_000, bytes: 1024 * 1024 };
const CUSTOMER = /^[^.]+\.customer\./;
const PLACE = /^\d{1,15}$/;

interface Found {
  readonly seq: number;
  readonly text: string;
}

export class StoredCustomers implements CustomerLists {
  readonly #log: Log;
  readonly #mostRead: number;

  constructor(log: Log, mostRead = MOST_READ) {
    this.#log = log;
    this.#mostRead = mostRead;
  }

  async page({ segment, limit, cursor }: CustomerListQuery): Promise<CustomerPage> {
    if (cursor !== undefined && !PLACE.test(cursor)) throw refuseCursor();
    const found: Found[] = [];
    const end = await this.#read(Number(cursor ?? 0), segment, limit + 1, found);
    const items = found.slice(0, limit).map(({ text }) => RfmCustomer.parse(JSON.parse(text)));
    const next = found.length > limit ? found[limit - 1]?.seq : end;
    return { items, sortedBy: 'change', ...(next !== undefined && { next: String(next) }) };
  }

  /** Where it stopped before the end of the stream; undefined: it is at the end. */
  async #read(
    after: number,
    segment: RfmSegment | undefined,
    wanted: number,
    found: Found[],
  ): Promise<number | undefined> {
    let at = after;
    for (let left = this.#mostRead; left > 0; ) {
      const messages = Math.min(PIECE.messages, left, segment === undefined ? wanted - found.length : left);
      const query = { stream: bucketStream(RFM), fromSeq: at + 1, messages, bytes: PIECE.bytes };
      const piece = await this.#log.batch(query);
      if (piece.length === 0) return undefined;
      for (const message of piece) {
        at = message.seq;
        const text = textOf(message, segment);
        if (text !== undefined) found.push({ seq: at, text });
        if (found.length === wanted) return at;
      }
      left -= piece.length;
    }
    return at;
  }
}

/** Looked for in the text first: parsing what is not wanted would cost more than all the rest. */
function textOf(message: StoredMessage, segment: RfmSegment | undefined): string | undefined {
  if (isDeleteMarker(message) || !CUSTOMER.test(subjectKey(RFM, message.subject))) return undefined;
  const text = entryText(message);
  return segment === undefined || text.includes(`"segment":"${segment}"`) ? text : undefined;
}
