import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { keySubject } from '../../../shared/log/names.ts';
import { type EntriesQuery, type StoredEntry, storedEntries } from './stored-entries.ts';

const log = () => new MemoryLog().client();
type Client = ReturnType<typeof log>;

async function put(client: Client, key: string, text = '{}'): Promise<void> {
  await client.append(keySubject('b', key), text);
}

async function purge(client: Client, key: string): Promise<void> {
  await client.append(keySubject('b', key), '', { headers: { 'KV-Operation': 'PURGE' } });
}

async function readAll(client: Client, query: Omit<EntriesQuery, 'bucket'>, most = Number.POSITIVE_INFINITY) {
  const entries: StoredEntry[] = [];
  const reading = storedEntries(client, { bucket: 'b', ...query });
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { entries, keys: entries.map(({ key }) => key), complete: value };
    entries.push(value);
    if (entries.length < most) continue;
    await reading.return(false);
    return { entries, keys: entries.map(({ key }) => key), complete: undefined };
  }
}

describe('stored entries', () => {
  it('are those that match, without deleted ones, in the order in which they were last written', async () => {
    const client = log();
    for (const key of [
      'p00.marker',
      'p00.member.a.1',
      'p07.member.a.2',
      'p07.member.b.1',
      'p07.user.1',
      'p01.member.a.3',
    ])
      await put(client, key);
    await purge(client, 'p07.member.a.2');
    await put(client, 'p00.member.a.1', '{"again":true}');
    const { keys, entries, complete } = await readAll(client, { keys: ['*.member.a.*'] });
    expect([keys, complete]).toEqual([['p01.member.a.3', 'p00.member.a.1'], true]);
    expect(entries.map(({ text }) => text)).toEqual(['{}', '{"again":true}']);
    expect((await readAll(client, { keys: ['*.member.a.*'], bulk: true })).keys).toEqual(keys);
  });

  it('come page by page, behind the place where the last page ended', async () => {
    const client = log();
    await put(client, 'p00.marker');
    for (let n = 0; n < 25; n++) await put(client, `p00.member.a.${n}`);
    const seen: string[] = [];
    for (let after = 0; ; ) {
      const { keys, entries } = await readAll(client, { keys: ['*.member.a.*'], after }, 10);
      seen.push(...keys);
      if (entries.at(-1)?.more !== true) break;
      after = entries.at(-1)?.seq ?? 0;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `p00.member.a.${n}`));
  });

  it('end where there are none, by the markers of the owners', async () => {
    const client = log();
    await put(client, 'p03.marker');
    expect(await readAll(client, { keys: ['*.member.a.*'] })).toMatchObject({ keys: [], complete: true });
  });

  it('end after a while where there is nothing at all, and say so', async () => {
    expect(await readAll(log(), { keys: ['*.member.a.*'], timeoutMs: 5 })).toMatchObject({ keys: [], complete: false });
  });
});
