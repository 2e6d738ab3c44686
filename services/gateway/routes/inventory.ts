/** /api/v1/inventory and /api/v1/products: lists from memory; one product and the summary from the store. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import { readEntry, TO_SHOW } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { jsonAnswer } from '../http/json-answer.ts';
import { DEFAULT_LIMIT, KeyCursor, Limit, linked, pageAnswer, pageAnswers } from '../http/paging.ts';
import { notFound, unavailable } from '../http/problem.ts';
import { requireCurrent } from '../http/readiness.ts';
import { answers, strictQuery } from '../http/route.ts';
import { InventorySummary, Product, ProductPage, RestockUrgency, StockStatus } from '../schemas/inventory.ts';
import { INVENTORY, type InventoryView, type ProductList } from '../views/inventory-view.ts';

const ID_KEY = /^(0\d{18}|1)\.[A-Za-z0-9_=-]+$/;
const RESTOCK_KEY = /^[0-2]\.(0|1\d+)\.\d{16}\.(0\d{18}|1)\.[A-Za-z0-9_=-]+$/;

const list = createRoute({
  method: 'get',
  path: '/api/v1/inventory',
  tags: ['inventory'],
  summary: 'Products and their stock, by id',
  request: {
    query: strictQuery({
      status: StockStatus.optional().openapi({ description: 'Only products of this stock_status', example: 'low' }),
      dead_stock: z
        .enum(['true', 'false'], { error: 'Expected true or false' })
        .optional()
        .openapi({ description: 'Only products that are dead stock, or only those that are not', example: 'false' }),
      limit: Limit,
      cursor: KeyCursor(ID_KEY, '0000000000000000007.7'),
    }),
  },
  responses: pageAnswers(ProductPage, 'A page of products'),
});

const restock = createRoute({
  method: 'get',
  path: '/api/v1/inventory/restock',
  tags: ['inventory'],
  summary: 'What to order: the most urgent first, then what is out of stock soonest, then the largest quantity',
  request: {
    query: strictQuery({
      urgency: RestockUrgency.exclude(['none'])
        .optional()
        .openapi({ description: 'Only products of this restock_urgency', example: 'soon' }),
      limit: Limit,
      cursor: KeyCursor(RESTOCK_KEY, '1.1000000000000000040.9007199254740913.0000000000000000007.7'),
    }),
  },
  responses: pageAnswers(
    ProductPage,
    'A page. A product whose urgency changes between two pages moves to its new place',
  ),
});

const summary = createRoute({
  method: 'get',
  path: '/api/v1/inventory/summary',
  tags: ['inventory'],
  summary: 'Products by status, the value of dead stock, and how many are to be ordered',
  request: { query: strictQuery({}) },
  responses: answers(InventorySummary, 'The summary'),
});

const product = createRoute({
  method: 'get',
  path: '/api/v1/products/{id}',
  tags: ['inventory'],
  summary: 'One product: its stock, how fast it sells, and what to order',
  request: { params: z.object({ id: pathId('id', "The product's id, as in Kafka", '7') }), query: strictQuery({}) },
  responses: answers(Product, 'The product'),
});

export function inventoryRoutes(app: OpenAPIHono, { inventory, log }: GatewayDependencies): void {
  app.openapi(list, (c) => {
    requireProducts(inventory);
    const { status, dead_stock, limit = DEFAULT_LIMIT, cursor } = c.req.valid('query');
    const accept = (item: Product) =>
      (status === undefined || item.stock_status === status) &&
      (dead_stock === undefined || item.dead_stock === (dead_stock === 'true'));
    return c.json(linked(c, listAnswer(inventory.products({ accept, limit, after: cursor }))), 200);
  });
  app.openapi(restock, (c) => {
    requireProducts(inventory);
    const { urgency, limit = DEFAULT_LIMIT, cursor } = c.req.valid('query');
    const accept = (item: Product) => urgency === undefined || item.restock_urgency === urgency;
    return c.json(linked(c, listAnswer(inventory.restock({ accept, limit, after: cursor }))), 200);
  });
  app.openapi(summary, async (c) => {
    const entry = await readEntry<unknown>(log, INVENTORY, 'all.summary', TO_SHOW);
    if (entry === undefined)
      throw unavailable(
        'No summary yet: is the inventory service running, and are products coming in? See /api/v1/status',
      );
    return jsonAnswer(c, InventorySummary.parse(entry));
  });
  app.openapi(product, async (c) => {
    const { id } = c.req.valid('param');
    const key = `${partitionName(partitionOf(id))}.product.${encodeId(id)}`;
    const entry = await readEntry<unknown>(log, INVENTORY, key, TO_SHOW);
    if (entry === undefined) throw notFound(`No product "${id}" is known, or it was deleted`);
    return jsonAnswer(c, Product.parse(entry));
  });
}

function requireProducts({ state }: InventoryView): void {
  requireCurrent(state, { what: 'products', service: 'inventory' });
}

function listAnswer({ complete, ...page }: ProductList) {
  return { ...pageAnswer(page), complete };
}
