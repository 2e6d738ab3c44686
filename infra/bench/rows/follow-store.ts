/**
 * Looks for customers in a store until it shows them: when each was seen first. Seen is late by the time of one question
 * at most, never early.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchMesh } from '../bench-mesh.ts';
import { clockMs } from '../latency-load.ts';
import type { BenchStore } from '../stores/bench-store.ts';
import type { Followed } from './latency.ts';

const ASK_EVERY_MS = 10;
/** Customers of one question, those that were sent first: when the store lags, asking for all would slow it further. */
const ASKED = 20;

export function followStore(mesh: BenchMesh, store: BenchStore): Followed {
  const seen = new Map<number, number>();
  const open = new Set<string>();
  const stop = new AbortController();
  const asking = ask();
  return {
    seen,
    isWanted: (customer) => customer % store.sampleEvery === 0,
    sent({ first, count }) {
      for (let at = 0; at < count; at++) if ((first + at) % store.sampleEvery === 0) open.add(String(first + at));
    },
    async end() {
      stop.abort();
      await asking;
    },
  };

  async function ask(): Promise<void> {
    while (!stop.signal.aborted && !mesh.signal.aborted) {
      const wanted = [...open].slice(0, ASKED);
      for (const customer of wanted.length === 0 ? [] : await store.shown(wanted)) {
        open.delete(customer);
        seen.set(Number(customer), clockMs());
      }
      await sleep(ASK_EVERY_MS);
    }
  }
}
