import { describe, expect, it } from 'vitest';
import { createLogger, describeError, formatLine } from './logger.ts';

const TIME = new Date('2024-06-01T12:00:01.123Z');

function line(message: string, fields?: Record<string, unknown>): string {
  return formatLine(TIME, 'info', 'sales', message, fields);
}

describe('a log line', () => {
  it('reads time, level, component, message, fields', () => {
    expect(line('Took partition', { partition: 'p07', events: 3, name: 'two words', gone: undefined })).toBe(
      '12:00:01.123 INFO  sales: Took partition partition=p07 events=3 name="two words"',
    );
  });

  it('is one line whatever it carries (invariant 1)', () => {
    expect(line('a\nb\u001b[31m', { key: 'c\r\nd', list: ['e\nf'] })).toBe(
      '12:00:01.123 INFO  sales: a\\nb\\u001b[31m key="c\\r\\nd" list=["e\\nf"]',
    );
  });

  it('hides fields named like a secret, at any depth (invariant 3)', () => {
    const text = line('x', { password: 'hunter2', natsToken: 'hunter2', deep: { api_key: 'hunter2', ok: 1 } });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('"ok":1');
  });

  it('hides the userinfo of URLs, in the message, fields and errors (invariant 3)', () => {
    const error = new Error('dial nats://me:hunter2@a:4222', { cause: new Error('tls://hunter2@b') });
    const text = line('Connect to nats://me:hunter2@host:4222 or NATS://me:hunter2@other', {
      url: 'postgres://u:hunter2@db/x',
      error,
    });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('nats://[redacted]@host:4222');
    expect(text).toContain('@db/x');
  });

  it('leaves an address without userinfo alone', () => {
    expect(line('At http://h:1/a?mail=x@y')).toContain('http://h:1/a?mail=x@y');
  });
});

describe('createLogger', () => {
  it('writes only lines of its level and above', () => {
    const lines: string[] = [];
    const log = createLogger('x', 'warn', (text) => lines.push(text));
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((text) => text.slice(13))).toEqual(['WARN  x: c', 'ERROR x: d']);
  });

  it('never throws (invariant 2)', () => {
    const circular: Record<string, unknown> = { big: 1n };
    circular.self = circular;
    const hostile = {
      get bad(): string {
        throw new Error('no');
      },
    };
    const lines: string[] = [];
    const log = createLogger('x', 'debug', (text) => lines.push(text));
    log.info('circular', { circular, big: { n: 1n } });
    log.info('getter', hostile);
    log.info('symbol', { symbol: Symbol('s'), toString: null });
    createLogger('x', 'debug', () => {
      throw new Error('closed');
    }).info('lost');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('big={"n":"1"}');
  });
});

describe('describeError', () => {
  it('tells the message and the causes, and ends on a circle', () => {
    expect(describeError(new Error('Cannot open', { cause: new Error('no such file') }))).toBe(
      'Cannot open, because: no such file',
    );
    const loop = new Error('loop');
    loop.cause = loop;
    expect(describeError(loop).split('loop')).toHaveLength(6);
    expect(describeError('text')).toBe('text');
  });
});
