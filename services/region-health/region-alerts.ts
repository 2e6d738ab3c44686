/**
 * Keeps the alerts of all regions in agreement with their minutes (outages.ts says which alerts these are).
 *
 * Owns: the table of alerts, and of each region and condition the run that stood when its last settled minute ended.
 * Does not own: minutes, and when one is complete or settled, that is, takes no more downloads (combine.ts).
 *
 * Invariants (combine.test.ts):
 * 1. After each call, the alerts that are not over for good are those of findAlerts over the complete minutes.
 * 2. What is held is derived from the runs and the minutes, so a restart changes nothing.
 * 3. A run that no minute can go on with is forgotten (outages.ts, invariant 2).
 */
import type { Alert } from '../../shared/alerts/alert.ts';
import { alertTable } from '../../shared/alerts/alert-log.ts';
import { encodeId } from '../../shared/events/id.ts';
import type { Table, TableSpec } from '../../shared/events/stage.ts';
import { CONDITIONS, type Condition } from './conditions.ts';
import type { RegionHealthOptions } from './options.ts';
import { alertKey, findAlerts, forgottenFrom, goOn, type RegionMinute } from './outages.ts';

/** Written only: what is shown follows from the runs and the minutes. */
export const regionAlertTable: TableSpec<Alert> = { ...alertTable, kind: 'output' };

type Texts = Map<string, string>;

export class RegionAlerts {
  readonly #alerts: Table<Alert>;
  readonly #runs: Table<Alert>;
  readonly #options: RegionHealthOptions;
  /** JSON texts of the alerts in the table that may change still, by run id and key. */
  readonly #shown = new Map<string, Texts>();

  constructor(alerts: Table<Alert>, runs: Table<Alert>, options: RegionHealthOptions) {
    this.#alerts = alerts;
    this.#runs = runs;
    this.#options = options;
  }

  /** Takes up what a former owner of the partition wrote. `minutes`: those complete, ascending. */
  restore(region: string, minutes: readonly RegionMinute[]): void {
    for (const condition of CONDITIONS) this.#find(region, condition, minutes);
  }

  /** A minute of the region became complete, or changed since. `minutes`: all complete ones, ascending. */
  review(region: string, minutes: readonly RegionMinute[]): void {
    for (const condition of CONDITIONS) {
      const before = this.#shown.get(runId(region, condition));
      const alerts = this.#find(region, condition, minutes);
      for (const alert of alerts) {
        const key = keyOf(alert);
        if (before?.get(key) !== JSON.stringify(alert)) this.#alerts.put(key, alert);
      }
      for (const key of before?.keys() ?? [])
        if (!alerts.some((alert) => keyOf(alert) === key)) this.#alerts.delete(key);
    }
  }

  /** The oldest minute that could change can no more. */
  settle(region: string, minute: RegionMinute): void {
    for (const condition of CONDITIONS) {
      const id = runId(region, condition);
      const former = this.#runs.get(id);
      const { run, over } = goOn(region, condition, this.#options, former, minute);
      if (!run) this.#runs.delete(id);
      else if (run !== former) this.#runs.put(id, run);
      if (over) this.#unshow(id, keyOf(over));
    }
  }

  /** Lets go of runs that no minute can go on with: all before that one are settled. */
  forget(firstUnsettled: number): void {
    for (const [id, run] of this.#runs.entries()) {
      if (forgottenFrom(run) > firstUnsettled) continue;
      this.#runs.delete(id);
      this.#unshow(id, keyOf(run));
    }
  }

  #find(region: string, condition: Condition, minutes: readonly RegionMinute[]): Alert[] {
    const id = runId(region, condition);
    const alerts = findAlerts(region, condition, this.#options, this.#runs.get(id), minutes);
    if (alerts.length > 0) this.#shown.set(id, textsOf(alerts));
    else this.#shown.delete(id);
    return alerts;
  }

  #unshow(id: string, key: string): void {
    const texts = this.#shown.get(id);
    texts?.delete(key);
    if (texts?.size === 0) this.#shown.delete(id);
  }
}

function textsOf(alerts: readonly Alert[]): Texts {
  return new Map(alerts.map((alert) => [keyOf(alert), JSON.stringify(alert)]));
}

function runId(region: string, { type }: Condition): string {
  return `${encodeId(region)}.${type}`;
}

function keyOf({ region = '', anomaly_type, first }: Alert): string {
  return alertKey(region, anomaly_type, Date.parse(first));
}
