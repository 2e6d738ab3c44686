/**
 * A value of a bucket on its way to the store, as read: its JSON is parsed when it is written, for of many values of a
 * key only the newest is.
 */
import type { StoredMessage } from '../log/log.ts';
import { subjectKey } from '../log/names.ts';
import { entryText, isDeleteMarker } from '../store/entry.ts';
import type { SinkEntry } from './sink-target.ts';

export interface WaitingEntry {
  readonly key: string;
  readonly revision: number;
  readonly storedAtMs: number;
  readonly expiresAtMs: number | undefined;
  /** JSON; undefined: the key is deleted. */
  readonly text: string | undefined;
  /** Sequence of the oldest value of this key that is not written, and when it was stored. */
  readonly sinceSeq: number;
  readonly sinceMs: number;
}

/** undefined: the message says nothing of interest. A value that expired is no delete: stores keep it for longer. */
export function readWaitingEntry(bucket: string, message: StoredMessage): WaitingEntry | undefined {
  if (message.header('Nats-Marker-Reason') === 'MaxAge') return undefined;
  const { seq, timeMs } = message;
  const lifetimeMs = parseLifetime(message.header('Nats-TTL'));
  const isDelete = isDeleteMarker(message);
  return {
    key: subjectKey(bucket, message.subject),
    revision: seq,
    storedAtMs: timeMs,
    expiresAtMs: isDelete || lifetimeMs === undefined ? undefined : timeMs + lifetimeMs,
    text: isDelete ? undefined : entryText(message),
    sinceSeq: seq,
    sinceMs: timeMs,
  };
}

/** A delete that is in no stream any more. `sinceSeq`: its place among what is read. */
export function missedDelete(key: string, revision: number, sinceSeq: number, nowMs: number): WaitingEntry {
  const since = { sinceSeq, sinceMs: nowMs };
  return { key, revision, storedAtMs: nowMs, expiresAtMs: undefined, text: undefined, ...since };
}

/** Throws SyntaxError where the value is no JSON. */
export function toSinkEntry({ key, revision, storedAtMs, expiresAtMs, text }: WaitingEntry): SinkEntry {
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return { key, revision, storedAtMs, value, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `3600s`, `1h30m`, or `3600` (seconds), as nats-server takes them; undefined: it stays. */
export function parseLifetime(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.map(([part]) => part).join('') !== text) return undefined; // `never`
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}
