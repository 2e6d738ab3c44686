/**
 * A former owner whose write reaches DynamoDB long after another process has gone on: nothing goes back, and nothing that
 * was deleted comes back (statements.ts, invariant 1; ADR 9).
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OwnedProcess } from '../../infra/embedded/owned-process.ts';
import { until } from '../../infra/faults/until.ts';
import { workerCommand } from '../../infra/launcher/worker-command.ts';
import type { SampleKind } from '../../shared/sink/sample-values.ts';
import type { SinkEntry } from '../../shared/sink/sink-target.ts';
import { startTestDynamoDb, type TestDynamoDb } from '../../shared/testing/servers.ts';
import { WANTED_KINDS } from './_bucket-load.ts';
import { FaultProxy, PASS } from './_fault-proxy.ts';
import { entryOf, FROZEN_KEYS, FROZEN_KIND, FROZEN_LIFE } from './_frozen-writer.ts';
import { TestStore } from './_test-store.ts';

const signal = new AbortController().signal;

let server: TestDynamoDb;
let proxy: FaultProxy;
let store: TestStore;

beforeAll(async () => {
  server = await startTestDynamoDb();
  proxy = await FaultProxy.start(server.endpoint);
  store = new TestStore(server.endpoint);
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function items(kind: SampleKind, ids: readonly number[]) {
  return Promise.all(ids.map((id) => store.item(kind.bucket, kind.key(id))));
}

describe('a write that is held in the network for as long as one likes', () => {
  const [updated, deleted, fresh, never] = [1, 2, 3, 4];

  test.each(WANTED_KINDS)('of $bucket $name changes nothing when it comes', async (kind) => {
    const entry = (id: number, revision: number, isDelete = false): SinkEntry => {
      const value = isDelete ? undefined : kind.value(id, revision);
      return { key: kind.key(id), revision, storedAtMs: FROZEN_LIFE, value };
    };
    // The one has just written new items and begins with INSERT, the other begins with UPDATE.
    const formers = [1, 2].map(() => store.open({ endpoint: proxy.endpoint }));
    for (const former of formers) await former.claim(kind.bucket, FROZEN_LIFE);
    await formers[0]?.write(kind.bucket, [entry(updated, 1), entry(deleted, 1)], signal);

    proxy.fault = (action) => (action === 'BatchExecuteStatement' ? { kind: 'hold' } : PASS);
    const late = [updated, deleted, fresh, never].map((id) => entry(id, 3));
    const owning = new AbortController();
    const unanswered = formers.map((former) => former.write(kind.bucket, late, owning.signal));
    await until('both requests are held', () => proxy.heldRequests === 2);
    owning.abort(new Error('the lease is lost'));
    for (const write of unanswered) await expect(write).rejects.toThrow('the lease is lost');

    const owner = store.open();
    await owner.claim(kind.bucket, FROZEN_LIFE);
    const newest = [entry(updated, 10), entry(deleted, 10, true), entry(fresh, 10), entry(never, 10, true)];
    await owner.write(kind.bucket, newest, signal);
    const before = await items(kind, [updated, deleted, fresh, never]);
    proxy.fault = () => PASS;
    await proxy.release();
    expect(await items(kind, [updated, deleted, fresh, never])).toEqual(before);
    expect(before.map((item) => item?.deleted?.BOOL)).toEqual([undefined, true, undefined, true]);
  });
});

test('a process that is stopped in the middle of its writes changes nothing when it goes on', async () => {
  const kind = FROZEN_KIND;
  const { tablePrefix } = store.settings;
  const lines: string[] = [];
  const writer = new OwnedProcess({
    ...workerCommand('node', join(import.meta.dirname, '_frozen-writer.ts'), [server.endpoint, tablePrefix]),
    onLine: (line) => void lines.push(line),
  });
  try {
    await until('the process writes', () => lines.length > 3);
    writer.signal('SIGSTOP');
    const owner = store.open();
    await owner.claim(kind.bucket, FROZEN_LIFE);
    const newest = FROZEN_KEYS.map((id) => entryOf(id, 1_000_000 + id, id % 2 === 0));
    await owner.write(kind.bucket, newest, signal);
    const before = await items(kind, FROZEN_KEYS);
    const frozenAt = lines.length;
    writer.signal('SIGCONT');
    await until('the process has written more', () => lines.length > frozenAt + 5);
    expect(await items(kind, FROZEN_KEYS)).toEqual(before);
  } finally {
    await writer.stop(0);
  }
});
