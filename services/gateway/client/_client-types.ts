import type { InferRequestType, InferResponseType } from 'hono/client';
import type { Customer, Problem } from './api-types.ts';
import type { WeirClient } from './create-client.ts';

/** Compiled, and never called: a line that should not compile and does is an error of `tsc`. */
export function typesOf(client: WeirClient): void {
  type GetCustomer = (typeof client.api.v1.customers)[':id']['$get'];
  type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  const checks: [
    Same<InferResponseType<GetCustomer, 200>, Customer>,
    Same<InferResponseType<GetCustomer, 404>, Problem>,
    Same<InferRequestType<GetCustomer>['param'], { readonly id: string }>,
    Same<NonNullable<Customer['rfm']>['monetary_value'], string>,
  ] = [true, true, true, true];
  void checks;
  void client.api.v1.customers.$get({ query: { segment: 'VIP' } });
  // @ts-expect-error No such route.
  void client.api.v1.nothing;
  // @ts-expect-error The id is missing.
  void client.api.v1.customers[':id'].$get();
  // @ts-expect-error No such segment.
  void client.api.v1.customers.$get({ query: { segment: 'Best' } });
  // @ts-expect-error No such parameter.
  void client.api.v1.sales.live.$get({ query: { limits: 1 } });
  // @ts-expect-error It cannot be deleted.
  void client.api.v1.status.$delete();
  // @ts-expect-error Before its status is looked at, an answer may be a problem.
  void client.api.v1.rfm.summary.$get().then(async (answer) => (await answer.json()).segments);
}
