/** Whose an answer is, and how to store something for whoever has an id. */
import { NOON, putCustomer, type Stores } from '../_fixture.ts';
import { putUser } from '../_segments.ts';
import { putActivity, putContentMinute, putProduct, putRegionMinute } from '../_services.ts';
import type { Log } from '../../../shared/log/log.ts';
import type { Operation } from './_document.ts';

type OwnedStores = Stores & { readonly log: Log };

/** By operation; absent: its ids are made by the mesh or by who writes segments, and none of them is hostile. */
export const PUT_OWN: Readonly<Record<string, (stores: OwnedStores, id: string) => Promise<void>>> = {
  'GET /api/v1/customers/{id}': putCustomer,
  'GET /api/v1/customers/{id}/hours': putCustomer,
  'GET /api/v1/customers/{id}/activity': (stores, id) => putActivity(stores, id, NOON),
  'GET /api/v1/products/{id}': putProduct,
  'GET /api/v1/regions/{region}/minutes': (stores, id) => putRegionMinute(stores, id, NOON, true),
  'GET /api/v1/content/{id}/minutes': (stores, id) => putContentMinute(stores, id, NOON),
  'GET /api/v1/users/{id}/segments': putUser,
};

/** Each once, for every id. */
export async function putOwn(stores: OwnedStores, ids: readonly string[]): Promise<void> {
  const { 'GET /api/v1/customers/{id}/hours': _same, ...each } = PUT_OWN;
  for (const put of Object.values(each)) await Promise.all(ids.map((id) => put(stores, id)));
}

const MADE_BY_THE_MESH: ReadonlySet<string> = new Set(['alert_id', 'seq', 'eventType']);

export function nameOfId({ path }: Operation): string {
  return /\{(\w+)\}/.exec(path)?.[1] ?? '';
}

/** Any text may be an id of such things. */
export function hasFreeIds(operation: Operation): boolean {
  return !MADE_BY_THE_MESH.has(nameOfId(operation)) && !operation.path.includes('/segments/{id}');
}

const OWNER_FIELDS: ReadonlySet<string> = new Set(['customer_id', 'product_id', 'region', 'content_id', 'user_id']);

/** Of everything in the answer that says whose it is. */
export function owners(body: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(body, (name, value) => {
    if (OWNER_FIELDS.has(name) && typeof value === 'string') found.push(value);
    return value;
  });
  return found;
}

/** There is something in the answer, and it is all this one's. */
export function isAllOf(id: string, body: unknown): boolean {
  const found = owners(body);
  return found.length > 0 && found.every((owner) => owner === id);
}
