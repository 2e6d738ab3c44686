import { describe, expect, it } from 'vitest';
import { MemoryClient, MemoryLog } from '../../shared/log/memory-log.ts';
import { type Ask, avro, row, testRegistry } from './_test-registry.ts';

const schema = (name: string) => avro({ type: 'fixed', name, size: 1 });

async function register(ask: Ask, subject: string, sent: unknown): Promise<unknown> {
  return (await ask('POST', `/subjects/${subject}/versions`, sent)).body;
}

describe('two registries on one log', () => {
  it('see each other at once', async () => {
    const log = new MemoryLog();
    const [one, other] = [await testRegistry(log.client()), await testRegistry(log.client())];
    expect(await register(one, 'x', schema('A'))).toEqual({ id: 1 });
    expect((await other('GET', '/schemas/ids/1')).status).toBe(200);
    expect((await other('GET', '/subjects')).body).toEqual(['x']);
    expect(await register(other, 'y', schema('B'))).toEqual({ id: 2 });
    expect((await one('GET', '/subjects/y/versions/latest')).body).toMatchObject({ id: 2 });
  });

  it('racing, give every schema one id and every id one schema', async () => {
    const log = new MemoryLog();
    const registries = [await testRegistry(log.client()), await testRegistry(log.client())];
    const names = Array.from({ length: 20 }, (_, index) => `T${index}`);
    const answers = await Promise.all(
      names.flatMap((name) => registries.map((ask, index) => register(ask, `${name}-${index}`, schema(name)))),
    );
    const pairs = names.map((_, index) =>
      answers.slice(index * 2, index * 2 + 2).map((answer) => JSON.stringify(answer)),
    );
    for (const [one, other] of pairs) expect(one).toBe(other);
    expect(new Set(pairs.map(([one]) => one)).size).toBe(20);
  });

  it('a change that is read before its ack is here is applied once', async () => {
    const ack = Promise.withResolvers<void>();
    class SlowAcks extends MemoryClient {
      override async append(...sent: Parameters<MemoryClient['append']>) {
        const appended = await super.append(...sent);
        await ack.promise;
        return appended;
      }
    }
    const log = new MemoryLog();
    const ask = await testRegistry(new SlowAcks(log));
    const writing = register(ask, 'x', schema('A'));
    while (log.appends === 0) await Promise.resolve();
    expect((await ask('GET', '/subjects/x/versions')).body).toEqual([1]);
    ack.resolve();
    expect(await writing).toEqual({ id: 1 });
    expect((await ask('GET', '/subjects/x/versions')).body).toEqual([1]);
    expect(await register(ask, 'y', schema('B'))).toEqual({ id: 2 });
  });

  it('racing for one subject, keep each version compatible with the one before', async () => {
    const log = new MemoryLog();
    const registries = [await testRegistry(log.client()), await testRegistry(log.client())];
    const statuses = await Promise.all(
      registries.map(async (ask, index) => {
        const sent = avro(row(index === 0 ? 'a:int' : 'a:string'));
        return (await ask('POST', '/subjects/x/versions', sent)).status;
      }),
    );
    expect(statuses.toSorted()).toEqual([200, 409]);
  });
});

describe('a registry started again', () => {
  it('knows everything', async () => {
    const log = new MemoryLog();
    const first = await testRegistry(log.client());
    for (const name of ['A', 'B']) await register(first, name, schema(name));
    await first('PUT', '/config', { compatibility: 'FULL' });
    await first('DELETE', '/subjects/A');
    await first('DELETE', '/subjects/A?permanent=true');
    const second = await testRegistry(log.client());
    for (const path of ['/subjects', '/config', '/schemas/ids/1', '/schemas/ids/2', '/subjects/B/versions/1'])
      expect(await second('GET', path)).toEqual(await first('GET', path));
    expect(await register(second, 'C', schema('C'))).toEqual({ id: 3 });
  });

  it('refuses to start on changes it cannot read', async () => {
    const log = new MemoryLog();
    await log.client().append('$KV.schemas.change.0000000001', '{"kind":"new"}');
    await expect(testRegistry(log.client())).rejects.toThrow('Cannot read "$KV.schemas.change.0000000001"');
    const gap = new MemoryLog();
    await gap.client().append('$KV.schemas.change.0000000002', '{}');
    await expect(testRegistry(gap.client())).rejects.toThrow('the one before it is missing');
  });
});

describe('while NATS is away', () => {
  it('what is known by id is given, what is not known is not denied, nothing is stored', async () => {
    const log = new MemoryLog();
    let connected = true;
    const ask = await testRegistry(log.client(), () => connected);
    await register(ask, 'x', schema('A'));
    connected = false;
    expect((await ask('GET', '/schemas/ids/1')).status).toBe(200);
    expect((await ask('GET', '/subjects')).body).toEqual(['x']);
    for (const path of ['/schemas/ids/2', '/subjects/y/versions/1'])
      expect(await ask('GET', path)).toMatchObject({ status: 500, body: { error_code: 50001 } });
    expect(await register(ask, 'x', schema('B'))).toMatchObject({ error_code: 50001 });
    connected = true;
    expect(await register(ask, 'x', schema('A'))).toEqual({ id: 1 });
  });

  it('a change whose ack was lost is there when it is asked for again', async () => {
    const log = new MemoryLog();
    let faults = 1;
    const ask = await testRegistry(log.client(() => (faults-- > 0 ? 'unacked' : undefined)));
    expect(await register(ask, 'x', schema('A'))).toMatchObject({ error_code: 50001 });
    expect(await register(ask, 'x', schema('A'))).toEqual({ id: 1 });
    expect((await ask('GET', '/subjects/x/versions')).body).toEqual([1]);
  });
});
