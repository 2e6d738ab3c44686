import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL_TIME, type Table } from '../events/stage.ts';
import { StateTable } from '../store/state-table.ts';
import { EventTimeBuffer, type HeldEvent } from './event-time-order.ts';
import { type EventCodec, type HeldChunk, HeldEvents, heldEventsTable } from './held-events.ts';

interface Reading {
  readonly t: number;
  readonly name: string;
}

const codec: EventCodec<Reading> = {
  encode: ({ name }) => JSON.stringify(name),
  decode: (name: string, t) => ({ t, name }),
};

/** A stage's table and the image of its commits, from which a restarted stage begins. */
class Stage {
  readonly image = new Map<string, string>();
  table = new StateTable('held', heldEventsTable(codec) as never);
  held: HeldEvents<Reading>;
  watermark: number;

  constructor(watermark = BEFORE_ALL_TIME) {
    this.watermark = watermark;
    this.held = this.#open();
  }

  commit(): ReadonlyMap<string, string> {
    const changes = new Map<string, string>();
    for (const { slot, text } of this.table.takeChanges()) {
      if (text === undefined) this.image.delete(slot.id);
      else {
        this.image.set(slot.id, text);
        changes.set(slot.id, text);
      }
    }
    return changes;
  }

  restart(): void {
    this.table = new StateTable('held', heldEventsTable(codec) as never);
    for (const [id, text] of this.image) this.table.load(id, text);
    this.held = this.#open();
  }

  release(watermark: number, atMost?: number): string[] {
    const released: string[] = [];
    this.watermark = Math.max(watermark, this.watermark);
    this.held.release(watermark, ({ name }, t, source) => released.push(`${t} ${source} ${name}`), atMost);
    return released;
  }

  #open(): HeldEvents<Reading> {
    return new HeldEvents(this.table as Table<unknown> as Table<HeldChunk<Reading>>, codec, this.watermark);
  }
}

function fill(stage: Stage, count: number, t: number): void {
  for (let n = 0; n < count; n++) stage.held.add({ t, name: `e${n}` }, t, 'orders.0');
}

