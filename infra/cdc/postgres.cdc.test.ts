/** Real tables through Debezium, Kafka, the bridge and the services, compared with PostgreSQL's own count of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../faults/until.ts';
import { CdcMesh } from './cdc-mesh.ts';
import { type Captured, readCaptured } from './captured.ts';
import { CLOSING, customerDifferences, hourDifferences, itemDifferences, productDifferences } from './recount.ts';
import { SPAN_MS, START_MS, Trade } from './trade.ts';

const DAY = 86_400_000;
/** Nothing is late: orders of a COPY and of overlapping transactions are dated as they please. */
const BOUND = DAY;
const CLOSE_AT = START_MS + SPAN_MS + 3 * DAY;
const ROUTE = { outOfOrdernessMs: BOUND, idle: { policy: 'hold' } };
/** Reaches every Kafka partition, by their keys. */
const CLOSING_ORDERS = 60;

async function close(mesh: CdcMesh): Promise<void> {
  const date = new Date(CLOSE_AT).toISOString().slice(0, -1);
  await mesh.sql`INSERT INTO orders SELECT 1000000 + n, ${CLOSING}, 1, 'closing', ${date}::timestamp
    FROM generate_series(1, ${CLOSING_ORDERS}) AS n`;
  await mesh.reach(CLOSE_AT - BOUND - 1);
}

/** Everything the mesh holds, against the tables. Ends the mesh: what it has folded is in KV then. */
async function expectEqual(mesh: CdcMesh): Promise<void> {
  await untilEqual(() => itemDifferences(mesh.log, mesh.topic('public.order_items'), mesh.sql));
  await untilEqual(() => productDifferences(mesh.log, mesh.topic('public.products'), mesh.sql));
  await mesh.drain();
  expect(await customerDifferences(mesh.log, mesh.sql)).toEqual([]);
  expect(await hourDifferences(mesh.log, mesh.sql)).toEqual([]);
}

/** These topics have no watermark to wait for. */
async function untilEqual(differences: () => Promise<string[]>): Promise<void> {
  let last: string[] = [];
  await until(
    () => `the mesh has what the table has:\n${last.slice(0, 10).join('\n')}`,
    async () => {
      last = await differences();
      return last.length === 0;
    },
    20_000,
  );
}

describe.each([
  { decimals: 'string', schemas: false },
  { decimals: 'precise', schemas: true },
  { decimals: 'double', schemas: true },
] as const)('tables captured with decimals as $decimals, schemas $schemas', (options) => {
  let mesh: CdcMesh;

  beforeAll(async () => {
    mesh = await CdcMesh.create({ ...options, route: ROUTE });
    const trade = new Trade(mesh.sql, 1);
    await trade.stock();
    await trade.run(60); // before the connector: its snapshot
    await mesh.startConnect();
    await trade.run(300);
    await trade.interleave([CLOSING - 1, CLOSING - 2]);
    await close(mesh);
  });

  afterAll(() => mesh?.[Symbol.asyncDispose]());

  it('are counted as PostgreSQL counts them', () => expectEqual(mesh));

  it('lose no transaction that wrote before another and committed after it', async () => {
    const changes = live(await readCaptured(mesh.kafka, mesh.topic('public.orders')));
    const [first, second] = [CLOSING - 1, CLOSING - 2].map((id) =>
      changes
        .filter(({ change }) => change.after?.customer_id === id)
        .sort((a, b) => a.change.source.lsn - b.change.source.lsn),
    );
    expect([first?.length, second?.length]).toEqual([2, 1]);
    const [early, late] = [first?.[0]?.change.source, second?.[0]?.change.source];
    if (!early || !late) throw new Error('Cannot find the overlapping transactions');
    expect(early.lsn).toBeLessThan(late.lsn);
    expect(isAbove(pair(early.sequence), pair(late.sequence))).toBe(true);
  });
});

describe('a connector that is killed in the middle of traffic', () => {
  it('sends again what the bridge has, and nothing counts twice', async () => {
    await using mesh = await CdcMesh.create({ decimals: 'string', schemas: false, route: ROUTE });
    const trade = new Trade(mesh.sql, 2);
    await trade.stock();
    await mesh.startConnect();
    const stop = new AbortController();
    const traffic = trade.runUntil(stop.signal);
    for (let kills = 0; kills < 4; kills++) {
      await pause(2_500); // more than a write of the connector's offsets, so that it does not begin with a snapshot
      await mesh.killConnect();
      await mesh.startConnect();
    }
    stop.abort();
    await traffic;
    await close(mesh);
    const replayed = replays(await readCaptured(mesh.kafka, mesh.topic('public.orders')));
    expect(replayed.total, 'records sent again').toBeGreaterThan(0);
    expect(replayed.strange).toEqual([]);
    await expectEqual(mesh);
  });
});

type Live = Captured & { readonly change: NonNullable<Captured['change']> };

/** Without tombstones and the snapshot. */
function live(records: readonly Captured[]): Live[] {
  return records.filter((record): record is Live => record.change?.source.snapshot === 'false');
}

/** How many records are a second copy, and which of them, or of the new ones, are not where the replay filter expects them. */
function replays(records: readonly Captured[]): { total: number; strange: string[] } {
  const first = new Map<string, Live>();
  const highest = new Map<number, Pair>();
  const strange: string[] = [];
  let total = 0;
  for (const record of live(records)) {
    const { partition, offset, key, change } = record;
    const { sequence, ts_us, txId } = change.source;
    const place = pair(sequence);
    const max = highest.get(partition);
    // What changed, without Debezium's own marks.
    const identity = JSON.stringify([key, change.op, change.before, change.after, txId]);
    const former = first.get(identity);
    const at = `partition ${partition} offset ${offset} sequence ${sequence}`;
    if (former) {
      total++;
      if (former.change.source.sequence !== sequence || former.change.source.ts_us !== ts_us)
        strange.push(`${at}: sent again as another, it was ${former.change.source.sequence}`);
      if (max && isAbove(place, max)) strange.push(`${at}: sent again above the highest`);
    } else {
      first.set(identity, record);
      if (max && isAbove(max, place)) strange.push(`${at}: new, and below the highest`);
    }
    if (!max || isAbove(place, max)) highest.set(partition, place);
  }
  return { total, strange };
}

type Pair = readonly [bigint, bigint];

/** `["29854976","29855104"]`: where the last transaction was committed, and where this change was written. */
function pair(sequence: string): Pair {
  const [commit, lsn]: (string | null)[] = JSON.parse(sequence);
  return [BigInt(commit ?? -1), BigInt(lsn ?? -1)];
}

function isAbove(one: Pair, other: Pair): boolean {
  return one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);
}
