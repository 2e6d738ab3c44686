/** The lists that the gateway keeps in memory, opened and closed as one. */
import { AlertsView } from './alerts-view.ts';
import type { ViewOptions } from './bucket-reader.ts';
import { InventoryView } from './inventory-view.ts';
import { RegionHealthView } from './region-health-view.ts';
import { SalesView } from './sales-view.ts';

export interface Views {
  readonly sales: SalesView;
  readonly alerts: AlertsView;
  readonly inventory: InventoryView;
  readonly regionHealth: RegionHealthView;
}

/** `views` by their names, and their end. */
export function openViews(options: ViewOptions): Views & AsyncDisposable {
  const views: Views = {
    sales: new SalesView(options),
    alerts: new AlertsView(options),
    inventory: new InventoryView(options),
    regionHealth: new RegionHealthView(options),
  };
  const all: readonly AsyncDisposable[] = Object.values(views);
  return {
    ...views,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((view) => view[Symbol.asyncDispose]()));
    },
  };
}
