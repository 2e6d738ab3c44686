import { describe, expect, it } from 'vitest';
import { ArgumentError, parseCommand } from './arguments.ts';

describe('the command line', () => {
  it('names a command with its options', () => {
    expect(parseCommand(['check'])).toEqual({
      name: 'check',
      json: false,
      routes: undefined,
      topic: undefined,
      samples: 20,
    });
    expect(parseCommand(['verify', '--topic', 'a', '--partition', '0', '--from=5', '--to', '9', '--json'])).toEqual({
      ...{ name: 'verify', json: true, routes: undefined, topic: 'a', partition: 0, from: 5, to: 9 },
    });
    expect(parseCommand(['redrive', 'dlq.a.*', '--seq', '1,2', '--since', '2024-06-01', '--dry-run'])).toMatchObject({
      ...{ filter: 'dlq.a.*', seqs: [1, 2], sinceMs: Date.UTC(2024, 5, 1), dryRun: true, force: false },
    });
  });

  it('asks for help', () => {
    expect(parseCommand([])).toEqual({ name: 'help', of: undefined });
    expect(parseCommand(['help', 'verify'])).toEqual({ name: 'help', of: 'verify' });
    expect(parseCommand(['redrive', '--help'])).toEqual({ name: 'help', of: 'redrive' });
  });

  it.each([
    [['fix'], '"fix"'],
    [['check', '--samples', '0'], '--samples "0"'],
    [['check', 'orders'], '"orders"'],
    [['check', '--unknown'], '--unknown'],
    [['verify', '--from', '5'], '--topic'],
    [['verify', '--topic', 'a', '--from', '5', '--to', '4'], 'from 5 to 4'],
    [['redrive'], 'name a subject'],
    [['redrive', 'orders'], '"orders"'],
    [['redrive', 'dlq.a', '--seq', '1,x'], '--seq "1,x"'],
    [['redrive', 'dlq.a', '--since', 'yesterday'], '--since "yesterday"'],
    [['redrive', 'dlq.a', 'dlq.b'], '"dlq.b"'],
  ])('refuses %j and says why', (args, why) => {
    expect(() => parseCommand(args)).toThrow(ArgumentError);
    expect(() => parseCommand(args)).toThrow(why);
  });
});
