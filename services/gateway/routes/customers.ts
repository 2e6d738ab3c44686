/** /api/v1/customers/{id}: one customer across services, by point reads from their stores. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker, readEntry } from '../../../shared/store/entry.ts';
import type { GatewayDependencies } from '../dependencies.ts';
import { pathId } from '../http/ids.ts';
import { notFound, unavailable } from '../http/problem.ts';
import { answers, strictQuery } from '../http/route.ts';
import { Customer, RfmCustomer } from '../schemas/rfm.ts';
import { CustomerHour } from '../schemas/sales.ts';
import { readIfThere } from '../views/optional-bucket.ts';

const MAX_HOURS = 48;
const CustomerId = pathId('id', "The customer's id, as in Kafka", '42');

const customer = createRoute({
  method: 'get',
  path: '/api/v1/customers/{id}',
  tags: ['customers'],
  summary: 'RFM segment and recent hours of one customer',
  request: { params: z.object({ id: CustomerId }), query: strictQuery({}) },
  responses: answers(Customer, 'The customer'),
});

export function customerRoutes(app: OpenAPIHono, { log }: GatewayDependencies): void {
  app.openapi(customer, async (c) => {
    const { id } = c.req.valid('param');
    const partition = partitionName(partitionOf(id));
    const token = encodeId(id);
    const [rfm, hours] = await Promise.all([
      readIfThere(log, 'rfm', () => readEntry<unknown>(log, 'rfm', `${partition}.customer.${token}`)),
      readIfThere(log, 'sales', () => recentHours(log, `${partition}.customer-hour.${token}`)),
    ]);
    const entry = rfm.kind === 'read' ? rfm.value : undefined;
    const recent = hours.kind === 'read' ? hours.value : [];
    if (entry === undefined && recent.length === 0) {
      if (rfm.kind === 'no-bucket') throw unavailable('The rfm service has not been started on this mesh yet');
      throw notFound(`No orders of customer "${id}" are known`);
    }
    return c.json(
      { customer_id: id, rfm: entry === undefined ? null : RfmCustomer.parse(entry), recent_hours: recent },
      200,
    );
  });
}

/** Hours expire after 48 h in the store, so this reads few keys. */
async function recentHours(log: Log, keyPrefix: string): Promise<CustomerHour[]> {
  const messages = await log.lastOfEach(bucketStream('sales'), [keySubject('sales', `${keyPrefix}.*`)]);
  return messages
    .filter((message) => !isDeleteMarker(message))
    .map((message) => CustomerHour.parse(JSON.parse(entryText(message))))
    .sort((a, b) => (a.window_start < b.window_start ? 1 : -1))
    .slice(0, MAX_HOURS);
}
