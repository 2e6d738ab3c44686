/**
 * What every SinkTarget must do; run on the memory twin and on each adapter with its real store.
 * Entries are of the shapes that services write (sample-values.ts), of those buckets and keys that the target wants.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchesKey } from './key-pattern.ts';
import { firstLife, nextLife } from './life.ts';
import { SAMPLE_KINDS, type SampleKind } from './sample-values.ts';
import { type SinkEntry, SinkFencedError, type SinkTarget } from './sink-target.ts';

export interface SinkUnderTest extends AsyncDisposable {
  readonly target: SinkTarget;
  /** The same store as another process opens it. Ends with this. */
  another(): Promise<SinkTarget>;
  /** What the store holds of a key, in any form that shows the value; undefined: nothing. */
  read(bucket: string, key: string): Promise<unknown>;
}

/** `open` is called once; the store may hold anything, but nothing of the buckets. */
export function describeSinkTarget(name: string, open: () => Promise<SinkUnderTest>): void {
  describe(`sink contract: ${name}`, () => {
    const world = new World(open);
    beforeAll(() => world.open(), 120_000);
    afterAll(() => world.close());

    test('the target wants some of what the services write, in batches', () => {
      expect(world.wanted.length).toBeGreaterThan(0);
      expect(world.target.batchSize).toBeGreaterThan(0);
    });
    for (const kind of SAMPLE_KINDS) describeKind(world, kind);
    describeBatches(world);
    describeClaims(world);
  });
}

/** One target on one store; lives, revisions and ids rise from test to test. */
class World {
  readonly #open: () => Promise<SinkUnderTest>;
  #opened: SinkUnderTest | undefined;
  #revision = 100;
  #id = 1_000;
  #createdMs = Date.UTC(2024, 5, 1);
  readonly #claimed = new Set<string>();

  constructor(open: () => Promise<SinkUnderTest>) {
    this.#open = open;
  }

