/** What a route says while a view has nothing to show: whether to wait, or what to start. */
import type { ViewState } from '../views/bucket-reader.ts';
import { unavailable } from './problem.ts';

export interface Shown {
  /** `alerts`. */
  readonly what: string;
  /** The service they come from, as in services/. */
  readonly service: string;
}

/** Throws 503 unless the view is current. */
export function requireCurrent(state: ViewState, { what, service }: Shown): void {
  switch (state) {
    case 'current':
      return;
    case 'loading':
      throw unavailable(`The gateway is still loading the ${what}: try again in a moment`);
    case 'absent':
      throw unavailable(`No ${what}: the ${service} service has not been started on this mesh yet`);
    case 'waiting':
      throw unavailable(`No ${what} yet: is the ${service} service running? See /api/v1/status`);
    default:
      state satisfies never;
  }
}
