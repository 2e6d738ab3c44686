import { describe, expect, it } from 'vitest';
import { parseBench } from './arguments.ts';
import { ROWS, SERVICE_ROWS } from './result.ts';

describe('parseBench', () => {
  it('measures everything unless told otherwise', () => {
    expect(parseBench([])).toMatchObject({
      rows: ROWS.filter((row) => !row.startsWith('mesh')),
      events: 500_000,
      runtime: 'node',
      repeat: 1,
    });
    const options = parseBench(['--rows', 'rfm, bridge', '--events', '1000', '--runtime', 'bun', '--json', 'out.json']);
    expect(options).toMatchObject({ rows: ['bridge', 'rfm'], events: 1_000, runtime: 'bun', json: 'out.json' });
  });

  it('takes all services by one name', () => {
    expect(parseBench(['services']).rows).toEqual(SERVICE_ROWS);
  });

  it('takes rows by name too', () => {
    expect(parseBench(['bridge', 'rfm', '--events', '10'])).toMatchObject({ rows: ['bridge', 'rfm'], events: 10 });
    expect(() => parseBench(['brigde'])).toThrow('Cannot measure "brigde"');
  });

  it('says what it cannot use', () => {
    expect(() => parseBench(['--rows', 'bridge,nope'])).toThrow(
      'Cannot measure "nope": expected one or more of services,idle,bridge,',
    );
    expect(() => parseBench(['--events', '1e400'])).toThrow('Cannot use --events "1e400": expected a whole number');
    expect(() => parseBench(['--keys', '0'])).toThrow('Cannot use --keys "0"');
    expect(() => parseBench(['--runtime', 'rhino'])).toThrow('Cannot use --runtime "rhino": expected node, bun, deno');
    expect(() => parseBench(['--runtime', 'bun', '--profile', 'out'])).toThrow('only node writes profiles');
    expect(() => parseBench(['--wrong'])).toThrow("Unknown option '--wrong'");
  });
});
