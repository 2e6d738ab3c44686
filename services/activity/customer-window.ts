/**
 * What one customer did in one window: events and amounts by type, and when.
 *
 * Owns: the counting, and the text that KV shows and the stage goes on from. Does not own: which window, and when it is
 * final (activity.ts).
 *
 * Invariants (activity.test.ts):
 * 1. The text depends on the events counted, not on the order of counting: types are sorted, sums are integers.
 * 2. takeBack undoes countEvent. What was never counted cannot be taken back: nothing changes.
 * 3. The text is bounded: a type beyond the first `MAX_TYPES` of a window counts as `OTHER_TYPES`.
 */
import { compactTime, formatTime } from '../../shared/event-time/time-text.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';
import { findAmount, readAmount } from '../../shared/events/maip-amount.ts';
import { formatMoney, parseMoney } from '../../shared/events/money.ts';
import { addTime, type EventTimes, removeTime } from './event-times.ts';

export const WINDOW_MS = 5 * 60_000;
/** Nobody has that many; a producer that makes types up must not fill the store. */
export const MAX_TYPES = 100;
export const OTHER_TYPES = '(other)';

interface TypeCount {
  readonly type: string;
  /** As JSON: it never changes and is written with every commit. */
  readonly typeText: string;
  events: number;
  /** Events with a usable amount, and what they come to in minor units. */
  amounts: number;
  sum: number;
}

/** What the windows of all customers share that start at one time. */
export interface WindowBounds {
  /** ms. */
  readonly start: number;
  readonly startText: string;
  /** The bounds as part of a window's text. */
  readonly text: string;
}

/** A window as the stage holds it. */
export interface CustomerWindow {
  readonly customer: string;
  readonly key: string;
  readonly bounds: WindowBounds;
  /** Sorted by type. */
  readonly types: TypeCount[];
  events: number;
  unusable: number;
  readonly times: EventTimes;
  /** Events taken after the window fired. */
  late: number;
  isFinal: boolean;
}

/** A window as KV shows it. */
export interface CustomerWindowValue {
  readonly customer_id: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly total_events: number;
  readonly event_counts: Readonly<Record<string, number>>;
  /** Decimal string; null: no event had an amount. */
  readonly total_amount: string | null;
  /** Of types with amounts. `sum`: decimal string. */
  readonly amounts: Readonly<Record<string, { readonly count: number; readonly sum: string }>>;
  /** Events with an amount that cannot be used: it is in no sum. Absent: none. */
  readonly unusable_amounts?: number;
  /** null: every event was taken back. */
  readonly first_event: string | null;
  readonly last_event: string | null;
  readonly revision: number;
  readonly final: boolean;
  /** What the stage goes on from (event-times.ts). Absent: the first and the last event are all there are. */
  readonly times?: readonly number[];
}

export function createBounds(start: number): WindowBounds {
  const text = `,"window_start":"${formatTime(start)}","window_end":"${formatTime(start + WINDOW_MS)}","total_events":`;
  return { start, startText: compactTime(start), text };
}

export function createWindow(customer: string, bounds: WindowBounds, isFinal: boolean): CustomerWindow {
  return {
    customer,
    key: `${encodeId(customer)}.${bounds.startText}`,
    bounds,
    types: [],
    events: 0,
    unusable: 0,
    times: [],
    late: 0,
    isFinal,
  };
}

/** What one event brings. */
interface Contribution {
  /** Minor units. */
  readonly amount: number | undefined;
  readonly isUnusable: boolean;
}

/** Hot path. */
export function countEvent(window: CustomerWindow, event: MaipEvent): void {
  change(window, findType(window, event.type) ?? addType(window, event.type), contributionOf(event), 1);
  addTime(window.times, event.t - window.bounds.start);
}

/** False: no such event was counted, and nothing changed. */
export function takeBack(window: CustomerWindow, event: MaipEvent): boolean {
  const count = findType(window, event.type);
  const contribution = contributionOf(event);
  if (!count || !isCounted(window, count, contribution)) return false;
  change(window, count, contribution, -1);
  removeTime(window.times, event.t - window.bounds.start);
  if (count.events === 0) window.types.splice(window.types.indexOf(count), 1); // a window read back has it no more
  if (window.events === 0) window.times.length = 0;
  return true;
}

