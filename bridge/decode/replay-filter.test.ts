import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebeziumJson } from './debezium-json.ts';
import { NO_COMMIT, type Place, TOMBSTONE } from './place.ts';
import { MAX_CHANGES, MAX_ORIGINS, ReplayFilter } from './replay-filter.ts';

interface Written {
  readonly partition: number;
  readonly key: string;
  readonly place: Place;
  /** How far back a restart may go: not over a snapshot. */
  readonly floor: number;
}

function place(commit: number, lsn: number, us: number, rest: Partial<Place> = {}): Place {
  return { origin: 'shop', commit, lsn, us, op: 'c', rows: 'row', ...rest };
}

function isReplay(filter: ReplayFilter, at: Place, key: string | null = 'k'): boolean {
  return filter.isReplay(at, key === null ? null : Buffer.from(key));
}

/** As it is after a restart of the bridge. */
function restarted(filter: ReplayFilter): ReplayFilter {
  return new ReplayFilter(JSON.parse(JSON.stringify(filter.state ?? null)) ?? undefined);
}

describe('the capture of a connector that was killed', () => {
  const text = readFileSync(new URL('./fixtures/pg-restart-replay.jsonl', import.meta.url), 'utf8');
  const records = text
    .split('\n')
    .filter(Boolean)
    .map(
      (line) => JSON.parse(line) as { topic: string; key: string; value: string | null; duplicateOf: number | null },
    );
  const topics = [...new Set(records.map(({ topic }) => topic))];

  for (const topic of topics)
    for (const [way, exact] of [
      ['the short way', false],
      ['the long way', true],
    ] as const)
      it(`${topic}: what was written before is dropped, and nothing else (${way})`, () => {
        const decoder = new DebeziumJson([['order_id']]);
        let filter = new ReplayFilter();
        let streamed = 0;
        for (const { key, value, duplicateOf } of records.filter((one) => one.topic === topic)) {
          const change = value === null ? undefined : decoder.read(value, exact);
          if (change?.kind !== 'change') continue;
          if (change.op === 'r') expect(change.place).toBeUndefined();
          if (!change.place) continue;
          streamed++;
          expect(isReplay(filter, change.place, key)).toBe(duplicateOf !== null);
          filter = restarted(filter);
        }
        expect(streamed).toBeGreaterThan(20);
      });
});

