import { describe, expect, test } from 'vitest';
import { logContract } from './log.contract.ts';
import { MemoryLog } from './memory-log.ts';
import { logStream, logSubject } from './names.ts';

logContract('memory', async () => ({ log: new MemoryLog().client(), service: 'sales' }));

describe('faults of the memory log', () => {
  const subject = logSubject('sales', 'p00');

  test('a lost append is not stored, an unacked one is; both tell nothing', async () => {
    const log = new MemoryLog();
    const faults = ['lost', 'unacked'] as const;
    let at = 0;
    const client = log.client(() => faults[at++]);
    await expect(client.append(subject, 'lost')).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(await client.last(logStream('sales'), subject)).toBeUndefined();
    await expect(client.append(subject, 'unacked')).rejects.toMatchObject({ code: 'log-unavailable' });
    expect((await client.last(logStream('sales'), subject))?.seq).toBe(1);
  });

  test('a killed client stores nothing more', async () => {
    const log = new MemoryLog();
    const client = log.client();
    client.kill();
    void client.append(subject, 'never');
    await log.client().append(subject, 'other');
    expect(log.stream(logStream('sales')).lastSeq).toBe(1);
  });
});
