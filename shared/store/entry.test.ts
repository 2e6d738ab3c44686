import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../log/memory-log.ts';
import { keySubject } from '../log/names.ts';
import { readEntry } from './entry.ts';

const subject = keySubject('sales', 'p00.customer.1');

describe('readEntry', () => {
  test('gives the newest JSON value of a key', async () => {
    const log = new MemoryLog().client();
    expect(await readEntry(log, 'sales', 'p00.customer.1')).toBeUndefined();
    await log.append(subject, '{"name":"é"}');
    await log.append(subject, '{"name":"ü"}');
    expect(await readEntry(log, 'sales', 'p00.customer.1')).toEqual({ name: 'ü' });
    expect(await readEntry(log, 'sales', 'p00.customer')).toBeUndefined();
  });

  test.each([{ 'KV-Operation': 'DEL' }, { 'KV-Operation': 'PURGE' }, { 'Nats-Marker-Reason': 'MaxAge' }])(
    'reads a key as absent behind its marker (%o)',
    async (headers) => {
      const log = new MemoryLog().client();
      await log.append(subject, '1');
      await log.append(subject, '', { headers });
      expect(await readEntry(log, 'sales', 'p00.customer.1')).toBeUndefined();
    },
  );

  test('a value that is not JSON is an error, not an absent key', async () => {
    const log = new MemoryLog().client();
    await log.append(subject, 'not JSON');
    await expect(readEntry(log, 'sales', 'p00.customer.1')).rejects.toThrow(SyntaxError);
  });
});
