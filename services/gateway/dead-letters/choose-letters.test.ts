import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryLog } from '../../../shared/log/memory-log.ts';
import { putLetter, putRefused } from '../_left-out.ts';
import { chooseLetters } from './choose-letters.ts';

it('are all letters that fit, once, the oldest first, whatever the limit and however little is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('orders', 'orders.eu'), fc.constantFrom('malformed', 'bad-amount')), {
        maxLength: 25,
      }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 40 }),
      async (letters, limit, mostRead) => {
        const log = new MemoryLog().client();
        const expected: number[] = [];
        for (const [topic, reason] of letters) {
          await putRefused(log);
          const seq = await putLetter(log, topic, reason);
          if (topic === 'orders' && reason === 'malformed') expected.push(seq);
        }
        const found: number[] = [];
        let after: number | undefined = 0;
        while (after !== undefined) {
          const { seqs, next }: Awaited<ReturnType<typeof chooseLetters>> = await chooseLetters(
            ...([log, { topic: 'orders', reason: 'malformed' }, after, limit, mostRead] as const),
          );
          expect(seqs.length).toBeLessThanOrEqual(limit);
          expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after);
          found.push(...seqs);
          after = next;
        }
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 40 },
  );
});
