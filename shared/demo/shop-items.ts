/** The demo's products, and the lines of an order that add up to its amount. Pure: the order's id decides. */
import type { OrderRow } from './orders.ts';
import { mulberry32 } from './random.ts';

export interface Product {
  readonly product_id: number;
  readonly name: string;
  /** Decimal text. */
  readonly price: string;
  readonly stock_quantity: number;
}

export interface OrderLine {
  readonly product_id: number;
  readonly quantity: number;
  /** Decimal text; times quantity, over all lines, it is the order's amount. */
  readonly unit_price: string;
}

const NAMES = ['Lamp', 'Chair', 'Kettle', 'Rug', 'Mug', 'Shelf', 'Clock', 'Vase', 'Desk', 'Pillow'];
const COLOURS = ['blue', 'green', 'red', 'white', 'black'];
const STOCK = 2_000;

const SOLD: readonly Product[] = NAMES.flatMap((name, at) =>
  COLOURS.map((colour, shade) => ({
    product_id: at * COLOURS.length + shade + 1,
    name: `${name}, ${colour}`,
    price: (9.9 + at * 12 + shade).toFixed(2),
    stock_quantity: STOCK,
  })),
);

/** Nobody buys them: dead stock. */
export const UNSOLD: readonly Product[] = [
  { product_id: 51, name: 'Fax machine, beige', price: '149.00', stock_quantity: 40 },
  { product_id: 52, name: 'Ashtray, brass', price: '24.50', stock_quantity: 300 },
];

export const PRODUCTS: readonly Product[] = [...SOLD, ...UNSOLD];

const MOST_LINES = 3;
const MOST_UNITS = 4;

export function itemsOf({ order_id, total_amount }: Pick<OrderRow, 'order_id' | 'total_amount'>): OrderLine[] {
  const random = mulberry32(order_id);
  const items: OrderLine[] = [];
  let left = Math.round(Number(total_amount) * 100);
  for (let lines = 1 + Math.floor(random() * MOST_LINES); lines > 0; lines--) {
    const quantity = 1 + Math.floor(random() * MOST_UNITS);
    const isLast = lines === 1;
    // Lines before the last are whole cents a unit; the last takes what is left, as one unit.
    const unit = isLast ? left : Math.floor((left * random()) / lines / quantity);
    const units = isLast ? 1 : quantity;
    if (unit <= 0) continue;
    left -= unit * units;
    const product_id = 1 + Math.floor(random() ** 2 * SOLD.length); // few sell often, many seldom
    items.push({ product_id, quantity: units, unit_price: (unit / 100).toFixed(2) });
  }
  return items;
}
