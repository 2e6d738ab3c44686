/** How long to wait before starting again what has ended `failures` times in a row (1 for the first): 0.5 s, 1 s ... 30 s. */
export function backoffMs(failures: number): number {
  return Math.min(500 * 2 ** (failures - 1), 30_000);
}

/** What ran this long was well: its end counts as the first again. */
export const WELL_AFTER_MS = 60_000;