function contributionOf({ payload }: MaipEvent): Contribution {
  const found = findAmount(payload);
  const amount = found === undefined ? undefined : readAmount(found);
  return { amount, isUnusable: found !== undefined && amount === undefined };
}

function change(window: CustomerWindow, count: TypeCount, { amount, isUnusable }: Contribution, sign: 1 | -1): void {
  count.events += sign;
  window.events += sign;
  if (isUnusable) window.unusable += sign;
  if (amount === undefined) return;
  count.amounts += sign;
  count.sum += sign * amount;
}

function isCounted({ unusable }: CustomerWindow, count: TypeCount, { amount, isUnusable }: Contribution): boolean {
  return count.events > 0 && (amount === undefined || count.amounts > 0) && (!isUnusable || unusable > 0);
}

/** A window has few types: a walk costs less than a hash. */
function findType({ types }: CustomerWindow, type: string): TypeCount | undefined {
  for (const count of types) if (count.type === type) return count;
  return types.length >= MAX_TYPES ? types.find((count) => count.type === OTHER_TYPES) : undefined;
}

function addType(window: CustomerWindow, type: string): TypeCount {
  return insertType(window, window.types.length < MAX_TYPES ? type : OTHER_TYPES);
}

function insertType({ types }: CustomerWindow, type: string): TypeCount {
  const count: TypeCount = { type, typeText: JSON.stringify(type), events: 0, amounts: 0, sum: 0 };
  const at = types.findIndex((other) => other.type > type);
  types.splice(at < 0 ? types.length : at, 0, count);
  return count;
}

/** Runs once per changed window and commit: a template costs half of JSON.stringify. */
export function encodeWindow(window: CustomerWindow): string {
  const { customer, bounds, events, types, unusable, late, isFinal } = window;
  let counts = '';
  let amounts = '';
  let total: number | undefined;
  for (const count of types) {
    counts += `${counts === '' ? '' : ','}${count.typeText}:${count.events}`;
    if (count.amounts === 0) continue;
    amounts += `${amounts === '' ? '' : ','}${count.typeText}:{"count":${count.amounts},"sum":"${formatMoney(count.sum)}"}`;
    total = (total ?? 0) + count.sum;
  }
  return (
    `{"customer_id":${JSON.stringify(customer)}${bounds.text}${events},"event_counts":{${counts}},` +
    `"total_amount":${total === undefined ? 'null' : `"${formatMoney(total)}"`},"amounts":{${amounts}},` +
    `${unusable > 0 ? `"unusable_amounts":${unusable},` : ''}${timesText(window)},` +
    `"revision":${late},"final":${isFinal}${rememberedText(window)}}`
  );
}

function timesText({ bounds: { start }, times }: CustomerWindow): string {
  const first = times[0];
  const last = times[times.length - 1];
  if (first === undefined || last === undefined) return '"first_event":null,"last_event":null';
  const firstText = formatTime(start + first);
  return `"first_event":"${firstText}","last_event":"${first === last ? firstText : formatTime(start + last)}"`;
}

function rememberedText({ events, times }: CustomerWindow): string {
  return events === times.length && events <= 2 ? '' : `,"times":[${times.join(',')}]`;
}

export function decodeWindow(value: CustomerWindowValue): CustomerWindow {
  const { customer_id, window_start, event_counts, amounts } = value;
  const window = createWindow(customer_id, createBounds(Date.parse(window_start)), value.final);
  for (const [type, events] of Object.entries(event_counts)) {
    const count = insertType(window, type);
    const amount = Object.hasOwn(amounts, type) ? amounts[type] : undefined; // a type may be named `constructor`
    count.events = events;
    count.amounts = amount?.count ?? 0;
    count.sum = amount ? parseMoney(amount.sum) : 0;
  }
  window.events = value.total_events;
  window.unusable = value.unusable_amounts ?? 0;
  window.late = value.revision;
  window.times.push(...storedTimes(value, window.bounds.start));
  return window;
}

function storedTimes({ first_event, last_event, times, total_events }: CustomerWindowValue, start: number): EventTimes {
  if (times) return [...times];
  return [first_event, last_event].slice(0, total_events).flatMap((text) => (text ? [Date.parse(text) - start] : []));
}
