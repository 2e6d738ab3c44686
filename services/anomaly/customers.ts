/** The histories of a partition's customers: made with the first order, forgotten a while after the newest. */
import { encodeId } from '../../shared/events/id.ts';
import type { Table } from '../../shared/events/stage.ts';
import { Timers } from '../../shared/event-time/timers.ts';
import { CustomerHistory } from './customer-history.ts';

/** An order, or an event of maip: some have no amount. */
export interface CustomerEvent {
  readonly t: number;
  /** The customer. */
  readonly k: string;
  readonly id: string;
  readonly amount?: number | undefined;
}

interface Purchase extends CustomerEvent {
  readonly amount: number;
}

export class Customers {
  readonly #table: Table<CustomerHistory>;
  readonly #horizonMs: number;
  readonly #forgetMs: number;
  /** One a customer: a later due time waits for the timer that is set. */
  readonly #timers = new Timers<string>();

  /** `horizonMs`: how far back orders are known one by one. */
  constructor(table: Table<CustomerHistory>, horizonMs: number, forgetMs: number) {
    this.#table = table;
    this.#horizonMs = horizonMs;
    this.#forgetMs = forgetMs;
    for (const [key, { newest }] of table.entries()) this.#timers.schedule(newest + forgetMs, key, key);
  }

  get(customer: string): CustomerHistory | undefined {
    return this.#table.get(encodeId(customer));
  }

  /** An order that is known already changes nothing. `known`: what `get` gave, if it was asked. */
  add({ k, id, t, amount }: Purchase, known?: CustomerHistory): CustomerHistory {
    const key = encodeId(k);
    const history = known ?? this.#open(key, t);
    if (history.add(id, t, amount, this.#horizonMs)) this.#table.put(key, history);
    return history;
  }

  /** False: no such order was counted. */
  remove({ k, id, t, amount }: Purchase): boolean {
    return this.#change(k, (history) => history.remove(id, t, amount));
  }

  // Where amounts wait and ids do not: each by itself.

  /** False: it is known already. */
  addId({ k, id, t }: CustomerEvent): boolean {
    const key = encodeId(k);
    const history = this.#open(key, t);
    const isNew = history.add(id, t, undefined, this.#horizonMs);
    if (isNew) this.#table.put(key, history);
    return isNew;
  }

  /** False: it is not known. */
  removeId({ k, id, t }: CustomerEvent): boolean {
    return this.#change(k, (history) => history.remove(id, t, undefined));
  }

  addAmount({ k, t, amount }: Purchase): void {
    const key = encodeId(k);
    const history = this.#open(key, t);
    history.addAmount(t, amount);
    this.#table.put(key, history);
  }

  removeAmount({ k, amount }: Purchase): boolean {
    return this.#change(k, (history) => history.amounts.remove(amount));
  }

  onWatermark(watermark: number): void {
    this.#timers.advance(watermark, (key) => {
      const history = this.#table.get(key);
      if (!history) return;
      const due = history.newest + this.#forgetMs;
      if (due > watermark) this.#timers.schedule(due, key, key);
      else this.#table.delete(key);
    });
  }

  #open(key: string, t: number): CustomerHistory {
    const known = this.#table.get(key);
    if (!known) this.#timers.schedule(t + this.#forgetMs, key, key);
    return known ?? new CustomerHistory();
  }

  #change(customer: string, change: (history: CustomerHistory) => boolean): boolean {
    const key = encodeId(customer);
    const history = this.#table.get(key);
    if (!history || !change(history)) return false;
    if (history.isEmpty) this.#table.delete(key);
    else this.#table.put(key, history);
    return true;
  }
}
