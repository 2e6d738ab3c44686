/**
 * Products in memory, kept up to date from bucket `inventory`: what lists by status and the restock list are made of.
 * Point reads and the summary do not come through here.
 *
 * Invariants (inventory-view.test.ts):
 * 1. It holds the undeleted products of the bucket as last written. Those to be ordered have room of their own, so a
 *    large catalogue never hides them.
 * 2. When there was no room for a product, `complete` is false.
 * 3. The restock list: the most urgent first, then the fewest days until stockout (null first), then the largest
 *    quantity, then by id. Lists by status: by id, numbers in their order.
 */
import { decodeId } from '../../../shared/events/id.ts';
import type { StoredMessage } from '../../../shared/log/log.ts';
import { Product } from '../schemas/inventory.ts';
import { BucketReader, keptValue, MARKERS, type ViewOptions, type ViewState } from './bucket-reader.ts';
import { firstByKey, type KeyPageQuery } from './first-by-key.ts';
import type { Page } from './newest-list.ts';

export const INVENTORY = 'inventory';
/** Of each kind: to be ordered, and others. A product takes about a kilobyte. */
const CAPACITY = 25_000;
const KEY = /^[^.]+\.product\.([^.]+)$/;
const URGENCY_RANK = { immediate: '0', soon: '1', planned: '2', none: '3' } as const;

interface Item {
  readonly product: Product;
  readonly idKey: string;
}
interface RestockItem extends Item {
  readonly restockKey: string;
}

export interface ProductList extends Page<Product> {
  readonly complete: boolean;
}

export class InventoryView implements AsyncDisposable {
  readonly #capacity: number;
  readonly #options: ViewOptions;
  readonly #reader: BucketReader;
  readonly #restock = new Map<string, RestockItem>();
  readonly #others = new Map<string, Item>();
  #leftOut = { restock: false, others: false };

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? CAPACITY;
    this.#reader = new BucketReader(
      options,
      { bucket: INVENTORY, keys: ['*.product.*', MARKERS] },
      { reset: () => this.#reset(), apply: (key, message) => this.#apply(key, message) },
    );
  }

  get state(): ViewState {
    return this.#reader.state;
  }

  products({ accept, ...query }: KeyPageQuery<Product>): ProductList {
    const page = firstByKey(this.#all(), (item: Item) => item.idKey, {
      ...query,
      accept: ({ product }) => accept(product),
    });
    return listOf(page, !this.#leftOut.restock && !this.#leftOut.others);
  }

  restock({ accept, ...query }: KeyPageQuery<Product>): ProductList {
    const page = firstByKey(this.#restock.values(), (item: RestockItem) => item.restockKey, {
      ...query,
      accept: ({ product }) => accept(product),
    });
    return listOf(page, !this.#leftOut.restock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  *#all(): Generator<Item> {
    yield* this.#restock.values();
    yield* this.#others.values();
  }

  #reset(): void {
    this.#restock.clear();
    this.#others.clear();
    this.#leftOut = { restock: false, others: false };
  }

  #apply(key: string, message: StoredMessage): void {
    const [, token] = KEY.exec(key) ?? [];
    if (token === undefined) return;
    const product = keptValue(Product, message, this.#options.logger)?.value;
    if (product === undefined) {
      this.#restock.delete(token);
      this.#others.delete(token);
    } else if (product.restock_urgency === 'none') {
      this.#restock.delete(token);
      if (!this.#put(this.#others, token, { product, idKey: idKey(token) })) this.#leftOut.others = true;
    } else {
      this.#others.delete(token);
      const item = { product, idKey: idKey(token), restockKey: restockKey(token, product) };
      if (!this.#put(this.#restock, token, item)) this.#leftOut.restock = true;
    }
  }

  /** False: there is no room for it. */
  #put<V>(items: Map<string, V>, token: string, item: V): boolean {
    if (items.size >= this.#capacity && !items.has(token)) return false;
    items.set(token, item);
    return true;
  }
}

function listOf({ items, next }: Page<Item>, complete: boolean): ProductList {
  const products = items.map(({ product }) => product);
  return { items: products, complete, ...(next !== undefined && { next }) };
}

/** Numbers by their value, before all others; different ids have different keys. */
function idKey(token: string): string {
  const id = decodeId(token);
  return /^\d{1,18}$/.test(id) ? `0${id.padStart(18, '0')}.${token}` : `1.${token}`;
}

function restockKey(token: string, product: Product): string {
  const { restock_urgency, days_until_stockout: days, restock_quantity: quantity } = product;
  const soonest = days === null ? '0' : `1${String(Math.round(days * 10)).padStart(18, '0')}`;
  const largest = String(Number.MAX_SAFE_INTEGER - (quantity ?? 0)).padStart(16, '0');
  return `${URGENCY_RANK[restock_urgency]}.${soonest}.${largest}.${idKey(token)}`;
}
