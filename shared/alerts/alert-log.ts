/**
 * Raises alerts, and folds a storm of the same alert about the same subject into one that counts.
 *
 * Occurrences of one type and subject in the same fold window (aligned, by event time) are one alert.
 *
 * Owns: the alerts in a service's `alert` table. Does not own: what is worth an alert.
 *
 * Invariants (tested in alert-log.test.ts):
 * 1. The alerts do not depend on the order in which occurrences come, as long as none comes after its alert was released.
 * 2. An occurrence that comes twice counts once (among the `KEPT` first ones of its alert).
 * 3. An alert is held until the watermark is `KEPT_MS` past its fold window; then readers keep it for its lifetime.
 * 4. An occurrence that comes later than that is an alert of its own, and its last word stands.
 */
import { encodeId } from '../events/id.ts';
import { BEFORE_ALL_TIME, type Table, type TableSpec } from '../events/stage.ts';
import { compactTime, formatTime } from '../event-time/time-text.ts';
import { Timers } from '../event-time/timers.ts';
import { type Alert, type AlertSubject, compareSeverity, type Occurrence } from './alert.ts';

const HOUR_MS = 3_600_000;
const LIFETIME_MS = 30 * 24 * HOUR_MS;
/** Occurrences named in an alert. */
const KEPT = 20;
/** How long after its fold window an alert still takes occurrences, ms of event time. */
const KEPT_MS = HOUR_MS;

export const DEFAULT_FOLD_MS = HOUR_MS;

export const alertTable: TableSpec<Alert> = { kind: 'result', lifetimeMs: () => LIFETIME_MS };

export class AlertLog {
  readonly #table: Table<Alert>;
  readonly #foldMs: number;
  readonly #releases = new Timers<string>();
  #watermark: number;

  /** `foldMs` 0: every occurrence is an alert of its own. `watermark`: the stage's, as it stands. */
  constructor(table: Table<Alert>, foldMs: number = DEFAULT_FOLD_MS, watermark: number = BEFORE_ALL_TIME) {
    this.#table = table;
    this.#foldMs = foldMs;
    this.#watermark = watermark;
    for (const [key, alert] of table.entries())
      this.#releases.schedule(this.#releaseTime(Date.parse(alert.first)), key, key);
  }

  /** False: it was counted before. */
  raise(occurrence: Occurrence): boolean {
    if (this.#releaseTime(occurrence.at) <= this.#watermark) {
      this.#raiseLate(occurrence);
      return true;
    }
    const key = keyOf(
      occurrence,
      this.#foldMs > 0 ? compactTime(this.#windowStart(occurrence.at)) : ownToken(occurrence),
    );
    const former = this.#table.get(key);
    if (!former) this.#releases.schedule(this.#releaseTime(occurrence.at), key, key);
    const alert = former ? fold(former, occurrence) : createAlert(key, occurrence);
    if (alert !== former) this.#table.put(key, alert);
    return alert.count !== former?.count;
  }

  onWatermark(watermark: number): void {
    this.#watermark = watermark;
    this.#releases.advance(watermark, (key) => this.#table.release(key));
  }

  /** What readers have of its alert is known no more: it gets one of its own, and the last word about it stands. */
  #raiseLate(occurrence: Occurrence): void {
    const key = keyOf(occurrence, ownToken(occurrence));
    this.#table.put(key, createAlert(key, occurrence));
    this.#table.release(key);
  }

  #windowStart(at: number): number {
    return this.#foldMs > 0 ? Math.floor(at / this.#foldMs) * this.#foldMs : at;
  }

  #releaseTime(at: number): number {
    return this.#windowStart(at) + this.#foldMs + KEPT_MS;
  }
}

function keyOf({ type, subject }: Occurrence, when: string): string {
  return `${subjectToken(subject)}.${encodeId(type)}.${when}`;
}

/** When and what, of an alert of one occurrence. */
function ownToken({ at, id }: Occurrence): string {
  return `${compactTime(at)}-${encodeId(id)}`;
}

function subjectToken(subject: AlertSubject): string {
  return subject.kind === 'stream' ? '=' : encodeId(subject.id);
}

function createAlert(key: string, { type, subject, severity, at, id, description, details }: Occurrence): Alert {
  const time = formatTime(at);
  return {
    alert_id: key.replaceAll('.', '-'),
    anomaly_type: type,
    severity,
    ...(subject.kind === 'customer' ? { customer_id: subject.id } : {}),
    ...(subject.kind === 'region' ? { region: subject.id } : {}),
    description,
    timestamp: time,
    count: 1,
    first: time,
    last: time,
    details,
    occurrences: [[at, id]],
  };
}

/** The same alert, if the occurrence is known and no worse than what is shown. */
function fold(alert: Alert, occurrence: Occurrence): Alert {
  const { at, id } = occurrence;
  const isKnown = alert.occurrences.some(([otherAt, otherId]) => otherAt === at && otherId === id);
  const isWorse = compareOccurrence(alert, occurrence) < 0;
  if (isKnown && !isWorse) return alert;
  return {
    ...alert,
    ...(isWorse ? shownOf(occurrence) : {}),
    ...(isKnown ? {} : countOne(alert, at, id)),
  };
}

function shownOf({ severity, description, at, details }: Occurrence) {
  return { severity, description, timestamp: formatTime(at), details };
}

/** Hot in a storm: what comes in the order of time costs no sorting. */
function countOne(alert: Alert, at: number, id: string): Pick<Alert, 'count' | 'first' | 'last' | 'occurrences'> {
  const [earliest] = alert.occurrences;
  return {
    count: alert.count + 1,
    first: earliest && earliest[0] <= at ? alert.first : formatTime(at),
    last: Date.parse(alert.last) >= at ? alert.last : formatTime(at),
    occurrences: withOccurrence(alert.occurrences, [at, id]),
  };
}

function withOccurrence(kept: Alert['occurrences'], occurrence: Alert['occurrences'][number]): Alert['occurrences'] {
  const newest = kept.at(-1);
  if (newest && byTime(newest, occurrence) > 0) return [...kept, occurrence].sort(byTime).slice(0, KEPT);
  return kept.length < KEPT ? [...kept, occurrence] : kept;
}

/** Below 0: the occurrence is the one to show: more severe, or as severe and earlier; among equal ones, by its texts. */
function compareOccurrence(alert: Alert, occurrence: Occurrence): number {
  const first = compareSeverity(alert.severity, occurrence.severity) || occurrence.at - Date.parse(alert.timestamp);
  if (first !== 0) return first;
  const { description } = occurrence; // only now: it may be a getter
  return (
    compareText(description, alert.description) ||
    compareText(JSON.stringify(occurrence.details), JSON.stringify(alert.details))
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byTime([a, x]: readonly [number, string], [b, y]: readonly [number, string]): number {
  return a - b || compareText(x, y);
}