describe('places', () => {
  it('of a transaction that wrote first and committed last are new, though their LSN is lower', () => {
    const filter = new ReplayFilter();
    expect([isReplay(filter, place(10, 300, 1)), isReplay(filter, place(20, 200, 2))]).toEqual([false, false]);
    expect(isReplay(filter, place(10, 300, 1))).toBe(true);
  });
  it('of a batch of COPY are many rows', () => {
    const filter = new ReplayFilter();
    expect(['a', 'b', 'a', 'c'].map((key) => isReplay(filter, place(1, 5, 1), key))).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
  it('are forgotten when the next one comes', () => {
    const filter = new ReplayFilter();
    isReplay(filter, place(1, 5, 1), 'a');
    isReplay(filter, place(1, 5, 1), 'b');
    expect(isReplay(filter, place(2, 6, 2), 'c')).toBe(false);
    expect(isReplay(filter, place(2, 6, 2), 'a')).toBe(false); // the same change, made again
    expect(filter.state?.origins[0]?.seen).toHaveLength(2);
  });
  it('of a changed primary key are a delete and a create', () => {
    const filter = new ReplayFilter();
    expect(isReplay(filter, place(1, 5, 1, { op: 'd' }))).toBe(false);
    expect(isReplay(filter, place(1, 5, 1, { op: 'c' }))).toBe(false);
    expect(isReplay(filter, place(1, 5, 1, { op: 'd' }))).toBe(true);
  });
  it('tell rows apart where the key does not', () => {
    const filter = new ReplayFilter();
    const rows = [{ id: 1n }, { id: 2n }, { id: 1n }];
    expect(rows.map((row) => isReplay(filter, place(1, 5, 1, { rows: row })))).toEqual([false, false, true]);
  });
  it('of another database under the same name are new when it commits later', () => {
    const filter = new ReplayFilter();
    isReplay(filter, place(100, 100, 50));
    expect(isReplay(filter, place(1, 1, 51))).toBe(false);
    expect(isReplay(filter, place(1, 2, 51))).toBe(false);
    expect(isReplay(filter, place(1, 1, 51))).toBe(true);
  });
  it('of the first transaction after a new snapshot are new', () => {
    const filter = new ReplayFilter();
    isReplay(filter, place(100, 100, 50));
    expect(isReplay(filter, place(NO_COMMIT, 120, 60))).toBe(false);
    expect(isReplay(filter, place(120, 130, 61))).toBe(false);
  });
  it('of commits that are not in the order of their times are replays all the same', () => {
    const filter = new ReplayFilter();
    for (const [commit, us] of [
      [1, 10],
      [2, 30],
      [3, 20],
    ] as const)
      expect(isReplay(filter, place(commit, commit, us))).toBe(false);
    expect(isReplay(filter, place(2, 2, 30))).toBe(true);
  });
  it('of two connectors are not compared', () => {
    const filter = new ReplayFilter();
    isReplay(filter, place(100, 100, 50));
    expect(isReplay(filter, place(1, 1, 1, { origin: 'other' }))).toBe(false);
    expect(isReplay(filter, place(1, 1, 1, { origin: 'other' }))).toBe(true);
  });
});

describe('tombstones', () => {
  const deleted = (key: string) => {
    const filter = new ReplayFilter();
    isReplay(filter, place(1, 5, 1, { op: 'd' }), key);
    return filter;
  };
  for (const [way, again] of [
    ['at once', (filter: ReplayFilter) => filter],
    ['after a restart', restarted],
  ] as const) {
    it(`that follow their delete say nothing new, ${way}`, () => {
      const filter = again(deleted('a'));
      expect(filter.isReplay(TOMBSTONE, Buffer.from('a'))).toBe(true);
      expect(filter.isReplay(TOMBSTONE, Buffer.from('b'))).toBe(false);
      expect(filter.isReplay(TOMBSTONE, null)).toBe(false);
    });
    it(`that follow the replay of their delete say nothing new, ${way}`, () => {
      const filter = deleted('a');
      isReplay(filter, place(2, 6, 2), 'a');
      expect(isReplay(filter, place(1, 5, 1, { op: 'd' }), 'a')).toBe(true);
      expect(again(filter).isReplay(TOMBSTONE, Buffer.from('a'))).toBe(true);
    });
    it(`without a delete before them are new, ${way}`, () => {
      const filter = deleted('a');
      isReplay(filter, place(2, 6, 2), 'a');
      expect(again(filter).isReplay(TOMBSTONE, Buffer.from('a'))).toBe(false);
      expect(again(new ReplayFilter()).isReplay(TOMBSTONE, Buffer.from('a'))).toBe(false);
    });
  }
});

describe('invariant 3: where it cannot tell, a change passes', () => {
  it('without a key', () => {
    const filter = new ReplayFilter();
    expect([1, 2].map(() => isReplay(filter, place(1, 5, 1), null))).toEqual([false, false]);
    isReplay(filter, place(1, 6, 1), null);
    expect(isReplay(filter, place(1, 5, 1), null)).toBe(true);
  });
  it('with very many changes at one place', () => {
    const filter = new ReplayFilter();
    for (let n = 0; n < MAX_CHANGES + 5; n++) expect(isReplay(filter, place(1, 5, 1), `k${n}`)).toBe(false);
    expect(isReplay(filter, place(1, 5, 1), 'k0')).toBe(true);
    expect(isReplay(filter, place(1, 5, 1), `k${MAX_CHANGES}`)).toBe(false);
    expect(filter.state?.origins[0]?.seen).toHaveLength(MAX_CHANGES);
  });
  it('with very many connectors', () => {
    const filter = new ReplayFilter();
    for (let n = 0; n <= MAX_ORIGINS; n++) isReplay(filter, place(1, 5, 1, { origin: `o${n}` }));
    expect(filter.state?.origins).toHaveLength(MAX_ORIGINS);
    expect(isReplay(filter, place(1, 5, 1, { origin: 'o1' }))).toBe(true);
    expect(isReplay(filter, place(1, 5, 1, { origin: 'o0' }))).toBe(false);
  });
});

describe('a state that no bridge wrote is refused', () => {
  const origin = { origin: 'a', commit: 1, lsn: 1, us: 1, seen: [] };
  for (const state of [
    {},
    'x',
    [1],
    null,
    { origins: [1] },
    { origins: [{ origin: 'a' }] },
    { origins: [{ ...origin, seen: ['x'] }] },
    { origins: [{ ...origin, lsn: 0.5 }] },
    { origins: [origin], deleted: 'x' },
  ])
    it(JSON.stringify(state), () => expect(() => new ReplayFilter(state)).toThrow('only bridges may write it'));
});

/** What a connector sends: transactions in the order of their commits, whatever the order in which they wrote. */
const history = fc
  .array(
    fc.record({
      begin: fc.nat(30),
      writes: fc.array(fc.record({ rows: fc.integer({ min: 1, max: 4 }), key: fc.nat(3), isMove: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      /** Commit times may be behind those before. */
      us: fc.nat(3),
      isSnapshot: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((transactions) => {
    const sent: Written[] = [];
    let commit = NO_COMMIT;
    let floor = 0;
    transactions.forEach(({ begin, writes, us, isSnapshot }, at) => {
      const end = (at + 1) * 100;
      const isFirst = at === 0 || (isSnapshot && at % 4 === 3);
      if (isFirst) floor = sent.length;
      writes.forEach(({ rows, key, isMove }, n) => {
        const lsn = end - 50 - begin * 10 + n; // of all transactions in no order
        const at0 = {
          origin: 'shop',
          commit: isFirst ? NO_COMMIT : commit,
          lsn,
          us: end * 10 + (isFirst ? 5_000 * at : us),
        };
        for (let row = 0; row < rows; row++) {
          const name = `${at}.${n}.${row}`;
          if (isMove)
            sent.push({ partition: key % 2, key: `${name}-old`, place: { ...at0, op: 'd', rows: name }, floor });
          sent.push({ partition: (key + row) % 2, key: name, place: { ...at0, op: 'c', rows: name }, floor });
        }
      });
      commit = end;
    });
    return sent;
  });

it('invariants 1 and 2: each change passes once, in its order, whatever restarts and wherever', () => {
  const restarts = fc.array(fc.record({ after: fc.nat(40), back: fc.nat(40) }), { maxLength: 5 });
  const property = fc.property(history, restarts, fc.boolean(), (changes, ends, isBridgeRestarted) => {
    const filters = [new ReplayFilter(), new ReplayFilter()];
    const passed: Written[] = [];
    let next = 0;
    let floor = 0;
    const send = (count: number) => {
      for (const change of changes.slice(next, next + count)) {
        const filter = filters[change.partition];
        if (filter && !isReplay(filter, change.place, change.key)) passed.push(change);
        if (filter && isBridgeRestarted) filters[change.partition] = restarted(filter);
      }
      next = Math.min(changes.length, next + count);
    };
    for (const { after, back } of ends) {
      send(after);
      floor = Math.max(floor, changes[next - 1]?.floor ?? 0);
      next = Math.max(floor, next - back);
    }
    send(changes.length);
    expect(passed.map(({ key }) => key)).toEqual(changes.map(({ key }) => key));
  });
  fc.assert(property, { numRuns: 1000 });
});
