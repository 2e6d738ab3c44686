/**
 * Regions in trouble, for whole minutes of event time, so that each rule on regions finds something. Pure but for the
 * count of each region's downloads.
 *
 *     minute of 12    0  1  2  3  4  5  6  7  8  9 10 11
 *                        flaky       outage      slow
 *
 * flaky: every sixth download fails (success rate 0.83); outage: every third (0.67); slow: about 5 Mbit/s. The next
 * twelve minutes it is the next region's turn. In between nothing is changed, so what was raised is over.
 */
const MINUTE_MS = 60_000;
const CYCLE_MINUTES = 12;
const INCIDENTS = [
  { from: 1, to: 2, kind: 'flaky' },
  { from: 5, to: 6, kind: 'outage' },
  { from: 9, to: 10, kind: 'slow' },
] as const;
const FAILS_EVERY = { flaky: 6, outage: 3 } as const;
/** Typical; a single one is up to 1.6 times it. */
const SLOW_MBPS = 5;

/** What the incident decides; undefined: as usual. */
export interface Trouble {
  readonly failed?: boolean;
  readonly mbps?: number;
}

export class DownloadIncidents {
  readonly #regions: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(regions: readonly string[]) {
    this.#regions = regions;
  }

  of(region: string, timestampMs: number): Trouble | undefined {
    const minute = Math.floor(timestampMs / MINUTE_MS);
    const at = minute % CYCLE_MINUTES;
    const turn = INCIDENTS.findIndex(({ from, to }) => at >= from && at <= to);
    const kind = INCIDENTS[turn]?.kind;
    const cycle = Math.floor(minute / CYCLE_MINUTES);
    if (!kind || region !== this.#regions[(cycle + turn) % this.#regions.length]) return undefined;
    if (kind === 'slow') return { mbps: SLOW_MBPS };
    const count = (this.#counts.get(region) ?? 0) + 1;
    this.#counts.set(region, count);
    return { failed: count % FAILS_EVERY[kind] === 0 };
  }
}
