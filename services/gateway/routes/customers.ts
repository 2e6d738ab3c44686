/** /api/v1/customers: lists by segment, and one customer across services, by reads from their stores. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { jsonAnswer } from '../http/json-answer.ts';
import {
  DEFAULT_LIMIT,
  keyRange,
  Limit,
  linked,
  OpaqueCursor,
  pageAnswers,
  PageQuery,
  textsAnswer,
} from '../http/paging.ts';
import { notFound, unavailable } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { Customer, CUSTOMER_PARTS, CustomerHourPage, type CustomerPart } from '../schemas/customers.ts';
import { RfmCustomerPage, RfmSegment } from '../schemas/rfm.ts';
import { CustomerHour } from '../schemas/sales.ts';
import { readCustomer } from '../views/customer-document.ts';
import { RFM, StoredCustomers } from '../views/customer-lists.ts';
import { readIfThere } from '../views/optional-bucket.ts';
import { newestWindows } from '../views/stored-windows.ts';

const CustomerId = pathId('id', "The customer's id, as in Kafka", '42');
const KNOWN_PARTS: ReadonlySet<string> = new Set(CUSTOMER_PARTS);
const isPart = (name: string): name is CustomerPart => KNOWN_PARTS.has(name);
const Parts = z
  .string()
  .refine((text) => text.split(',').every(isPart), {
    error: `Expected names with commas, of ${CUSTOMER_PARTS.join(', ')}`,
  })
  .transform((text) => [...new Set(text.split(','))].filter(isPart))
  .optional()
  .openapi({ type: 'string', description: 'Only these parts, with commas; default: all', example: 'rfm,alerts' });

const list = createRoute({
  method: 'get',
  path: '/api/v1/customers',
  tags: ['customers'],
  summary: 'Customers with their RFM values, all or of one segment',
  description:
    'Of a segment those who spent most come first where the gateway knows the PostgreSQL of the sink (sorted_by: value). ' +
    'Else, and without a segment, customers come in the order in which they last changed. A customer that changes between two pages comes again. Where few are of the segment a page may be short, or empty, ' +
    'and have a next one: a request reads 20,000 customers at most.',
  request: {
    query: strictQuery({
      segment: RfmSegment.optional().openapi({ description: 'Only customers of this segment', example: 'VIP' }),
      limit: Limit,
      cursor: OpaqueCursor,
    }),
  },
  responses: pageAnswers(RfmCustomerPage, 'A page of customers'),
});

const customer = createRoute({
  method: 'get',
  path: '/api/v1/customers/{id}',
  tags: ['customers'],
  summary: 'One customer: RFM values, hours, alerts, segments and activity',
  description: 'What cannot be read now is null, and `missing` says why. Ask for fewer `parts` and it is faster.',
  request: { params: z.object({ id: CustomerId }), query: strictQuery({ parts: Parts }) },
  responses: answers(Customer, 'The customer'),
});

const hours = createRoute({
  method: 'get',
  path: '/api/v1/customers/{id}/hours',
  tags: ['customers'],
  summary: 'Orders of a customer by hours of the clock, newest first',
  request: { params: z.object({ id: CustomerId }), query: PageQuery },
  responses: pageAnswers(CustomerHourPage, 'A page of hours with orders, of the last two days'),
});

export function customerRoutes(app: OpenAPIHono, { log, logger, customers }: GatewayDependencies): void {
  const lists = customers ?? new StoredCustomers(log);
  app.openapi(list, async (c) => {
    const { segment, limit = DEFAULT_LIMIT, cursor } = c.req.valid('query');
    const read = await readIfThere(log, RFM, () => lists.page({ segment, limit, cursor }));
    if (read.kind === 'no-bucket') throw unavailable('The rfm service has not been started on this mesh yet');
    const { items, next, sortedBy } = read.value;
    const page = { items: [...items], sorted_by: sortedBy, ...(next !== undefined && { next_cursor: next }) };
    return c.json(linked(c, page), 200);
  });
  app.openapi(customer, async (c) => {
    const { id } = c.req.valid('param');
    const { parts = CUSTOMER_PARTS } = c.req.valid('query');
    const { document, isKnown, unknown } = await readCustomer({ log, logger, id, parts });
    if (!isKnown && unknown.length > 0) throw unavailable(unknown.map(({ reason }) => reason).join('; '));
    if (!isKnown) throw notFound(`Nothing is known of a customer "${id}"`);
    return jsonAnswer(c, document);
  });
  app.openapi(hours, async (c) => {
    const { id } = c.req.valid('param');
    const prefix = `${partitionName(partitionOf(id))}.customer-hour.${encodeId(id)}`;
    const page = await newestWindows(log, { bucket: 'sales', prefix }, keyRange(c.req.valid('query')));
    if (!page.isKnown) throw notFound(`No orders of customer "${id}" are known from the last two days`);
    return c.json(linked(c, textsAnswer(CustomerHour, page)), 200);
  });
}
