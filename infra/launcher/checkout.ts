/** What this checkout holds: its root, and the workers that exist in it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkout, EGRESS_ENTRY, SCHEMA_REGISTRY_ENTRY } from './plan.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** `root` is another folder in tests, with stub workers. */
export function readCheckout(root: string): Checkout {
  const services = join(root, 'services');
  return {
    hasBridge: existsSync(join(root, 'bridge', 'main.ts')),
    hasEgress: existsSync(join(root, EGRESS_ENTRY)),
    hasSchemaRegistry: existsSync(join(root, SCHEMA_REGISTRY_ENTRY)),
    services: existsSync(services)
      ? readdirSync(services).filter((name) => existsSync(join(services, name, 'main.ts')))
      : [],
  };
}
