import { describe, expect, it } from 'vitest';
import { type Fault, MemoryLog } from '../../../shared/log/memory-log.ts';
import { EVENTS, rulesSubject } from '../../../shared/log/names.ts';
import { ProblemError } from '../http/problem.ts';
import { RuleSetLog } from './rule-set-log.ts';

interface Names {
  readonly version: number;
  readonly names: readonly string[];
}
const SUBJECT = rulesSubject('names');

function open(
  memory: MemoryLog,
  faults?: (subject: string) => Fault | undefined,
  kept: Names = { version: 0, names: [] },
) {
  const parse = (json: unknown) => json as Names;
  return new RuleSetLog<Names>({ log: memory.client(faults), name: 'names', parse, kept: () => Promise.resolve(kept) });
}

function add(rules: RuleSetLog<Names>, name: string) {
  return rules.change(({ version, names }) => {
    if (names.includes(name)) throw new ProblemError('conflict', `"${name}" is there`);
    return { set: { version: version + 1, names: [...names, name] }, result: version + 1 };
  });
}

/** Fails as asked, append by append; afterwards not at all. */
function inTurn(...faults: readonly (Fault | undefined)[]): () => Fault | undefined {
  const left = [...faults];
  return () => left.shift();
}

describe('a rule set in the log', () => {
  it('is the last message of its subject, and a change says its place', async () => {
    const memory = new MemoryLog();
    await memory.client().append('kafka.t.p00.k0', '{}');
    const rules = open(memory);
    expect(await rules.current()).toEqual({ set: { version: 0, names: [] }, seq: 0 });
    expect(await add(rules, 'a')).toEqual({ result: 1, seq: 2 });
    expect(await add(rules, 'b')).toEqual({ result: 2, seq: 3 });
    expect(await rules.current()).toEqual({ set: { version: 2, names: ['a', 'b'] }, seq: 3 });
  });

  it('loses no change of writers at the same time', async () => {
    const memory = new MemoryLog();
    const writers = Array.from({ length: 8 }, () => open(memory));
    const all = await Promise.all(writers.map((rules, n) => add(rules, `n${n}`)));
    const { set } = await open(memory).current();
    expect([...set.names].sort()).toEqual(writers.map((_, n) => `n${n}`));
    expect(new Set(all.map(({ seq }) => seq)).size).toBe(8);
  });

  it('is asked again for what it makes of the newer set, and what it throws then is the answer', async () => {
    const memory = new MemoryLog();
    const both = await Promise.allSettled([add(open(memory), 'same'), add(open(memory), 'same')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await open(memory).current()).set.names).toEqual(['same']);
  });

  it('is refused when the server would not take it', async () => {
    const memory = new MemoryLog(100);
    await expect(add(open(memory), 'x'.repeat(100))).rejects.toThrow('Cannot keep so many rules');
  });

  it('goes on from what the stages keep when retention has emptied the subject', async () => {
    const memory = new MemoryLog();
    await add(open(memory), 'lost');
    memory.purge(EVENTS, SUBJECT, 100);
    const rules = open(memory, undefined, { version: 41, names: ['kept'] });
    expect(await rules.current()).toEqual({ set: { version: 41, names: ['kept'] }, seq: 0 });
    expect(await add(rules, 'new')).toMatchObject({ result: 42 });
    expect((await rules.current()).set.names).toEqual(['kept', 'new']);
  });
});

describe('an append without an answer', () => {
  it('that was stored is found, not repeated, and not told as a conflict with itself', async () => {
    const memory = new MemoryLog();
    expect(await add(open(memory, inTurn('unacked')), 'a')).toEqual({ result: 1, seq: 1 });
    expect(memory.appends).toBe(1);
  });

  it('that was stored is found behind what another writer stored after it', async () => {
    const memory = new MemoryLog();
    const other = memory.client();
    const race = (subject: string): Fault | undefined => {
      // Another gateway is faster than our question what became of the append.
      queueMicrotask(() => void other.append(subject, '{"version":2,"names":["a","b"]}', { expectedLast: 1 }));
      return memory.appends === 0 ? 'unacked' : undefined;
    };
    expect(await add(open(memory, race), 'a')).toEqual({ result: 1, seq: 1 });
    expect((await open(memory).current()).set.names).toEqual(['a', 'b']);
  });

  it('that was lost is made again, on the newest set', async () => {
    const memory = new MemoryLog();
    const other = memory.client();
    const race = (subject: string): Fault | undefined => {
      if (memory.appends > 0) return undefined;
      queueMicrotask(() => void other.append(subject, '{"version":1,"names":["b"]}', { expectedLast: 0 }));
      return 'lost';
    };
    expect(await add(open(memory, race), 'a')).toEqual({ result: 2, seq: 2 });
    expect((await open(memory).current()).set.names).toEqual(['b', 'a']);
  });

  it('is given up in the end, with the truth about it', async () => {
    const memory = new MemoryLog();
    await expect(
      add(
        open(memory, () => 'lost'),
        'a',
      ),
    ).rejects.toThrow('Cannot tell whether the change was stored');
  });
});
