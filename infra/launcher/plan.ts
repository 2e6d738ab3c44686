/**
 * Which workers a mesh has: groups of equal processes, from what the checkout holds and what the user asked for. Pure.
 * A group with count 0 does not run but can be scaled up.
 */
import { ArgumentError, type SinkName, SINKS, type StartOptions } from './arguments.ts';

export interface WorkerGroup {
  readonly name: string;
  /** Path of the module, from the root of the checkout. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly count: number;
  /** The lowest stop first, equal ones together: first what brings events in, last what shows answers. */
  readonly stopOrder: number;
  /** Why none of it can run in this mesh. */
  readonly blocked?: string;
}

export interface Checkout {
  readonly hasBridge: boolean;
  /** What brings results back to Kafka. */
  readonly hasEgress: boolean;
  readonly hasSchemaRegistry: boolean;
  /** Folders of services/ that have a main.ts. */
  readonly services: readonly string[];
}

const GATEWAY = 'gateway';
const GENERATOR = 'generator';
export const SCHEMA_REGISTRY_ENTRY = 'infra/schema-registry/main.ts';
export const EGRESS_ENTRY = 'bridge/jetstream-to-kafka.ts';
const STOP = { generator: 0, bridge: 1, services: 2, sinks: 3, gateway: 4 } as const;

/** What the workers find outside. */
export interface Surroundings {
  /** The user named no other Kafka. */
  readonly ownKafka: boolean;
  /** Demo orders do not go to a database of the user's. */
  readonly ownShop: boolean;
  /** The user named no other schema registry. */
  readonly ownRegistry: boolean;
  /** Stores that we brought up, or that the environment names. */
  readonly stores: ReadonlySet<SinkName>;
}

export function planGroups(
  checkout: Checkout,
  options: StartOptions,
  { ownKafka, ownShop, ownRegistry, stores }: Surroundings,
): WorkerGroup[] {
  const unfused = new Set(checkout.services);
  const groups: WorkerGroup[] = [];
  for (const names of options.fused) {
    for (const name of names) if (!isFusable(name, unfused)) throw cannotFuse(name, checkout);
    for (const name of names) unfused.delete(name);
    groups.push({
      ...{ name: names.join('+'), entry: 'infra/launcher/fused.ts', args: names },
      ...{ count: 1, stopOrder: STOP.services },
    });
  }
  const add = (name: string, entry: string, runs: boolean, stopOrder: number) =>
    groups.push({ name, entry, args: [], count: runs ? 1 : 0, stopOrder });
  if (checkout.hasBridge) add('bridge', 'bridge/main.ts', true, STOP.bridge);
  // It makes topics: nothing to do unasked in a Kafka that others use, too.
  if (checkout.hasEgress) add('egress', EGRESS_ENTRY, ownKafka, STOP.sinks);
  if (checkout.hasSchemaRegistry && ownRegistry) add('schema-registry', SCHEMA_REGISTRY_ENTRY, true, STOP.services);
  for (const name of unfused) {
    const runs = name === GENERATOR ? options.demo && ownKafka && ownShop : !isSink(name) || isAsked(name, options);
    add(name, `services/${name}/main.ts`, runs, stopOrderOf(name));
  }
  for (const sink of options.sinks) findGroup(groups, `sink-${sink}`);
  return applyScale(groups, options.scale)
    .map((group) => blockWithoutStore(group, stores))
    .sort((a, b) => a.stopOrder - b.stopOrder || (a.name < b.name ? -1 : 1));
}

function stopOrderOf(service: string): number {
  if (service === GENERATOR) return STOP.generator;
  if (service === GATEWAY) return STOP.gateway;
  return isSink(service) ? STOP.sinks : STOP.services;
}

function applyScale(groups: readonly WorkerGroup[], scale: ReadonlyMap<string, number>): WorkerGroup[] {
  for (const name of scale.keys()) findGroup(groups, name);
  return groups.map((group) => ({ ...group, count: scale.get(group.name) ?? group.count }));
}

function blockWithoutStore(group: WorkerGroup, stores: ReadonlySet<SinkName>): WorkerGroup {
  const sink = SINKS.find((name) => group.name === `sink-${name}`);
  if (!sink || stores.has(sink)) return group;
  const variables = { postgres: 'DATABASE_URL or PG_HOST', dynamodb: 'DYNAMODB_ENDPOINT' }[sink];
  const blocked = `this mesh has no store for it: start it with \`npm start -- --sink ${sink}\`, or with ${variables} set`;
  return { ...group, blocked };
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

function isAsked(service: string, options: StartOptions): boolean {
  return options.sinks.some((sink) => service === `sink-${sink}`);
}

/** A sink needs a store to write to, so it runs only when asked for. */
function isSink(name: string): boolean {
  return name.startsWith('sink-');
}
