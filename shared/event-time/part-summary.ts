/**
 * The second stage that adds up what the partitions tell of themselves to one value, `all.summary`: shown when a partition
 * tells something new, and at every whole minute of the watermark.
 *
 * Owns: the partitions' last words (table `part`). Does not own: what they are and how they add up.
 */
import { BEFORE_ALL_TIME, type Emitted, type StageDefinition } from '../events/stage.ts';

const MINUTE_MS = 60_000;

/** `asOf`: the whole minute, ms, up to which every partition has told; undefined before there is a watermark. */
export type AddUp<P, S> = (parts: readonly P[], asOf: number | undefined) => S;

export function partSummary<P, S>(service: string, addUp: AddUp<P, S>): StageDefinition<Emitted<P>> {
  return {
    service,
    input: { kind: 'log', service },
    tables: { part: { kind: 'state' }, summary: { kind: 'output' } },
    open(ctx) {
      const parts = ctx.table<P>('part');
      const summary = ctx.table<S>('summary');
      let shownMinute = minuteOf(ctx.watermark);
      const show = () => {
        const all = Array.from(parts.entries(), ([, part]) => part);
        summary.put('', addUp(all, minuteOf(ctx.watermark)));
      };
      return {
        onEvent({ value }, partition) {
          parts.put(partition, value);
          show();
        },
        onWatermark() {
          if (minuteOf(ctx.watermark) === shownMinute) return;
          shownMinute = minuteOf(ctx.watermark);
          show();
        },
      };
    },
  };
}

function minuteOf(watermark: number): number | undefined {
  return watermark === BEFORE_ALL_TIME ? undefined : Math.floor(watermark / MINUTE_MS) * MINUTE_MS;
}
