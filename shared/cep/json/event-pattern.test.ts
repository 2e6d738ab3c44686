import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runPattern } from './_run-pattern.ts';
import { parsePattern } from './parse-pattern.ts';

const FOLDER = new URL('examples/', import.meta.url);

describe('a pattern that is read twice', () => {
  for (const file of readdirSync(FOLDER))
    it(`finds the same (${file})`, () => {
      const text = readFileSync(new URL(file, FOLDER), 'utf8');
      const events = Array.from({ length: 60 }, (_, n) => ({
        ...{ t: n * 1_000, k: `k${n % 2}`, id: `e${n}`, amount: ((n * 7) % 11) * 1_000, status: 'FAILED' },
        ...{ type: n % 3 === 0 ? 'view' : 'maip.order.created' },
      }));
      const run = () => runPattern(parsePattern(text, file), events, 'content-downloads#00000');
      expect(run().length).toBeGreaterThan(0);
      expect(run()).toEqual(run());
    });
});
