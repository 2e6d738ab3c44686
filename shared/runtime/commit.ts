/**
 * The commit frame: one message that holds everything a stage partition changed. It is the transaction.
 *
 *   {"pos":812,"wm":1717200000000,"epoch":3,"n":17,"emits":1,"src":[...]}   head
 *   {"emit":"window","v":{...}}                                             for the stage behind, first
 *   {"put":"customer.42","v":{...}}                                         absolute values
 *   {"del":"pane.20240601T000000Z"}
 *   {"late":{...}}                                                          for the LATE stream
 *
 * Invariants: (epoch, n) names a commit of its subject uniquely; emits stand before puts, so that the stage behind
 * need not read further than them.
 */
import type { SourceState } from '../event-time/watermark.ts';
import { type Change, slotKey } from '../store/state-table.ts';

export interface CommitHead {
  /** Sequence in the input stream of the last message folded in. */
  readonly pos: number;
  /** Watermark, ms. */
  readonly wm: number;
  /** Counts owners of the partition. */
  readonly epoch: number;
  /** Counts commits of this owner; 0 is its fence. */
  readonly n: number;
  readonly emits: number;
  /** Late events since the partition began. */
  readonly late: number;
  /** Sources of the watermark that changed since the last commit. */
  readonly src?: readonly SourceState[];
}

export interface CommitBody {
  readonly emits: readonly string[];
  readonly changes: readonly Change[];
  readonly late: readonly string[];
}

export type CommitLine =
  | { readonly kind: 'put'; readonly key: string; readonly text: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'late'; readonly text: string };

export function encodeCommit(head: CommitHead, body: CommitBody): string {
  let text = JSON.stringify(head); // one growing text: an array of lines to join costs a tenth more
  for (const emit of body.emits) text += `\n${emit}`;
  for (const change of body.changes) {
    const key = slotKey(change.slot); // table names and ids need no JSON escapes
    text += change.text === undefined ? `\n{"del":"${key}"}` : `\n{"put":"${key}","v":${change.text}}`;
  }
  for (const record of body.late) text += `\n{"late":${record}}`;
  return text;
}

export function encodeEmit(kind: string, value: unknown): string {
  return `{"emit":"${kind}","v":${JSON.stringify(value)}}`;
}

const NEWLINE = 10;
const utf8 = new TextDecoder();

export function parseCommitHead(payload: Uint8Array): CommitHead {
  return JSON.parse(utf8.decode(payload.subarray(0, lineEnd(payload, 0)))) as CommitHead;
}

/** Head and emitted records, without reading the rest of the frame. */
export function parseEmits(payload: Uint8Array): { head: CommitHead; emits: { kind: string; value: unknown }[] } {
  const head = parseCommitHead(payload);
  const emits: { kind: string; value: unknown }[] = [];
  let at = lineEnd(payload, 0) + 1;
  for (let count = 0; count < head.emits; count++) {
    const end = lineEnd(payload, at);
    const line = JSON.parse(utf8.decode(payload.subarray(at, end))) as { emit: string; v: unknown };
    emits.push({ kind: line.emit, value: line.v });
    at = end + 1;
  }
  return { head, emits };
}

/** Head, puts, deletes and late records: what recovery replays. */
export function parseCommit(payload: Uint8Array): { head: CommitHead; lines: CommitLine[] } {
  const [first = '', ...rest] = utf8.decode(payload).split('\n');
  const head = JSON.parse(first) as CommitHead;
  return { head, lines: rest.slice(head.emits).map(parseLine) };
}

const PUT = /^\{"put":"([^"]+)","v":(.*)\}$/;
const DEL = /^\{"del":"([^"]+)"\}$/;
const LATE = /^\{"late":(.*)\}$/;

function parseLine(line: string): CommitLine {
  const put = PUT.exec(line);
  if (put?.[1] !== undefined && put[2] !== undefined) return { kind: 'put', key: put[1], text: put[2] };
  const del = DEL.exec(line);
  if (del?.[1] !== undefined) return { kind: 'delete', key: del[1] };
  const late = LATE.exec(line);
  if (late?.[1] !== undefined) return { kind: 'late', text: late[1] };
  throw new SyntaxError(`Cannot read commit line ${JSON.stringify(line.slice(0, 80))}: not a put, del or late line`);
}

function lineEnd(payload: Uint8Array, from: number): number {
  const end = payload.indexOf(NEWLINE, from);
  return end === -1 ? payload.length : end;
}
