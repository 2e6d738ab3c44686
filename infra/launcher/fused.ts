/**
 * Several services in one process: `fused.ts sales rfm`. Their stages read and decode each input frame once; code,
 * logs and stores are the same as when each runs by itself.
 */
import { runWorker, type Service } from '../../shared/runtime/worker.ts';

const names = process.argv.slice(2);
if (names.length === 0) throw new Error('Cannot fuse nothing: name the services, for example "fused.ts sales rfm"');
const services = await Promise.all(names.map(loadService));
await runWorker(...services);

async function loadService(name: string): Promise<Service> {
  const module = (await import(`../../services/${name}/main.ts`)) as { readonly service?: Service };
  if (!module.service) throw new Error(`Cannot fuse "${name}": services/${name}/main.ts exports no stages`);
  return module.service;
}
