/**
 * What all services know of one customer, by point reads from their stores, side by side.
 *
 * Invariants (customer-document.test.ts):
 * 1. A part that cannot be read, or takes longer than its patience, is null and named in `missing` with the reason; it
 *    keeps no other part from being shown.
 * 2. A customer is not found only if every part that was read knows nothing of it, and none could answer later.
 */
import type { z } from '@hono/zod-openapi';
import { encodeId } from '../../../shared/events/id.ts';
import { partitionName, partitionOf } from '../../../shared/events/partition.ts';
import type { Log } from '../../../shared/log/log.ts';
import { bucketStream, keySubject } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker, readEntry, TO_SHOW } from '../../../shared/store/entry.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { toProblem } from '../http/problem.ts';
import { ActivityWindow } from '../schemas/activity.ts';
import { Alert } from '../schemas/alerts.ts';
import type { Customer, CustomerPart } from '../schemas/customers.ts';
import { RfmCustomer } from '../schemas/rfm.ts';
import { CustomerHour } from '../schemas/sales.ts';
import { UserSegments } from '../schemas/segments.ts';
import { readIfThere } from './optional-bucket.ts';
import { storedEntries } from './stored-entries.ts';
import { isTooMany, newestWindows } from './stored-windows.ts';

export const MOST_HOURS = 48;
const MOST_ALERTS = 20;
const MOST_WINDOWS = 12;
const PATIENCE_MS = 2_000;

export interface CustomerReading {
  readonly log: Log;
  readonly logger: Logger;
  readonly id: string;
  readonly parts: readonly CustomerPart[];
  readonly patienceMs?: number;
}

type Missing = Customer['missing'][number];
/** `isPassing`: it may be there at the next request. */
type Part = { readonly value: unknown } | { readonly missing: Missing; readonly isPassing: boolean };

export interface CustomerDocument {
  readonly document: Customer;
  /** Something is known of the customer. */
  readonly isKnown: boolean;
  /** Parts that were asked for and may be there at the next request, or tell of a service that was never started. */
  readonly unknown: readonly Missing[];
}

type Reader = (log: Log, at: Place) => Promise<unknown>;

interface Place {
  readonly partition: string;
  readonly token: string;
}

/** The buckets of a part, and how it is read. What a reader gives fits the schema of its part. */
const READERS: Readonly<Record<CustomerPart, { readonly buckets: readonly string[]; readonly read: Reader }>> = {
  rfm: { buckets: ['rfm'], read: (log, at) => one(log, 'rfm', keyOf(at, 'customer'), RfmCustomer) },
  recent_hours: { buckets: ['sales'], read: recentHours },
  alerts: { buckets: ['anomaly', 'anomaly-maip'], read: newestAlerts },
  segments: { buckets: ['segments'], read: (log, at) => one(log, 'segments', keyOf(at, 'user'), UserSegments) },
  activity: { buckets: ['activity'], read: recentActivity },
};

export async function readCustomer(reading: CustomerReading): Promise<CustomerDocument> {
  const { id, parts } = reading;
  const read = await Promise.all(parts.map(async (name) => [name, await readPart(reading, name)] as const));
  const missing = read.flatMap(([, part]) => ('missing' in part ? [part.missing] : []));
  const unknown = read.flatMap(([name, part]) =>
    'missing' in part && (part.isPassing || name === 'rfm') ? [part.missing] : [],
  );
  const values = read.map(([name, part]) => [name, 'value' in part ? part.value : null] as const);
  return {
    document: { customer_id: id, ...Object.fromEntries(values), missing },
    isKnown: values.some(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
    unknown,
  };
}

async function readPart(
  { log, logger, id, patienceMs = PATIENCE_MS }: CustomerReading,
  name: CustomerPart,
): Promise<Part> {
  const at = { partition: partitionName(partitionOf(id)), token: encodeId(id) };
  const { buckets, read } = READERS[name];
  const [bucket = ''] = buckets;
  const late = Promise.withResolvers<Part>();
  const timer = setTimeout(
    () => late.resolve(passing(name, `The store "${bucket}" did not answer within ${patienceMs} ms`)),
    patienceMs,
  );
  try {
    return await Promise.race([late.promise, readStored(log, bucket, name, () => read(log, at))]);
  } catch (error) {
    const problem = toProblem(error);
    if (!problem) logger.error('Cannot read a part of a customer', { part: name, customer_id: id, error });
    return passing(name, problem?.message ?? 'What is stored is not as expected: see the log of the gateway');
  } finally {
    clearTimeout(timer);
  }
}

async function readStored(log: Log, bucket: string, name: CustomerPart, read: () => Promise<unknown>): Promise<Part> {
  const stored = await readIfThere(log, bucket, read);
  if (stored.kind === 'read') return { value: stored.value ?? null };
  const reason = `The ${bucket} service has not been started on this mesh yet`;
  return { missing: { part: name, reason }, isPassing: false };
}

function passing(part: CustomerPart, reason: string): Part {
  return { missing: { part, reason }, isPassing: true };
}

function keyOf({ partition, token }: Place, table: string): string {
  return `${partition}.${table}.${token}`;
}

async function one<V>(log: Log, bucket: string, key: string, schema: z.ZodType<V>): Promise<V | undefined> {
  const entry = await readEntry<unknown>(log, bucket, key, TO_SHOW);
  return entry === undefined ? undefined : schema.parse(entry);
}

/** Hours expire after 48 h in the store, so this reads few keys. */
async function recentHours(log: Log, at: Place): Promise<CustomerHour[]> {
  const hours = await matching(log, 'sales', `${keyOf(at, 'customer-hour')}.*`, CustomerHour);
  return hours.sort((a, b) => (a.window_start < b.window_start ? 1 : -1)).slice(0, MOST_HOURS);
}

/** Of either service, whichever are there. */
async function newestAlerts(log: Log, at: Place): Promise<Alert[]> {
  const found = await Promise.all(
    READERS.alerts.buckets.map(async (bucket) => {
      const read = await readIfThere(log, bucket, () => matching(log, bucket, `${keyOf(at, 'alert')}.>`, Alert));
      return read.kind === 'read' ? read.value : undefined;
    }),
  );
  if (found.every((alerts) => alerts === undefined)) await log.state(bucketStream('anomaly')); // throws: no such stream
  return found
    .flatMap((alerts) => alerts ?? [])
    .sort((a, b) => (a.last < b.last ? 1 : -1))
    .slice(0, MOST_ALERTS);
}

async function recentActivity(log: Log, at: Place): Promise<ActivityWindow[]> {
  const page = await newestWindows(
    log,
    { bucket: 'activity', prefix: keyOf(at, 'window.5m') },
    { limit: MOST_WINDOWS },
  );
  return page.items.map((text) => ActivityWindow.parse(JSON.parse(text)));
}

async function matching<V>(log: Log, bucket: string, keys: string, schema: z.ZodType<V>): Promise<V[]> {
  const texts = await liveTexts(log, bucket, keys);
  return texts.map((text) => schema.parse(JSON.parse(text)));
}

/** More than the server answers at once are read one by one, as far as the time goes. */
async function liveTexts(log: Log, bucket: string, keys: string): Promise<string[]> {
  try {
    const messages = await log.lastOfEach(bucketStream(bucket), [keySubject(bucket, keys)]);
    return messages.filter((message) => !isDeleteMarker(message)).map(entryText);
  } catch (error) {
    if (!isTooMany(error)) throw error;
    return Array.fromAsync(storedEntries(log, { bucket, keys: [keys], bulk: true }), ({ text }) => text);
  }
}
