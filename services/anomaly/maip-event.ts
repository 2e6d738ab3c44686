/** A maip event while it waits for the watermark, and on its way to the stage of all customers: only what is needed. */
import type { EventCodec } from '../../shared/event-time/held-events.ts';
import type { MaipEvent } from '../../shared/events/maip.ts';

export interface HeldMaip extends MaipEvent {
  /** Minor units; absent: it is no transaction. */
  readonly amount?: number | undefined;
  /** It replaces one that counted: patterns have seen it. */
  readonly isCorrection?: true;
}

type Written = [k: string, id: string, type: string, amount: number | null, mark: number, payload?: unknown];

const RETRACT = 1;
const CORRECTION = 2;

export const heldMaipCodec: EventCodec<HeldMaip> = {
  encode: ({ k, id, type, amount, retract, isCorrection, payload }) => {
    const mark = (retract ? RETRACT : 0) + (isCorrection ? CORRECTION : 0);
    const written: Written = [k, id, type, amount ?? null, mark];
    return JSON.stringify(payload === null ? written : [...written, payload]);
  },
  decode: ([k, id, type, amount, mark, payload = null]: Written, t) => ({
    t,
    k,
    id,
    type,
    payload,
    ...(amount === null ? {} : { amount }),
    ...(mark & RETRACT ? { retract: true as const } : {}),
    ...(mark & CORRECTION ? { isCorrection: true as const } : {}),
  }),
};