describe('HeldEvents', () => {
  test('writes an event once, beside its time and the place of its source', () => {
    const stage = new Stage();
    stage.held.add({ t: 5, name: 'a' }, 5, 'orders.0');
    stage.held.add({ t: 4, name: 'b"' }, 4, 'orders.1');
    stage.held.add({ t: 6, name: 'c' }, 6, 'orders.0');
    stage.commit();
    const text = '{"sources":["orders.0","orders.1"],"events":[[5,0,"a"],[4,1,"b\\""],[6,0,"c"]]}';
    expect([...stage.image]).toEqual([['0', text]]);
    stage.restart();
    stage.held.add({ t: 7, name: 'd' }, 7, 'orders.2');
    stage.commit();
    expect(stage.image.get('0')).toBe(
      '{"sources":["orders.0","orders.1","orders.2"],"events":[[5,0,"a"],[4,1,"b\\""],[6,0,"c"],[7,2,"d"]]}',
    );
  });

  test('writes a full chunk no more, and an open one with each commit that found it grown', () => {
    const stage = new Stage();
    fill(stage, 130, 5);
    expect([...stage.commit().keys()]).toEqual(['0', '1', '2']);
    expect(stage.commit().size).toBe(0);
    fill(stage, 1, 6);
    expect([...stage.commit().keys()]).toEqual(['2']);
    expect(stage.release(4)).toEqual([]);
    expect(stage.commit().size).toBe(0);
  });

  test('a chunk of large events is full early, so that it fits a commit', () => {
    const stage = new Stage();
    for (let n = 0; n < 6; n++) stage.held.add({ t: 5, name: 'x'.repeat(6000) }, 5, 'orders.0');
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['0', '1']);
    stage.restart();
    stage.held.add({ t: 5, name: 'next' }, 5, 'orders.0');
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['0', '1', '2']);
    expect(stage.release(5)).toHaveLength(7);
  });

  test('a chunk goes when its last event is released, the newest stays (invariant 4)', () => {
    const stage = new Stage();
    fill(stage, 63, 5);
    stage.held.add({ t: 9, name: 'waits' }, 9, 'orders.0');
    fill(stage, 70, 5);
    expect(stage.release(5)).toHaveLength(133);
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['0', '2']);
    stage.restart();
    expect(stage.held.size).toBe(1);
    expect(stage.release(9)).toEqual(['9 orders.0 waits']);
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['2']);
  });

  test('a full newest chunk without waiting events goes when the next one opens', () => {
    const stage = new Stage();
    fill(stage, 64, 5);
    stage.release(5);
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['0']);
    stage.restart();
    fill(stage, 1, 6);
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['1']);
  });

  test('refuses late events, also after a restart, and keeps the order of arrival over it', () => {
    const stage = new Stage();
    stage.held.add({ t: 5, name: '1st' }, 5, 'a');
    stage.held.add({ t: 5, name: '2nd' }, 5, 'a');
    stage.release(4);
    stage.commit();
    stage.restart();
    expect(stage.held.add({ t: 4, name: 'late' }, 4, 'a')).toBe(false);
    stage.held.add({ t: 5, name: '3rd' }, 5, 'a');
    expect(stage.release(3)).toEqual([]);
    expect(stage.release(5)).toEqual(['5 a 1st', '5 a 2nd', '5 a 3rd']);
    expect(stage.held.add({ t: 5, name: 'late' }, 5, 'a')).toBe(false);
  });

  test('more than a step is released in several, over restarts too, and what it has not reached is not late', () => {
    const stage = new Stage();
    const readings = [5, 5, 6, 7, 7, 7, 8];
    for (const [n, t] of readings.entries()) stage.held.add({ t, name: `e${n}` }, t, 'a');
    expect(stage.release(10, 2)).toEqual(['5 a e0', '5 a e1']);
    expect([stage.held.releasedTo, stage.held.size]).toEqual([5, 5]);
    stage.commit();
    expect(JSON.parse(stage.image.get('behind') ?? '')).toMatchObject({ releasedTo: 5 });
    stage.restart();
    expect(stage.held.add({ t: 5, name: 'late' }, 5, 'a')).toBe(false);
    expect(stage.held.add({ t: 6, name: 'e7' }, 6, 'a')).toBe(true);
    expect(stage.release(11, 3)).toEqual(['6 a e2', '6 a e7', '7 a e3', '7 a e4', '7 a e5']); // equal times together
    expect(stage.release(12, 3)).toEqual(['8 a e6']);
    expect(stage.held.releasedTo).toBe(12);
    stage.commit();
    expect([...stage.image.keys()]).toEqual(['0']);
  });

  test('a source that was far behind does not make one commit of a million events', () => {
    const stage = new Stage();
    for (let n = 0; n < 5_000; n++) stage.held.add({ t: n, name: '' }, n, 'a');
    expect([20_000, 20_001, 20_002].map((watermark) => stage.release(watermark).length)).toEqual([2_000, 2_000, 1_000]);
  });

  test('property: releases as EventTimeBuffer, with a restart at any commit; the same table in the end', () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.record({ t: fc.integer({ min: 0, max: 40 }), source: fc.constantFrom('a', 'b') }) },
      {
        weight: 2,
        arbitrary: fc.record({
          watermark: fc.integer({ min: 0, max: 40 }),
          atMost: fc.constantFrom(5, 100, undefined),
        }),
      },
      { weight: 2, arbitrary: fc.record({ restart: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const plain = new EventTimeBuffer<string>();
        const [straight, restarted] = [new Stage(), new Stage()];
        let reached = BEFORE_ALL_TIME;
        for (const [n, each] of steps.entries()) {
          if ('restart' in each) {
            restarted.commit();
            if (each.restart) restarted.restart();
          } else if ('watermark' in each) {
            const expected: string[] = [];
            reached = Math.max(reached, each.watermark);
            const take = ({ t, source, event }: HeldEvent<string>) => expected.push(`${t} ${source} ${event}`);
            plain.release(reached, take, each.atMost);
            expect(straight.release(reached, each.atMost)).toEqual(expected);
            expect(restarted.release(reached, each.atMost)).toEqual(expected);
          } else {
            const taken = plain.add(String(n), each.t, each.source);
            for (const { held } of [straight, restarted])
              expect(held.add({ t: each.t, name: String(n) }, each.t, each.source)).toBe(taken);
          }
        }
        straight.commit();
        restarted.commit();
        const sorted = ({ image }: Stage) => [...image].sort(([a], [b]) => Number(a) - Number(b));
        expect(sorted(restarted)).toEqual(sorted(straight));
        expect(straight.held.size).toBe(plain.size);
      }),
      { numRuns: 60 },
    );
  });
});