  get under(): SinkUnderTest {
    if (!this.#opened) throw new Error('Cannot test: the store did not open');
    return this.#opened;
  }

  get target(): SinkTarget {
    return this.under.target;
  }

  get wanted(): readonly SampleKind[] {
    return SAMPLE_KINDS.filter((kind) => this.wants(kind));
  }

  async open(): Promise<void> {
    this.#opened = await this.#open();
  }

  async close(): Promise<void> {
    await this.#opened?.[Symbol.asyncDispose]();
  }

  wants(kind: SampleKind): boolean {
    const source = this.target.sources.find(({ bucket }) => bucket === kind.bucket);
    return source?.keys.some((pattern) => matchesKey(pattern, kind.key(1))) ?? false;
  }

  nextId(): number {
    return ++this.#id;
  }

  nextRevision(): number {
    return ++this.#revision;
  }

  nextLife(): number {
    this.#createdMs++;
    return this.life;
  }

  get life(): number {
    return firstLife(this.#createdMs);
  }

  async claim(bucket: string): Promise<void> {
    if (this.#claimed.has(bucket)) return;
    this.#claimed.add(bucket);
    await this.target.claim(bucket, this.life);
  }

  /** To be claimed anew by the next test that needs it. */
  giveUp(bucket: string): void {
    this.#claimed.delete(bucket);
  }

  read(kind: SampleKind, id: number): Promise<unknown> {
    return this.under.read(kind.bucket, kind.key(id));
  }

  async write(kind: SampleKind, ...entries: SinkEntry[]): Promise<void> {
    expect(await this.target.write(kind.bucket, entries, new AbortController().signal)).toEqual([]);
  }

  /** Keys of a bucket that the store says it has, of those given. */
  async stored(bucket: string, keys: readonly string[]): Promise<string[]> {
    const stored = await Array.fromAsync(this.target.storedKeys(bucket, new AbortController().signal));
    expect(new Set(stored).size).toBe(stored.length);
    return keys.filter((key) => stored.includes(key));
  }
}

function entry(kind: SampleKind, id: number, revision: number, version: number): SinkEntry {
  const storedAtMs = Date.now();
  const { lifetimeMs } = kind;
  return {
    key: kind.key(id),
    revision,
    storedAtMs,
    ...(lifetimeMs !== undefined && { expiresAtMs: storedAtMs + lifetimeMs }),
    value: kind.value(id, version),
  };
}

function deletion(kind: SampleKind, id: number, revision: number): SinkEntry {
  return { key: kind.key(id), revision, storedAtMs: Date.now(), value: undefined };
}

/** Kinds that are a row for each id: `all.summary` is one key only. */
function hasManyKeys(kind: SampleKind): boolean {
  return kind.key(1) !== kind.key(2);
}

function describeKind(world: World, kind: SampleKind): void {
  const title = `${kind.bucket} ${kind.name}`;

  test(`${title}: a newer value replaces an older one, an older one changes nothing, nor does the same again`, async () => {
    if (!world.wants(kind)) return;
    await world.claim(kind.bucket);
    const id = world.nextId();
    const [first, second, third] = [world.nextRevision(), world.nextRevision(), world.nextRevision()];
    await world.write(kind, entry(kind, id, second, 2));
    const before = await world.read(kind, id);
    expect(before).toBeDefined();
    await world.write(kind, entry(kind, id, first, 1));
    expect(await world.read(kind, id)).toEqual(before);
    await world.write(kind, entry(kind, id, second, 2));
    expect(await world.read(kind, id)).toEqual(before);
    await world.write(kind, entry(kind, id, third, 3));
    expect(await world.read(kind, id)).not.toEqual(before);
  });

  test(`${title}: a deleted key is gone, may be deleted again, and comes back with a newer value`, async () => {
    if (!world.wants(kind)) return;
    await world.claim(kind.bucket);
    const id = world.nextId();
    const key = kind.key(id);
    await world.write(kind, entry(kind, id, world.nextRevision(), 1));
    expect(await world.stored(kind.bucket, [key])).toEqual([key]);
    const deleted = deletion(kind, id, world.nextRevision());
    await world.write(kind, deleted);
    expect(await world.read(kind, id)).toBeUndefined();
    expect(await world.stored(kind.bucket, [key])).toEqual([]);
    await world.write(kind, deleted);
    await world.write(kind, entry(kind, id, world.nextRevision(), 2));
    expect(await world.read(kind, id)).toBeDefined();
    await world.write(kind, { ...deleted }); // a repeated write that was under way
    expect(await world.read(kind, id)).toBeDefined();
  });

  test(`${title}: deleting what was never there is no error`, async () => {
    if (!world.wants(kind) || !hasManyKeys(kind)) return;
    await world.claim(kind.bucket);
    const id = world.nextId();
    await world.write(kind, deletion(kind, id, world.nextRevision()));
    expect(await world.read(kind, id)).toBeUndefined();
    await world.write(kind, entry(kind, id, world.nextRevision(), 1));
    expect(await world.read(kind, id)).toBeDefined();
  });

  test(`${title}: what is no object is refused alone, and the others are written`, async () => {
    if (!world.wants(kind) || !hasManyKeys(kind) || world.target.batchSize < 3) return;
    await world.claim(kind.bucket);
    const [a, b, c] = [world.nextId(), world.nextId(), world.nextId()];
    const bad: SinkEntry = { ...entry(kind, b, world.nextRevision(), 1), value: 'not an object' };
    const entries = [entry(kind, a, world.nextRevision(), 1), bad, entry(kind, c, world.nextRevision(), 1)];
    const refused = await world.target.write(kind.bucket, entries, new AbortController().signal);
    expect(refused.map(({ key, revision }) => ({ key, revision }))).toEqual([{ key: bad.key, revision: bad.revision }]);
    expect(refused[0]?.reason).toMatch(/\S+ \S+/);
    expect(await world.read(kind, a)).toBeDefined();
    expect(await world.read(kind, b)).toBeUndefined();
    expect(await world.read(kind, c)).toBeDefined();
  });

  test(`${title}: a value whose lifetime is over is not among the stored keys`, async () => {
    if (!world.wants(kind) || !hasManyKeys(kind) || kind.lifetimeMs === undefined) return;
    await world.claim(kind.bucket);
    const [alive, over] = [world.nextId(), world.nextId()];
    const storedAtMs = Date.now() - 2 * kind.lifetimeMs;
    const expired = {
      ...entry(kind, over, world.nextRevision(), 1),
      storedAtMs,
      expiresAtMs: storedAtMs + kind.lifetimeMs,
    };
    await world.write(kind, expired, entry(kind, alive, world.nextRevision(), 1));
    expect(await world.stored(kind.bucket, [kind.key(alive), kind.key(over)])).toEqual([kind.key(alive)]);
  });

  test(`${title}: values of a bucket that was made anew replace those before it, whatever their revisions`, async () => {
    if (!world.wants(kind)) return;
    await world.claim(kind.bucket);
    const id = world.nextId();
    await world.write(kind, entry(kind, id, world.nextRevision() + 1_000_000, 1));
    const before = await world.read(kind, id);
    expect(await world.target.claim(kind.bucket, world.nextLife())).toBeUndefined();
    await world.write(kind, entry(kind, id, 1, 2));
    const after = await world.read(kind, id);
    expect(after).toBeDefined();
    expect(after).not.toEqual(before);
    world.giveUp(kind.bucket);
  });

  test(`${title}: what is there from before the bucket was made anew is not among the stored keys, and a delete takes it`, async () => {
    if (!world.wants(kind) || !hasManyKeys(kind)) return;
    await world.claim(kind.bucket);
    const ids = [world.nextId(), world.nextId(), world.nextId()] as const;
    const [kept, replaced, deleted] = ids;
    const keys = ids.map(kind.key);
    await world.write(kind, ...ids.map((id) => entry(kind, id, world.nextRevision(), 1)));
    const before = await world.read(kind, kept);
    expect(await world.stored(kind.bucket, keys)).toEqual(keys);
    expect(await world.target.claim(kind.bucket, world.nextLife())).toBeUndefined();
    expect(await world.stored(kind.bucket, keys)).toEqual([]);
    await world.write(kind, entry(kind, replaced, 1, 2));
    expect(await world.stored(kind.bucket, keys)).toEqual([kind.key(replaced)]);
    await world.write(kind, deletion(kind, deleted, 2));
    expect(await world.read(kind, deleted)).toBeUndefined();
    expect(await world.read(kind, kept)).toEqual(before);
    world.giveUp(kind.bucket);
  });
}

function describeBatches(world: World): void {
  test('a full batch is written whole, with values and deletes in it, and again', async () => {
    for (const kind of world.wanted.filter(hasManyKeys)) {
      await world.claim(kind.bucket);
      const ids = Array.from({ length: world.target.batchSize }, () => world.nextId());
      await world.write(kind, ...ids.map((id) => entry(kind, id, world.nextRevision(), 1)));
      expect(await world.stored(kind.bucket, ids.map(kind.key))).toHaveLength(ids.length);
      const mixed = ids.map((id, at) => {
        return at % 3 === 0 ? deletion(kind, id, world.nextRevision()) : entry(kind, id, world.nextRevision(), 2);
      });
      await world.write(kind, ...mixed);
      await world.write(kind, ...mixed);
      const left = ids.filter((_, at) => at % 3 !== 0).map(kind.key);
      expect(await world.stored(kind.bucket, ids.map(kind.key))).toEqual(left);
    }
  }, 60_000);

  test('writes of different keys may overlap', async () => {
    const kind = firstKind(world);
    await world.claim(kind.bucket);
    const ids = Array.from({ length: 16 * Math.min(20, world.target.batchSize) }, () => world.nextId());
    const size = ids.length / 16;
    const batches = Array.from({ length: 16 }, (_, lane) => ids.slice(lane * size, (lane + 1) * size));
    await Promise.all(
      batches.map((batch) => world.write(kind, ...batch.map((id) => entry(kind, id, world.nextRevision(), 1)))),
    );
    expect(await world.stored(kind.bucket, ids.map(kind.key))).toHaveLength(ids.length);
  }, 60_000);

  test('a write that is told to stop before it begins writes nothing, or all', async () => {
    const kind = firstKind(world);
    await world.claim(kind.bucket);
    const id = world.nextId();
    const one = entry(kind, id, world.nextRevision(), 1);
    const written = await world.target.write(kind.bucket, [one], AbortSignal.abort()).then(
      () => true,
      () => false,
    );
    expect((await world.read(kind, id)) !== undefined).toBe(written);
  });
}

function describeClaims(world: World): void {
  test('a claim gives back what was saved last, bucket by bucket, to any process', async () => {
    const other = await world.under.another();
    const buckets = [...new Set(world.wanted.map(({ bucket }) => bucket))];
    const life = world.nextLife();
    for (const [at, bucket] of buckets.entries()) {
      world.giveUp(bucket);
      expect(await world.target.claim(bucket, life)).toBeUndefined();
      await world.target.save(bucket, { life, seq: 3, savedAtMs: 1_717_200_000_000 });
      await world.target.save(bucket, { life, seq: 5 + at, savedAtMs: 1_717_200_000_123 });
    }
    for (const [at, bucket] of buckets.entries())
      expect(await other.claim(bucket, life)).toEqual({ life, seq: 5 + at, savedAtMs: 1_717_200_000_123 });
  });

  test('a position is not that of a bucket that was made anew', async () => {
    const { bucket } = firstKind(world);
    const life = world.nextLife();
    world.giveUp(bucket);
    await world.target.claim(bucket, life);
    await world.target.save(bucket, { life, seq: 7, savedAtMs: 1_717_200_000_000 });
    expect(await world.target.claim(bucket, world.nextLife())).toBeUndefined();
  });

  test('after messages of the stream were lost its later life goes on, whoever claims it, and what it writes is newer', async () => {
    const kind = firstKind(world);
    const [id, life] = [world.nextId(), world.nextLife()];
    const later = nextLife(life);
    world.giveUp(kind.bucket);
    await world.target.claim(kind.bucket, life);
    await world.write(kind, entry(kind, id, 900_000, 1));
    await world.target.save(kind.bucket, { life, seq: 900_000, savedAtMs: 1_717_200_000_000 });
    expect(await world.target.claim(kind.bucket, later)).toBeUndefined();
    expect(await world.stored(kind.bucket, [kind.key(id)])).toEqual([kind.key(id)]); // it is to be compared
    const position = { life: later, seq: 5, savedAtMs: 1_717_200_000_123 };
    await world.target.save(kind.bucket, position);
    const other = await world.under.another();
    expect(await other.claim(kind.bucket, life)).toEqual(position);
    const before = await world.read(kind, id);
    await other.write(kind.bucket, [entry(kind, id, 6, 2)], new AbortController().signal);
    expect(await world.read(kind, id)).not.toEqual(before);
    world.giveUp(kind.bucket);
    world.nextLife();
  });

  test('a position may be large, and nothing may have been written since the beginning', async () => {
    const { bucket } = firstKind(world);
    const life = world.nextLife();
    world.giveUp(bucket);
    await world.target.claim(bucket, life);
    for (const position of [
      { life, seq: 0, savedAtMs: 0 },
      { life, seq: 2 ** 52, savedAtMs: Date.now() },
    ]) {
      await world.target.save(bucket, position);
      expect(await world.target.claim(bucket, life)).toEqual(position);
    }
  });

  test('who has lost a bucket writes nothing over what the new owner has written or deleted', async () => {
    const kind = firstKind(world);
    const other = await world.under.another();
    const [kept, gone, life] = [world.nextId(), world.nextId(), world.nextLife()];
    const signal = new AbortController().signal;
    world.giveUp(kind.bucket);
    await other.claim(kind.bucket, life);
    const stale = [kept, gone].map((id) => entry(kind, id, world.nextRevision(), 1));
    await other.write(kind.bucket, stale, signal);
    await world.claim(kind.bucket);
    await world.write(kind, entry(kind, kept, world.nextRevision(), 2), deletion(kind, gone, world.nextRevision()));
    const before = await world.read(kind, kept);
    await other.write(kind.bucket, stale, signal).catch(expectFenced);
    expect(await world.read(kind, kept)).toEqual(before);
    expect(await world.read(kind, gone)).toBeUndefined();
  });
}

function expectFenced(error: unknown): void {
  expect(error).toBeInstanceOf(SinkFencedError);
}

function firstKind(world: World): SampleKind {
  const kind = world.wanted.find(hasManyKeys);
  if (!kind) throw new Error('Cannot test: the target wants no key of which there are many');
  return kind;
}
