/**
 * Which workers a mesh has: groups of equal processes, from what the checkout holds and what the user asked for. Pure.
 * A group with count 0 does not run but can be scaled up.
 */
import { ArgumentError, type StartOptions } from './arguments.ts';

export interface WorkerGroup {
  readonly name: string;
  /** Path of the module, from the root of the checkout. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly count: number;
  /** The lowest stop first, equal ones together: first what brings events in, last what shows answers. */
  readonly stopOrder: number;
}

export interface Checkout {
  readonly hasBridge: boolean;
  readonly hasSchemaRegistry: boolean;
  /** Folders of services/ that have a main.ts. */
  readonly services: readonly string[];
}

const GATEWAY = 'gateway';
const GENERATOR = 'generator';
export const SCHEMA_REGISTRY_ENTRY = 'infra/schema-registry/main.ts';

/** `ownKafka`, `ownRegistry`: the user named no other. */
export function planGroups(
  checkout: Checkout,
  options: StartOptions,
  ownKafka: boolean,
  ownRegistry: boolean,
): WorkerGroup[] {
  const unfused = new Set(checkout.services);
  const groups: WorkerGroup[] = [];
  for (const names of options.fused) {
    for (const name of names) if (!isFusable(name, unfused)) throw cannotFuse(name, checkout);
    for (const name of names) unfused.delete(name);
    groups.push({ name: names.join('+'), entry: 'infra/launcher/fused.ts', args: names, count: 1, stopOrder: 2 });
  }
  if (checkout.hasBridge) groups.push({ name: 'bridge', entry: 'bridge/main.ts', args: [], count: 1, stopOrder: 1 });
  if (checkout.hasSchemaRegistry && ownRegistry)
    groups.push({ name: 'schema-registry', entry: SCHEMA_REGISTRY_ENTRY, args: [], count: 1, stopOrder: 2 });
  for (const name of unfused) {
    const runs = name === GENERATOR ? options.demo && ownKafka : !isSink(name);
    const stopOrder = name === GENERATOR ? 0 : name === GATEWAY ? 3 : 2;
    groups.push({ name, entry: `services/${name}/main.ts`, args: [], count: runs ? 1 : 0, stopOrder });
  }
  return applyScale(groups, options.scale).sort((a, b) => a.stopOrder - b.stopOrder || (a.name < b.name ? -1 : 1));
}

function applyScale(groups: readonly WorkerGroup[], scale: ReadonlyMap<string, number>): WorkerGroup[] {
  for (const name of scale.keys()) findGroup(groups, name);
  return groups.map((group) => ({ ...group, count: scale.get(group.name) ?? group.count }));
}

/** The group of that name, or an error that names those there are. */
export function findGroup<T extends { readonly name: string }>(groups: readonly T[], name: string): T {
  const found = groups.find((group) => group.name === name);
  if (found) return found;
  const fused = groups.find((group) => group.name.split('+').includes(name));
  const hint = fused ? `it runs fused in "${fused.name}"` : `there is ${groups.map((group) => group.name).join(', ')}`;
  throw new ArgumentError(`Cannot find "${name}": ${hint}`);
}

function isFusable(name: string, unfused: ReadonlySet<string>): boolean {
  return unfused.has(name) && name !== GATEWAY && name !== GENERATOR && !isSink(name);
}

function cannotFuse(name: string, checkout: Checkout): ArgumentError {
  const fusable = checkout.services.filter((service) => isFusable(service, new Set(checkout.services)));
  return new ArgumentError(`Cannot fuse "${name}": expected services with stages, from ${fusable.join(', ')}`);
}

/** A sink needs a database to write to, so it runs only when asked for. */
function isSink(name: string): boolean {
  return name.startsWith('sink-');
}
