import { describe, expect, it } from 'vitest';
import { ArgumentError, parseMesh, parseStart } from './arguments.ts';

describe('npm start', () => {
  it('runs everything on Node with demo orders by default', () => {
    expect(parseStart([])).toEqual({
      help: false,
      runtime: 'node',
      fused: [],
      demo: true,
      cdc: false,
      sinks: [],
      scale: new Map(),
    });
  });

  it('understands every option', () => {
    const options = parseStart([
      '--runtime',
      'bun',
      '--fuse',
      'sales, rfm',
      '--fuse=a,b',
      '--no-demo',
      '--cdc',
      '--sink=dynamodb',
      '--sink',
      'postgres, dynamodb',
      '--scale',
      'rfm=3',
    ]);
    expect(options).toEqual({
      help: false,
      runtime: 'bun',
      fused: [
        ['sales', 'rfm'],
        ['a', 'b'],
      ],
      demo: false,
      cdc: true,
      sinks: ['postgres', 'dynamodb'],
      scale: new Map([['rfm', 3]]),
    });
  });

  it('takes sinks one by one, as a list, all at once, or by how many there are to be', () => {
    const sinks = (...args: string[]) => parseStart(args).sinks;
    expect(sinks('--sink', 'postgres')).toEqual(['postgres']);
    expect(sinks('--sink', 'all')).toEqual(['postgres', 'dynamodb']);
    expect(sinks('--scale', 'sink-dynamodb=2')).toEqual(['dynamodb']);
    expect(sinks('--scale', 'sink-dynamodb=0')).toEqual([]);
  });

  for (const [args, message] of [
    [['--sink', 'oracle'], 'Cannot use --sink "oracle": expected postgres, dynamodb or all'],
    [['--sink', ''], 'Cannot use --sink ""'],
    [['--runtime', 'java'], 'Cannot use --runtime "java": expected node, bun, deno'],
    [['--fuse', 'sales'], 'Cannot fuse "sales": expected two services or more'],
    [['--fuse', 'a,b', '--fuse', 'b,c'], 'Cannot fuse "b" twice'],
    [['--scale', 'rfm'], 'Cannot scale "rfm"'],
    [['--scale', 'rfm=65'], 'Cannot scale "rfm=65"'],
    [['--what'], '--what'],
    [['what'], 'what'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => parseStart(args)).toThrow(ArgumentError);
      expect(() => parseStart(args)).toThrow(message);
    });
  }
});

describe('npm run mesh', () => {
  it('understands every command', () => {
    expect(parseMesh([])).toEqual({ kind: 'help' });
    expect(parseMesh(['status'])).toEqual({ kind: 'status' });
    expect(parseMesh(['stop'])).toEqual({ kind: 'stop' });
    expect(parseMesh(['scale', 'sales+rfm=0'])).toEqual({ kind: 'scale', group: 'sales+rfm', count: 0 });
    expect(parseMesh(['restart', 'rfm-2'])).toEqual({ kind: 'restart', target: 'rfm-2' });
    expect(parseMesh(['logs', 'rfm'])).toEqual({ kind: 'logs', target: 'rfm', follow: true });
    expect(parseMesh(['logs', 'rfm', '--no-follow'])).toEqual({ kind: 'logs', target: 'rfm', follow: false });
    const generate = { kind: 'generate', topic: 'order_events', count: 100, dryRun: false };
    expect(parseMesh(['generate', 'order_events'])).toEqual(generate);
    const options = ['--count', '500', '--user-prefix', 'test', '--seed=7', '--rate', '0.5', '--dry-run'];
    expect(parseMesh(['generate', 'order_events', ...options])).toEqual({
      ...generate,
      ...{ count: 500, userPrefix: 'test', seed: 7, rate: 0.5, dryRun: true },
    });
    expect(parseMesh(['generate', '--help'])).toEqual({ kind: 'help' });
    expect(parseMesh(['backtest', 'a.json', '--help'])).toEqual({ kind: 'backtest', args: ['a.json', '--help'] });
  });

  for (const [args, message] of [
    [['frob'], 'Cannot run "frob": expected status, scale, restart, stop, logs, generate or backtest'],
    [['scale'], 'Cannot scale ""'],
    [['scale', 'rfm=-1'], 'Cannot scale "rfm=-1"'],
    [['restart'], 'for example "restart rfm"'],
    [['status', 'rfm'], 'Cannot use "rfm": "status" takes no argument'],
    [['restart', 'a', 'b'], 'Cannot use "b"'],
    [['status', '--count', '5'], '--count'],
    [['generate'], 'as in "generate order_events --count 500"'],
    [['generate', 'a', 'b'], 'Cannot use "b": "generate" takes one topic'],
    [['generate', 'a', '--count', 'many'], 'Cannot use --count "many": expected a number'],
    [['generate', 'a', '--seed', ''], 'Cannot use --seed ""'],
    [['generate', 'a', '--rate', '0'], 'Cannot use --rate "0"'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => parseMesh(args)).toThrow(message);
    });
  }
});
