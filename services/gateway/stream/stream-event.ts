/**
 * One change of a result as an event of a stream. Made once, whoever reads it: what differs between clients (the id)
 * goes in front of the text.
 */
import type { StoredMessage } from '../../../shared/log/log.ts';
import { keySubject, subjectKey } from '../../../shared/log/names.ts';
import { entryText, isDeleteMarker } from '../../../shared/store/entry.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { FILTER_NAMES, FILTERS, type Filters, keyFields, keyPattern, type ResultPart } from './result-types.ts';

/** The type of events that say that a result is gone. */
export const DELETED = 'deleted';

export interface StreamEvent {
  readonly seq: number;
  readonly type: string;
  /** What filters compare with: fields of the key and of the value. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** From `event:` to the empty line. */
  readonly text: string;
}

/** Undefined: it is no result, or not as it should be, which is reported. Hot path: once a change. */
export function readEvent(
  parts: readonly ResultPart[],
  message: StoredMessage,
  logger: Logger,
): StreamEvent | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const tokens = subjectKey(first.bucket, message.subject).split('.');
  for (const part of parts) {
    const fields = fieldsOf(part, tokens);
    if (fields)
      return isDeleteMarker(message) ? deletion(part, message.seq, fields) : change(part, message, fields, logger);
  }
  return undefined;
}

export function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What can be known of a deleted result by its key only does not keep its end from those who wait for it. */
export function isWanted({ type, fields }: StreamEvent, types: ReadonlySet<string>, filters: Filters): boolean {
  if (!types.has(type)) return false;
  for (const name of FILTER_NAMES) {
    const wanted = filters[name];
    if (wanted === undefined) continue;
    const field = fields[FILTERS[name]];
    if (field !== wanted && !(name === 'severity' && field === undefined)) return false;
  }
  return true;
}

/** Where the results of these parts are stored. */
export function subjectsOf(parts: readonly ResultPart[], filters: Filters = {}): string[] {
  return [...new Set(parts.map((part) => keySubject(part.bucket, keyPattern(part, filters))))];
}

function fieldsOf(part: ResultPart, tokens: readonly string[]): Record<string, string> | undefined {
  try {
    return keyFields(part, tokens);
  } catch {
    return undefined; // a key that no service has written
  }
}

function deletion({ type }: ResultPart, seq: number, fields: Record<string, string>): StreamEvent {
  return { seq, type, fields, text: eventText(DELETED, { type, ...fields }) };
}

function change(
  { type, schema }: ResultPart,
  message: StoredMessage,
  keyFields: Record<string, string>,
  logger: Logger,
): StreamEvent | undefined {
  const value = schema.safeParse(parseJson(entryText(message)));
  if (!value.success) {
    logger.warn('Left out a result that is not as expected', { subject: message.subject });
    return undefined;
  }
  const shown = { ...keyFields, ...value.data };
  return { seq: message.seq, type, fields: filterFields(shown), text: eventText(type, shown) };
}

/** No more of a result than this is held beside its text. */
function filterFields(shown: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of FILTER_NAMES) if (FILTERS[name] in shown) fields[FILTERS[name]] = shown[FILTERS[name]];
  return fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
