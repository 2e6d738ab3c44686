/** A small stage for the tests of the runtime: counts orders a key, forgets keys by event time, knows late events. */
import type { StageContext, StageDefinition } from '../events/stage.ts';

export interface Tick {
  readonly t: number;
  readonly k: string;
}

export interface Count {
  readonly n: number;
  readonly last: number;
}

/** A key is forgotten when the watermark is this far behind its last event, ms. */
export const KEPT_MS = 100;

export const counter: StageDefinition<Tick> = {
  service: 'counter',
  input: { kind: 'events', events: ['tick'] },
  tables: { count: { kind: 'state' }, total: { kind: 'result' }, seen: { kind: 'output', lifetimeMs: () => 60_000 } },
  open: (ctx: StageContext) => {
    const counts = ctx.table<Count>('count');
    const total = ctx.table<number>('total');
    return {
      onEvent: ({ t, k }) => {
        if (t <= ctx.watermark) {
          ctx.late({ reason: 'too late', event: { t, k } });
          return;
        }
        const n = (counts.get(k)?.n ?? 0) + 1;
        counts.put(k, { n, last: t });
        total.put('', (total.get('') ?? 0) + 1);
        ctx.table<number>('seen').put(k, t);
      },
      onWatermark: () => {
        const gone = [...counts.entries()].filter(([, { last }]) => last + KEPT_MS <= ctx.watermark);
        for (const [k] of gone) counts.delete(k);
        ctx.emit('watermark', { at: ctx.watermark, keys: counts.size });
      },
    };
  },
};
