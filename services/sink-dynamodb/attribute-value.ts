/**
 * JSON values as DynamoDB's attribute values, written directly: no marshaller walks them again.
 *
 * Invariants (attribute-value.test.ts):
 * 1. A number is the decimal it was: money and JSON numbers become `N` from their text, never through arithmetic.
 * 2. What DynamoDB would refuse is refused here, with a reason, where that can be told without asking it.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** DynamoDB will never take the value. The message is a sentence for people. */
export class ValueError extends Error {
  readonly code = 'sink-value';
}

/** `what`: names the value in an error. */
export type AttributeWriter = (value: unknown, what: string) => AttributeValue;

const MOST_DIGITS = 38;
const LARGEST = 1e126;
const SMALLEST = 1e-130;
/** DynamoDB takes 32 levels, the attribute itself among them. */
const MOST_LEVELS = 31;
const DECIMAL = /^-?(\d+)(?:\.(\d+))?$/;
const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** A JSON number, or decimal text like "1250.50". */
export function numberOf(value: unknown, what: string): AttributeValue {
  if (typeof value === 'number') return { N: finiteText(value, what) };
  const match = typeof value === 'string' ? DECIMAL.exec(value) : undefined;
  if (!match) throw new ValueError(`Cannot write ${what} ${quote(value)}: expected a number`);
  const digits = `${match[1]}${match[2] ?? ''}`.replace(/^0+/, '');
  if (digits.length > MOST_DIGITS) throw tooManyDigits(value, what);
  return { N: String(value) };
}

/**
 * An id that is the key of a table by number. Only the one way to write an integer is taken: "042" and "42" would be
 * one item.
 */
export function integerKeyOf(id: string, what: string): AttributeValue {
  if (!INTEGER.test(id))
    throw new ValueError(`Cannot write ${what} ${quote(id)}: the table's key is a number, and this is no whole number`);
  if (id.length > MOST_DIGITS) throw tooManyDigits(id, what);
  return { N: id };
}

const MOST_KEY_BYTES = 2048;

export function textKeyOf(id: string, what: string): AttributeValue {
  if (id === '') throw new ValueError(`Cannot write an empty ${what}: DynamoDB takes no empty key`);
  if (Buffer.byteLength(id) > MOST_KEY_BYTES)
    throw new ValueError(`Cannot write ${what} ${quote(id)}: it is longer than ${MOST_KEY_BYTES} bytes`);
  return { S: id };
}

export function textOf(value: unknown, what: string): AttributeValue {
  if (typeof value !== 'string') throw new ValueError(`Cannot write ${what} ${quote(value)}: expected a text`);
  return { S: value };
}

export function booleanOf(value: unknown, what: string): AttributeValue {
  if (typeof value !== 'boolean') throw new ValueError(`Cannot write ${what} ${quote(value)}: expected true or false`);
  return { BOOL: value };
}

/** An object or a list of JSON, as a document. */
export function documentOf(value: unknown, what: string): AttributeValue {
  if (typeof value !== 'object' || value === null)
    throw new ValueError(`Cannot write ${what} ${quote(value)}: expected an object or a list`);
  return memberOf(value, what, 0);
}

function memberOf(value: unknown, what: string, level: number): AttributeValue {
  if (level > MOST_LEVELS)
    throw new ValueError(`Cannot write ${what}: it is nested deeper than DynamoDB's ${MOST_LEVELS + 1} levels`);
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: finiteText(value, what) };
    case 'boolean':
      return { BOOL: value };
  }
  if (value === null || value === undefined) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map((member) => memberOf(member, what, level + 1)) };
  const members = Object.entries(value).map(([name, member]) => [name, memberOf(member, what, level + 1)] as const);
  return { M: Object.fromEntries(members) }; // not by assignment: a member may be called `__proto__`
}

/** A lower bound of what DynamoDB counts as an item's size, bytes. */
export function leastBytes(value: AttributeValue): number {
  if (value.S !== undefined) return value.S.length;
  if (value.L) return value.L.reduce((bytes, member) => bytes + 1 + leastBytes(member), 3);
  if (!value.M) return 1;
  let bytes = 3;
  for (const [name, member] of Object.entries(value.M)) bytes += name.length + 1 + leastBytes(member);
  return bytes;
}

function finiteText(value: number, what: string): string {
  const magnitude = Math.abs(value);
  if (value !== 0 && !(magnitude < LARGEST && magnitude >= SMALLEST))
    throw new ValueError(`Cannot write ${what} ${value}: DynamoDB holds numbers from 1e-130 to below 1e126`);
  return value === 0 ? '0' : String(value);
}

function tooManyDigits(value: unknown, what: string): ValueError {
  return new ValueError(`Cannot write ${what} ${quote(value)}: DynamoDB holds ${MOST_DIGITS} digits, and it has more`);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
